//! What is written about known errors: it orders those that no text made a verdict of, and finds some whose answers alone speak of the
//! error's words.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::Method;

use super::{
    super::{Query, text::Kind},
    Admissible, Found, Index, Prepared, alike,
};

/// What relevance by all that is written counts beside the order by the text alone: chosen on half of the queries of
/// `benches/matching`'s known errors, reported on the other.
const WRITTEN: f64 = 1.6;

/// A word that is written about more than one in so many known errors says nothing of the one, and is not named: "the", "not".
const COMMON: usize = 10;

/// A word that is written about so many at most is named, however few known errors there are.
const FEW: usize = 3;

/// What is written about the known errors, asked for those that a query is about.
pub struct Described<'a> {
    /// The known errors, and all that is written about them.
    known: &'a Index,
    pub index: &'a Index,
    /// The query as that index reads it.
    pub prepared: Prepared<'a>,
    relevance: FxHashMap<u32, f64>,
}

impl<'a> Described<'a> {
    /// By all that is written about the known errors; `None` where nothing is.
    pub fn new(known: &'a Index, query: &'a Query<'a>) -> Option<Self> {
        let index = known.described()?;
        let prepared = Prepared::new(index, query);
        let near = alike::nearest(index, &prepared).into_iter();
        let relevance = near.filter_map(|near| Some((known.slot(index.id(near.slot)?)?, near.relevance)));
        let relevance = relevance.filter(|(_, relevance)| *relevance > 0.0).collect();
        Some(Self { known, index, prepared, relevance })
    }

    /// The place here of a known error.
    pub fn slot(&self, known: u32) -> Option<u32> {
        self.index.slot(self.known.id(known)?)
    }

    /// What an entry gains in the order of hints.
    pub fn gain(&self, slot: u32) -> f64 {
        WRITTEN * self.relevance.get(&slot).copied().unwrap_or_default()
    }

    /// The entries with their relevance, about 0 to 1, in no order.
    pub fn all(&self) -> impl Iterator<Item = (u32, f64)> {
        self.relevance.iter().map(|(slot, relevance)| (*slot, *relevance))
    }
}

/// Orders the hints by all that is written, and adds those that only this finds.
pub fn order(index: &Index, prepared: &Prepared, admissible: Admissible, described: &Described, hints: &mut Vec<Found>) {
    let mut seen = FxHashSet::default();
    for hint in hints.iter_mut() {
        seen.insert(hint.slot);
        hint.order += described.gain(hint.slot);
    }
    let allowed = |slot: u32| {
        index.entry(slot).is_some_and(|entry| {
            !prepared.judge(entry).excluded && !prepared.contradicts(entry) && (!entry.is_conditional() || admissible(&entry.id))
        })
    };
    let others = described.all().filter(|(slot, _)| !seen.contains(slot) && allowed(*slot));
    hints.extend(others.map(|(slot, _)| Found { slot, method: Method::Keyword, score: 0.0, order: described.gain(slot) }));
}

/// The words of the query, weightiest first, that are written about an entry and about few others, and are not in its text.
pub fn words(index: &Index, prepared: &Prepared, slot: u32, limit: usize) -> Vec<String> {
    let found = index.described().zip(index.entry(slot));
    let Some((described, entry)) = found else { return Vec::new() };
    let Some(told) = described.slot(&entry.id).and_then(|slot| described.entry(slot)) else { return Vec::new() };
    let own = Prepared::new(described, prepared.query);
    let (parts, plain) = (own.parts(), prepared.parts());
    let (written, text): (FxHashSet<_>, FxHashSet<_>) = (told.words().into_iter().collect(), entry.words().into_iter().collect());
    let most = (described.len() / COMMON).max(FEW);
    let mut words: Vec<(f32, usize)> = Vec::new();
    let mut seen = FxHashSet::default();
    for (item, token) in parts.items.iter().enumerate().filter(|(_, token)| token.item.kind == Kind::Word) {
        let is_in_text = plain.items.get(item).is_some_and(|token| text.contains(&token.item.key));
        let is_telling = described.vocabulary().count(token.item.key) <= most;
        if is_telling && written.contains(&token.item.key) && !is_in_text && seen.insert(token.item.key) {
            words.extend(parts.place(item).map(|place| (token.weight, place)));
        }
    }
    words.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let text =
        |place: usize| parts.scan.tokens.get(place).and_then(|token| prepared.query.text.get(token.at.0 as usize..token.at.1 as usize));
    words.into_iter().filter_map(|(_, place)| text(place)).take(limit).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Reason, Rule, Verdict};
    use super::*;
    use crate::domain::KnownErrorId;

    const KNOWN: [(&str, &str, &str); 4] = [
        ("locked", "Document is locked", "Ask the other client to close the form, or wait until its session has ended"),
        ("deadlock", "Deadlock detected while waiting for resource", "Repeat the posting of the batch"),
        ("gateway", "No answer from the payment gateway in time", "Ask the processing centre whether the gateway answers"),
        ("printer", "The printer of receipts is not ready", "Switch the device on and load paper"),
    ];

    fn id(name: &str) -> KnownErrorId {
        KnownErrorId(name.into())
    }

    fn index(known: impl Iterator<Item = (&'static str, &'static str, &'static str)>) -> Index {
        let mut index = Index::new();
        for (name, text, answer) in known {
            index.upsert(Rule::from_text(id(name), text)).unwrap();
            assert!(index.describe(&id(name), &format!("{text}\n{answer}")));
        }
        index
    }

    fn nearest(index: &Index, text: &str) -> Vec<String> {
        let verdict = index.classify(&Query::new(text));
        assert!(verdict.known().is_none(), "{verdict:?}");
        verdict.ranking().map(|found| found.id.0.clone()).collect()
    }

    #[test]
    fn an_answer_finds_its_error_and_says_by_which_words() {
        let index = index(KNOWN.into_iter());
        let verdict = index.classify(&Query::new("device 4 lacks paper"));
        let best = verdict.ranking().next().unwrap();
        assert_eq!((&best.id, best.score), (&id("printer"), 0.0));
        let words = best.reasons.iter().find_map(|reason| if let Reason::Described(words) = reason { Some(words) } else { None });
        assert_eq!(words.map(|words| words.iter().map(String::as_str).collect::<Vec<_>>()), Some(vec!["device", "paper"]), "{best:?}");
    }

    #[test]
    fn words_that_are_written_about_many_are_not_named() {
        // "the" is written about all four of them.
        let index = index(KNOWN.into_iter());
        let named = |text: &str| {
            let verdict = index.classify(&Query::new(text));
            let found = verdict.ranking().find(|found| found.id == id("deadlock")).unwrap();
            let words = |reason: &Reason| if let Reason::Described(words) = reason { Some(words.clone()) } else { None };
            found.reasons.iter().find_map(words).unwrap_or_default()
        };
        assert_eq!(named("the posting failed"), ["posting"]);
    }

    #[test]
    fn what_is_written_makes_nothing_known() {
        let index = index(KNOWN.into_iter());
        for (_, text, answer) in KNOWN {
            assert!(index.classify(&Query::new(text)).known().is_some(), "{text}");
            let verdict = index.classify(&Query::new(answer));
            assert!(matches!(&verdict, Verdict::Unknown { nearest, .. } if nearest[0].score < 0.6), "{verdict:?}");
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_adding() {
        let (one, mut other) = (index(KNOWN.into_iter()), index(KNOWN.into_iter().rev()));
        other.remove(&id("gateway"));
        assert!(!other.is_described(&id("gateway")));
        assert!(nearest(&other, "the processing centre is closed").iter().all(|found| found != "gateway"));
        other.upsert(Rule::from_text(id("gateway"), KNOWN[2].1)).unwrap();
        assert!(other.describe(&id("gateway"), &format!("{}\n{}", KNOWN[2].1, KNOWN[2].2)));
        for text in ["the processing centre is closed", "batch of the session", "client waits for paper", "zyx"] {
            assert_eq!(one.classify(&Query::new(text)), other.classify(&Query::new(text)), "{text}");
            assert_eq!(one.related(&Query::new(text), 9), other.related(&Query::new(text), 9), "{text}");
        }
    }

    #[test]
    fn a_new_text_keeps_what_is_written_and_copies_share_it() {
        let mut index = index(KNOWN.into_iter());
        index.upsert(Rule::from_text(id("locked"), "Record is in use")).unwrap();
        assert!(index.is_described(&id("locked")));
        let copy = index.clone();
        assert!(std::ptr::eq(index.described().unwrap(), copy.described().unwrap()));
        assert!(!index.describe(&id("locked"), " ") && !index.is_described(&id("locked")) && copy.is_described(&id("locked")));
        assert!(!index.describe(&id("nobody"), "any text"));
        index.clear_descriptions();
        assert!(!index.is_described(&id("printer")) && nearest(&index, "paper").is_empty());
    }

    #[test]
    fn what_does_not_hold_or_excludes_itself_is_no_hint() {
        let mut index = index(KNOWN.into_iter());
        let keywords = crate::inference::Keywords { none: vec!["desk".into()], ..Default::default() };
        index.upsert(Rule { facts: 1, ..Rule::from_text(id("printer"), KNOWN[3].1) }).unwrap();
        index.upsert(Rule { keywords, ..Rule::from_text(id("locked"), KNOWN[0].1) }).unwrap();
        for (name, text, holds, expected) in [
            ("printer", "load paper", true, true),
            ("printer", "load paper", false, false),
            ("locked", "close the form of the session", true, true),
            ("locked", "close the form of the session at the desk", true, false),
        ] {
            let verdict = index.classify_where(&Query::new(text), &|_| holds);
            assert_eq!(verdict.ranking().any(|found| found.id.as_str() == name), expected, "{text} {holds}");
        }
    }
}
