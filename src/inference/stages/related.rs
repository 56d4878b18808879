//! Entries about what a query is about, whether or not they are the same error: what somebody who has to explain it would read first.

use std::cmp::Ordering;

use super::{
    super::{Index, Query, entry::UNKNOWN, text::Kind},
    alike,
    prepared::{Parts, Prepared},
};
use crate::domain::KnownErrorId;

impl Index {
    /// The entries that say most of what the query says, best first, each with the share that it says, 0 to 1. That is no probability of
    /// being the same error: of one that nobody knows yet, it says what of the known is akin to it.
    pub fn related(&self, query: &Query, limit: usize) -> Vec<(KnownErrorId, f64)> {
        let prepared = Prepared::new(self, query);
        let known = known_share(prepared.parts());
        let mut found: Vec<(KnownErrorId, f64)> = alike::nearest(self, &prepared)
            .into_iter()
            .filter_map(|near| Some((self.entry(near.slot)?.id.clone(), (near.relevance * known).clamp(0.0, 1.0))))
            .filter(|(_, share)| *share > 0.0)
            .collect();
        let order = |a: &(KnownErrorId, f64), b: &(KnownErrorId, f64)| -> Ordering { b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)) };
        found.sort_by(order);
        found.truncate(limit);
        found
    }
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
        let mut seed = Index::new();
        for entry in document["known_errors"].as_array().unwrap() {
            let (id, text) = (entry["id"].as_str().unwrap_or_default(), entry["text"].as_str().unwrap_or_default());
            let _ = seed.upsert(Rule::from_text(KnownErrorId(id.to_owned()), text));
        }
        for (text, akin) in [
            ("Deadlock retry 17 of 5 failed for posting batch 310699", Some("ora-00060-deadlock")),
            ("Помилка перевірки підпису пакета 615420: алгоритм не підтримується вузлом srv-07", Some("sep-signature")),
            ("Перевищено час очікування відповіді від шлюзу процесингу, операція 513345", Some("gateway-timeout")),
            ("Branch calendar has no entry for day 22.04.2016", Some("banking-day-not-open")),
            ("Картковий процесинг srv-11.bank.local не підтвердив авторизацію 935093", None),
            ("Recycler 47 is not calibrated, intake of notes is switched off", None),
        ] {
            let best = seed.related(&Query::new(text), 1).into_iter().next().filter(|(_, share)| *share >= 0.125);
            assert_eq!(best.as_ref().map(|(id, _)| id.as_str()), akin, "{text}: {best:?}");
        }
    }
}
