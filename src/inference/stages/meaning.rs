//! Meaning: entries that say the same in other words. Asked last, and only of queries that carry a vector.
//!
//! The entries nearest in meaning and those that share words are ranked by both together; a probability comes of that.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::Method;

use super::{super::relevance::Relevance, Admissible, Described, Found, Index, Prepared};

/// Entries nearest in meaning that are looked at, and rows among which they are found.
const N_NEAR: usize = 64;
const N_ROWS: usize = 4 * N_NEAR;

/// The cosine below which an entry is about something else, unless its words say otherwise.
const NEAR: f64 = 0.35;

/// What meaning counts beside relevance: chosen on half of the queries of `benches/matching`'s known errors, reported on the other.
const MEANING: f64 = 3.0;

/// From there to the probability that it is the error: what the cosine counts, and by how much it is ahead of the next entry. Fitted by
/// logistic regression on queries that words left in doubt, of logs (half of the systems) and of prose with and without the right entry in
/// the knowledge base. Of lines of logs hardly any such query is known at all, so that meaning is a hint and seldom more.
const BIAS: f64 = -2.76;
const COSINE: f64 = 1.474;
const LEAD: f64 = 0.437;

/// An entry as the stage measures it.
#[derive(Debug, Clone, Copy)]
pub struct Meant {
    pub slot: u32,
    /// Its relevance, as a share of the most relevant entry's.
    pub relevance: f64,
    /// The cosine.
    pub cosine: f64,
}

/// The entries that mean the same or share words, each with its probability; none where query or index has no vectors.
pub fn meaning(index: &Index, prepared: &Prepared, admissible: Admissible, described: Option<&Described>, hints: &[Found]) -> Vec<Found> {
    if prepared.query.meaning.is_none() {
        return Vec::new();
    }
    let by_words: FxHashMap<u32, &Found> = hints.iter().rev().map(|found| (found.slot, found)).collect();
    let mut meant = measure(index, prepared, described, hints);
    meant.retain(|meant| {
        let allowed = |entry: &super::Entry| {
            !prepared.judge(entry).excluded && !prepared.contradicts(entry) && (!entry.is_conditional() || admissible(&entry.id))
        };
        by_words.contains_key(&meant.slot) || index.entry(meant.slot).is_some_and(allowed)
    });
    let mut best: Vec<f64> = meant.iter().map(Meant::both).collect();
    best.sort_unstable_by(|a, b| b.total_cmp(a));
    let judged = meant.iter().map(|meant| {
        let both = meant.both();
        let other = best.iter().take(2).copied().find(|other| *other != both).unwrap_or(both);
        let probability = 1.0 / (1.0 + (-(BIAS + COSINE * meant.cosine + LEAD * (both - other))).exp());
        let order = both / (1.0 + MEANING);
        match by_words.get(&meant.slot) {
            Some(found) if found.score >= probability || meant.cosine < NEAR => Found { order, ..**found },
            _ => Found { slot: meant.slot, method: Method::Semantic, score: probability, order },
        }
    });
    judged.collect()
}

/// The measurements of the nearest entries and of those that others found.
pub fn measure(index: &Index, prepared: &Prepared, described: Option<&Described>, hints: &[Found]) -> Vec<Meant> {
    let Some(aim) = prepared.query.meaning.and_then(|query| index.meanings().aim(query)) else { return Vec::new() };
    let mut rows = index.meanings().cosines(&aim);
    let by_cosine = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0)));
    if rows.len() > N_ROWS {
        rows.select_nth_unstable_by(N_ROWS, by_cosine);
        rows.truncate(N_ROWS);
    }
    rows.sort_unstable_by(by_cosine);
    let mut seen = FxHashSet::default();
    rows.retain(|(slot, _)| seen.insert(*slot));
    rows.truncate(N_NEAR);
    rows.retain(|(_, cosine)| f64::from(*cosine) >= NEAR);
    let mut seen: FxHashSet<u32> = rows.iter().map(|(slot, _)| *slot).collect();
    let others = hints.iter().map(|found| found.slot).filter(|slot| seen.insert(*slot));
    rows.extend(others.map(|slot| (slot, index.meanings().cosine(&aim, slot).unwrap_or_default())).collect::<Vec<_>>());
    // Where more is written than the texts, all of it says what an entry is about.
    let (within, asked) = described.map_or((index, prepared), |described| (described.index, &described.prepared));
    let terms = asked.parts().terms(within, prepared.query.text);
    let relevance = Relevance::new(within, &terms, asked.parts().items.len());
    let slot = |slot: u32| described.map_or(Some(slot), |described| described.slot(slot));
    let relevance = |known: u32| slot(known).map_or(0.0, |slot| relevance.of(slot));
    let mut meant: Vec<Meant> =
        rows.into_iter().map(|(slot, cosine)| Meant { slot, relevance: relevance(slot), cosine: f64::from(cosine) }).collect();
    let most = meant.iter().map(|meant| meant.relevance).fold(f64::MIN_POSITIVE, f64::max);
    meant.iter_mut().for_each(|meant| meant.relevance /= most);
    meant
}

impl Meant {
    /// What words and meaning say together.
    fn both(&self) -> f64 {
        self.relevance + MEANING * self.cosine
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Query, Reason, Rule, Verdict, semantic::Vector};
    use super::*;
    use crate::domain::KnownErrorId;

    /// Texts and what they mean: places in a plane of few dimensions.
    const KNOWN: [(&str, &str, [f32; 3]); 4] = [
        ("money", "insufficient funds on the account", [1.0, 0.1, 0.0]),
        ("network", "connection refused by the remote host", [0.0, 1.0, 0.1]),
        ("disk", "no space left on device", [0.1, 0.0, 1.0]),
        ("locked", "account is locked", [0.6, 0.0, -0.8]),
    ];

    fn id(name: &str) -> KnownErrorId {
        KnownErrorId(name.into())
    }

    fn index(known: impl Iterator<Item = (&'static str, &'static str, [f32; 3])>) -> Index {
        let mut index = Index::new();
        for (name, text, meaning) in known {
            index.upsert(Rule::from_text(id(name), text)).unwrap();
            assert!(index.set_meaning(&id(name), &[Vector::new(&meaning).unwrap()]));
        }
        index
    }

    fn asked(index: &Index, text: &str, meaning: [f32; 3]) -> Verdict {
        index.classify(&Query { text, code: None, meaning: Vector::new(&meaning).as_ref() })
    }

    #[test]
    fn other_words_of_the_same_meaning_are_a_hint_that_explains_itself() {
        let index = index(KNOWN.into_iter());
        let verdict = asked(&index, "customer cannot pay so much", [1.0, 0.0, 0.0]);
        let best = verdict.ranking().next().unwrap();
        assert_eq!((&best.id, best.method), (&id("money"), Method::Semantic));
        assert!(
            matches!(&best.reasons[..], [Reason::Meaning { cosine, shared }] if *cosine > 0.8 && shared.is_empty()),
            "{:?}",
            best.reasons
        );
        assert!(verdict.known().is_none(), "meaning alone is no proof");
        let shared = asked(&index, "funds are missing", [1.0, 0.0, 0.0]);
        let reasons = &shared.ranking().next().unwrap().reasons;
        assert!(matches!(&reasons[..], [Reason::Meaning { shared, .. }, ..] if *shared == ["funds"]), "{reasons:?}");
    }

    #[test]
    fn the_exact_entry_wins_whatever_is_nearest_in_meaning() {
        let index = index(KNOWN.into_iter());
        let verdict = asked(&index, "No space left on device!", [1.0, 0.0, 0.0]);
        assert_eq!(verdict.known().map(|best| (&best.id, best.method)), Some((&id("disk"), Method::Exact)));
    }

    #[test]
    fn verdicts_do_not_depend_on_the_order_of_adding() {
        let (one, mut other) = (index(KNOWN.into_iter()), index(KNOWN.into_iter().rev()));
        other.remove(&id("disk"));
        assert!(asked(&other, "volume is full", [0.0, 0.0, 1.0]).ranking().all(|found| found.id != id("disk")));
        other.upsert(Rule::from_text(id("disk"), KNOWN[2].1)).unwrap();
        assert!(!other.has_meaning(&id("disk")), "a new text has a new meaning");
        other.set_meaning(&id("disk"), &[Vector::new(&KNOWN[2].2).unwrap()]);
        for (text, meaning) in [("volume is full", [0.1, 0.1, 0.9]), ("account", [0.5, 0.4, 0.1]), ("", [1.0, 0.0, 0.0])] {
            assert_eq!(asked(&one, text, meaning), asked(&other, text, meaning), "{text}");
        }
    }

    #[test]
    fn copies_share_their_vectors_until_one_of_them_changes() {
        let index = index(KNOWN.into_iter());
        let mut copy = index.clone();
        copy.upsert(Rule::from_text(id("new"), "card is blocked")).unwrap();
        copy.remove(&id("new"));
        assert!(std::ptr::eq(index.meanings(), copy.meanings()), "an entry without vectors changes none");
        copy.remove(&id("disk"));
        assert!(index.has_meaning(&id("disk")) && !copy.has_meaning(&id("disk")));
        assert!(asked(&index, "volume is full", [0.0, 0.0, 1.0]).ranking().any(|found| found.id == id("disk")));
    }

    #[test]
    fn without_vectors_on_either_side_nothing_changes() {
        let mut with = index(KNOWN.into_iter());
        let plain = with.classify(&Query::new("the account has no funds"));
        assert!(plain.ranking().all(|found| found.method != Method::Semantic));
        assert_eq!(asked(&with, "the account has no funds", [0.0, 0.0, 0.0]), plain);
        with.clear_meanings();
        assert_eq!(asked(&with, "the account has no funds", [1.0, 0.0, 0.0]), plain);
    }

    #[test]
    fn an_entry_far_in_meaning_stays_what_its_words_made_it() {
        let index = index(KNOWN.into_iter());
        let verdict = asked(&index, "account of the printer driver", [0.0, 1.0, 0.0]);
        let found = verdict.ranking().find(|found| found.id == id("locked")).unwrap();
        assert_eq!(found.method, Method::Keyword, "{verdict:#?}");
    }

    #[test]
    fn an_entry_whose_condition_does_not_hold_is_no_hint() {
        let mut index = index(KNOWN.into_iter());
        index.upsert(Rule { facts: 1, ..Rule::from_text(id("money"), KNOWN[0].1) }).unwrap();
        let meaning = Vector::new(&[1.0, 0.0, 0.0]).unwrap();
        index.set_meaning(&id("money"), std::slice::from_ref(&meaning));
        let query = Query { text: "the customer cannot pay", code: None, meaning: Some(&meaning) };
        for holds in [true, false] {
            let verdict = index.classify_where(&query, &|_| holds);
            assert_eq!(verdict.ranking().any(|found| found.id == id("money")), holds);
        }
    }
}
