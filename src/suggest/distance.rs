//! How much of a draft an analyst kept.

/// Characters that are compared one by one; what is longer counts by its length.
const COMPARED: usize = 3000;

/// What became of a draft's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taken {
    /// It was taken as it was.
    AsItWas,
    /// It was edited.
    Edited {
        /// Characters inserted, removed or replaced.
        n_changed: usize,
        /// The same as a share of the longer text, above 0 to 1.
        share: f64,
    },
}

/// Compares the approved text with the draft; blanks do not count.
pub fn taken(draft: &str, approved: &str) -> Taken {
    let (draft, approved) = (words(draft), words(approved));
    let (n_draft, n_approved) = (draft.chars().count(), approved.chars().count());
    let split = |text: &str| text.char_indices().nth(COMPARED).map_or(text.len(), |(at, _)| at);
    let (draft, draft_rest) = draft.split_at(split(&draft));
    let (approved, approved_rest) = approved.split_at(split(&approved));
    let rest = if draft_rest == approved_rest { 0 } else { draft_rest.chars().count().max(approved_rest.chars().count()) };
    match strsim::levenshtein(draft, approved) + rest {
        0 => Taken::AsItWas,
        n_changed => Taken::Edited { n_changed, share: n_changed as f64 / n_draft.max(n_approved).max(1) as f64 },
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_changed_is_counted() {
        let edited = |n_changed, share| Taken::Edited { n_changed, share };
        for (draft, approved, expected) in [
            ("Wait.", "Wait.", Taken::AsItWas),
            ("Wait.\r\n Call.", "Wait.\nCall.", Taken::AsItWas),
            ("Wait", "Want", edited(1, 0.25)),
            ("", "Wait", edited(4, 1.0)),
            ("", "", Taken::AsItWas),
            ("їжак", "жак", edited(1, 0.25)),
        ] {
            assert_eq!(taken(draft, approved), expected, "{draft} {approved}");
        }
        let long = "x".repeat(COMPARED + 10);
        assert_eq!(taken(&long, &long), Taken::AsItWas);
        assert_eq!(taken(&long, &"x".repeat(COMPARED)), edited(10, 10.0 / (COMPARED + 10) as f64));
    }

    proptest! {
        #[test]
        fn the_share_is_one(a in "[ab ї]{0,20}", b in "[ab ї]{0,20}") {
            if let Taken::Edited { share, .. } = taken(&a, &b) {
                prop_assert!(share > 0.0 && share <= 1.0);
            }
        }
    }
}
