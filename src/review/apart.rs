//! Two known errors with one text, or one name and no text: each has an id, and it is made of what tells them apart.

use super::Ways;
use crate::domain::{KnownError, KnownErrorId};

/// The id of an entry whose own another has: made of its text and condition, or, where it has no text, of all that it is recognised by.
/// None where nothing of that tells the two apart.
pub fn id_apart(entry: &KnownError, other: &KnownError) -> Option<KnownErrorId> {
    let seed = seed(entry);
    (seed != self::seed(other)).then(|| KnownErrorId::from_text(&seed))
}

/// Parts of an id, a line each; the name of the part stands before those that may be missing.
fn seed(entry: &KnownError) -> String {
    let Ways { keywords_any, keywords_all, keywords_none, code, regex, conditions } = Ways::of(entry);
    let mut lines = vec![entry.text.clone()];
    if entry.text.is_empty() {
        let words = [("some", &entry.keywords), ("any", &keywords_any), ("all", &keywords_all), ("none", &keywords_none)];
        lines.extend(words.into_iter().flat_map(|(name, words)| words.iter().map(move |word| format!("{name} {word}"))));
        lines.extend(code.map(|code| format!("code {code}")));
        lines.extend(regex.map(|regex| format!("regex {regex}")));
    }
    lines.extend(conditions.map(|condition| format!("where {condition}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::review::{Draft, on_trial};

    fn entry(text: &str, ways: Ways) -> KnownError {
        on_trial(Draft { title: "name".into(), text: text.into(), ways, ..Draft::default() }, DateTime::from_millis(0))
    }

    fn where_(condition: &str) -> Ways {
        Ways { conditions: Some(condition.into()), ..Ways::default() }
    }

    #[test]
    fn one_text_is_told_apart_by_conditions_alone() {
        let (plain, kyiv, lviv) = (entry("t", Ways::default()), entry("t", where_("branch = K01")), entry("t", where_("branch = L02")));
        assert_eq!(id_apart(&plain, &entry("t", Ways { code: Some("7".into()), ..Ways::default() })), None);
        let ids = [id_apart(&kyiv, &plain), id_apart(&lviv, &plain), id_apart(&lviv, &kyiv)];
        assert!(ids.iter().all(Option::is_some) && ids[0] != ids[1] && ids[1] == ids[2], "{ids:?}");
        assert_ne!(ids[0].as_ref(), Some(&plain.id));
    }

    #[test]
    fn what_has_no_text_is_told_apart_by_all_that_it_is_recognised_by() {
        let regex = |regex: &str| entry("", Ways { regex: Some(regex.into()), ..Ways::default() });
        assert_eq!(id_apart(&regex("a"), &regex("a")), None);
        assert!(id_apart(&regex("a"), &regex("b")).is_some());
        let word = |word: &str| vec![word.to_owned()];
        let all = entry("", Ways { keywords_all: word("a"), ..Ways::default() });
        assert!(id_apart(&all, &entry("", Ways { keywords_any: word("a"), ..Ways::default() })).is_some());
    }
}
