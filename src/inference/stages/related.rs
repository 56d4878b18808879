//! Entries about what a query is about, whether or not they are the same error: what somebody who has to explain it would read first.

use std::cmp::Ordering;

use super::{
    super::{Index, Query, entry::UNKNOWN, text::Kind},
    alike,
    prepared::{Parts, Prepared},
};
use crate::domain::KnownErrorId;

/// What a share of all that is written counts beside one of the text: the more words there are, the more are shared by chance.
const WRITTEN: f64 = 0.75;

impl Index {
    /// The entries that say most of what the query says, best first, each with the share that it says, 0 to 1. That is no probability of
    /// being the same error: of one that nobody knows yet, it says what of the known is akin to it.
    pub fn related(&self, query: &Query, limit: usize) -> Vec<(KnownErrorId, f64)> {
        let mut found = shares(self, query);
        for (id, share) in self.described().map(|described| shares(described, query)).unwrap_or_default() {
            let share = WRITTEN * share;
            match found.iter_mut().find(|(known, _)| *known == id) {
                Some((_, most)) => *most = most.max(share),
                None if self.knows(&id) => found.push((id, share)),
                None => {}
            }
        }
        let order = |a: &(KnownErrorId, f64), b: &(KnownErrorId, f64)| -> Ordering { b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)) };
        found.sort_by(order);
        found.truncate(limit);
        found
    }
}

/// The entries of one index that say something of what the query says, and the share that each says.
fn shares(index: &Index, query: &Query) -> Vec<(KnownErrorId, f64)> {
    let prepared = Prepared::new(index, query);
    let known = known_share(prepared.parts());
    let near = alike::nearest(index, &prepared).into_iter();
    let shares = near.filter_map(|near| Some((index.id(near.slot)?.clone(), (near.relevance * known).clamp(0.0, 1.0))));
    shares.filter(|(_, share)| *share > 0.0).collect()
}

/// Of what the query's words count, the share of those that any entry has: relevance looks at no others.
fn known_share(parts: &Parts) -> f64 {
    let words = || parts.items.iter().filter(|token| token.item.kind == Kind::Word);
    let all: f32 = words().map(|token| token.weight).sum();
    let known: f32 = words().filter(|token| token.item.key != UNKNOWN).map(|token| token.weight).sum();
    if all > 0.0 { f64::from(known / all) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Rule;

    fn index() -> Index {
        let mut index = Index::new();
        for (id, text) in [
            ("deadlock", "Deadlock detected while waiting for resource"),
            ("gateway", "No answer from the payment gateway in time"),
            ("printer", "The printer of receipts is not ready"),
            ("account", "Account is closed"),
        ] {
            index.upsert(Rule::from_text(KnownErrorId(id.to_owned()), text)).unwrap();
        }
        index
    }

    #[test]
    fn what_is_akin_comes_first_and_its_share_says_how_much() {
        let related = |text: &str| index().related(&Query::new(text), 2);
        let first = |text: &str| related(text).first().map(|(id, _)| id.0.clone());
        assert_eq!(first("Deadlock retry 3 of 5 failed for posting batch 310699").as_deref(), Some("deadlock"));
        assert_eq!(first("Payment gateway srv-26 closed the connection").as_deref(), Some("gateway"));
        let share = |text: &str| related(text).first().map_or(0.0, |(_, share)| *share);
        assert!(share("Payment gateway closed the connection") < share("No answer from the payment gateway"));
        assert!(share("Zyx gateway qwerty plugh fnord") < share("gateway in time"));
        assert!(related("zyx plugh").is_empty() && related("").is_empty());
    }

    #[test]
    fn what_is_akin_stands_out_from_what_shares_a_word() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../../../seed/knowledge_base.json")).unwrap();
        let (mut seed, mut described) = (Index::new(), Index::new());
        for entry in document["known_errors"].as_array().unwrap() {
            let (id, text) = (entry["id"].as_str().unwrap_or_default(), entry["text"].as_str().unwrap_or_default());
            let id = KnownErrorId(id.to_owned());
            let _ = seed.upsert(Rule::from_text(id.clone(), text));
            let answers = entry["answers"].as_array().into_iter().flatten();
            let written =
                [entry].into_iter().chain(answers).flat_map(|part| ["text", "title", "title_uk", "text_uk"].map(|name| &part[name]));
            let written: Vec<&str> = written.filter_map(serde_json::Value::as_str).collect();
            described.upsert(Rule::from_text(id.clone(), text)).ok();
            described.describe(&id, &written.join("\n"));
        }
        // By texts alone, and by all that is written: the title says what the text does not.
        for (text, akin, written) in [
            ("Deadlock retry 17 of 5 failed for posting batch 310699", Some("ora-00060-deadlock"), Some("ora-00060-deadlock")),
            (
                "Помилка перевірки підпису пакета 615420: алгоритм не підтримується вузлом srv-07",
                Some("sep-signature"),
                Some("sep-signature"),
            ),
            ("Перевищено час очікування відповіді від шлюзу процесингу, операція 513345", Some("gateway-timeout"), Some("gateway-timeout")),
            ("Branch calendar has no entry for day 22.04.2016", Some("banking-day-not-open"), Some("banking-day-not-open")),
            ("Картковий процесинг srv-11.bank.local не підтвердив авторизацію 935093", None, Some("card-processing-unavailable")),
            ("Recycler 47 is not calibrated, intake of notes is switched off", None, None),
        ] {
            for (index, akin) in [(&seed, akin), (&described, written)] {
                let best = index.related(&Query::new(text), 1).into_iter().next();
                let found = best.as_ref().filter(|(_, share)| *share >= 0.125);
                assert_eq!(found.map(|(id, _)| id.as_str()), akin, "{text}: {best:?}");
            }
        }
    }
}
