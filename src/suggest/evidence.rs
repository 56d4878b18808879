//! What is known of an unknown error when a draft is asked for, as the caller gathered it: nothing masked, nothing cut.
//!
//! A model never sees an [`Evidence`]; it sees the [`Brief`](super::Brief) made of it.

use std::collections::BTreeSet;

use crate::domain::{KnownErrorId, LogId};

/// The evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The error's text; blank where a question is asked about exchanges that carry none.
    pub message: String,
    /// The server's code for it.
    pub code: Option<String>,
    /// The exchange that shows it, or the first ones that a question is about.
    pub examples: Vec<Exchange>,
    /// What happened around it, in the order of time.
    pub around: Vec<Moment>,
    /// The nearest approved known errors, the nearest first.
    pub known: Vec<Near>,
    /// Where and how often it was seen.
    pub spread: Spread,
    /// What the analyst added.
    pub context: String,
    /// The draft that the analyst had before them when they added it: the word of a model, which bears nothing out.
    pub earlier: String,
    /// Drafts for it that were turned down, the latest first. The reasons may quote what strangers wrote: they bear nothing out.
    pub rejected: Vec<Rejected>,
}

/// A draft that an analyst turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why, in their words.
    pub reason: String,
    /// What it said.
    pub said: String,
}

/// A request and its response, pretty-printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The Log.
    pub id: LogId,
    /// Where and when: server, branch, date.
    pub head: String,
    /// What was asked; blank where that half is missing.
    pub request: String,
    /// What was answered; blank where that half is missing.
    pub response: String,
}

/// One thing that happened near the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The Log.
    pub id: LogId,
    /// How long before or after, what was asked and how it ended, in one line.
    pub line: String,
}

/// A known error that resembles the unknown one.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The known error.
    pub id: KnownErrorId,
    /// Its title.
    pub title: String,
    /// The text by which it is recognised.
    pub text: String,
    /// The title of its status.
    pub status: String,
    /// Its remedies, the best first.
    pub answers: Vec<Remedy>,
    /// How near it is: the share of what the error says that it is about, 0 to 1.
    pub score: f64,
}

/// An answer and how it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What to do.
    pub text: String,
    /// How often it was said to have worked.
    pub n_worked: i64,
    /// How often it was said not to have worked.
    pub n_failed: i64,
}

/// Where and how often an error was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    /// Occurrences.
    pub n_logs: u64,
    /// Branches that have it, with the number of occurrences, the most first.
    pub branches: Vec<(String, u64)>,
    /// First and last occurrence, as text.
    pub seen: Option<(String, String)>,
}

impl Rejected {
    /// The reason without what makes no other one of it: capitals, blanks.
    fn folded(&self) -> String {
        self.reason.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
    }

    /// Whether both were turned down for the same reason.
    pub fn is_for_the_same(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Evidence {
    /// A number that changes when a new draft could differ: with the message, the known errors near it, their answers, the analyst's
    /// words, or another reason for which a draft was turned down. What moves with every Log that arrives (counts, scores, what happened around) is no part of it.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        // The version of this list comes first: another list is another fingerprint.
        let mut add = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        };
        add("evidence 1");
        add(&self.message);
        add(self.code.as_deref().unwrap_or_default());
        add(self.context.trim());
        let mut known: Vec<&Near> = self.known.iter().collect();
        known.sort_by(|a, b| a.id.cmp(&b.id));
        for near in known {
            let mut answers: Vec<&str> = near.answers.iter().map(|answer| answer.text.as_str()).collect();
            answers.sort_unstable();
            for part in [near.id.as_str(), &near.title, &near.text, &near.status, &answers.len().to_string()] {
                add(part);
            }
            answers.into_iter().for_each(&mut add);
        }
        if !self.earlier.is_empty() {
            for part in ["earlier", &self.earlier] {
                add(part);
            }
        }
        // The same reason once more says nothing new.
        let reasons: BTreeSet<String> = self.rejected.iter().map(Rejected::folded).collect();
        if !reasons.is_empty() {
            add("rejected");
            reasons.iter().for_each(|reason| add(reason));
        }
        hasher.finalize().to_hex().chars().take(32).collect()
    }

    /// All that came out of Logs: written by whoever can make a server log something.
    pub fn logged(&self) -> impl Iterator<Item = &str> {
        let examples = self.examples.iter().flat_map(|exchange| [&exchange.head, &exchange.request, &exchange.response]);
        let texts = [Some(&self.message), self.code.as_ref()].into_iter().flatten();
        texts.chain(examples).chain(self.around.iter().map(|moment| &moment.line)).map(String::as_str)
    }

    /// All that people of the house wrote: approved entries and their answers, and what the analyst added.
    pub fn vouched(&self) -> impl Iterator<Item = &str> {
        let known = self
            .known
            .iter()
            .flat_map(|near| [&near.title, &near.text, &near.status].into_iter().chain(near.answers.iter().map(|answer| &answer.text)));
        known.chain(std::iter::once(&self.context)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(reason: &str, said: &str) -> Rejected {
        Rejected { reason: reason.into(), said: said.into() }
    }

    fn evidence() -> Evidence {
        let answer = |text: &str| Remedy { text: text.into(), n_worked: 1, n_failed: 0 };
        let near = |id: &str, score| Near {
            id: KnownErrorId(id.into()),
            title: format!("title {id}"),
            text: "text".into(),
            status: "Network".into(),
            answers: vec![answer("Restart it."), answer("Wait.")],
            score,
        };
        Evidence { message: "timeout".into(), known: vec![near("a", 0.8), near("b", 0.6)], ..Evidence::default() }
    }

    #[test]
    fn the_fingerprint_stays_while_nothing_new_could_be_said() {
        type Change = fn(&mut Evidence);
        let same: [(&str, Change); 5] = [
            ("a count", |e| e.spread.n_logs += 1),
            ("a score", |e| e.known[0].score = 0.7),
            ("the order", |e| e.known.reverse()),
            ("feedback", |e| e.known[0].answers.reverse()),
            ("blanks", |e| e.context = " \n".into()),
        ];
        for (what, change) in same {
            let mut changed = evidence();
            change(&mut changed);
            assert_eq!(changed.fingerprint(), evidence().fingerprint(), "{what}");
        }
        let other: [(&str, Change); 9] = [
            ("the message", |e| e.message.push('!')),
            ("the code", |e| e.code = Some("7".into())),
            ("an entry", |e| drop(e.known.pop())),
            ("an answer", |e| e.known[0].answers[0].text.push('!')),
            ("context", |e| e.context = "since the update".into()),
            ("an earlier draft", |e| e.earlier = "Wait.".into()),
            ("a draft turned down", |e| e.rejected = vec![rejected("No such host.", "Wait.")]),
            ("and another", |e| e.rejected = ["No such host.", "Too vague."].map(|why| rejected(why, "Wait.")).into()),
            ("a status", |e| e.known[1].status = "Data".into()),
        ];
        for (what, change) in other {
            let mut changed = evidence();
            change(&mut changed);
            assert_ne!(changed.fingerprint(), evidence().fingerprint(), "{what}");
        }
    }

    #[test]
    fn a_reason_counts_once_however_often_it_is_given() {
        let with = |reasons: &[(&str, &str)]| {
            let rejected = reasons.iter().map(|(reason, said)| rejected(reason, said)).collect();
            Evidence { rejected, ..evidence() }.fingerprint()
        };
        let once = with(&[("No such host.", "Wait.")]);
        assert_eq!(with(&[(" no such\n host. ", "Call."), ("No such host.", "Wait.")]), once);
        assert_eq!(with(&[("b", ""), ("a", "")]), with(&[("a", ""), ("b", "")]));
        assert_ne!(with(&[("No such hosts.", "Wait.")]), once);
    }

    #[test]
    fn the_fingerprint_is_the_same_tomorrow() {
        assert_eq!(evidence().fingerprint().len(), 32);
        assert_eq!(Evidence::default().fingerprint(), Evidence::default().fingerprint());
    }

    #[test]
    fn what_logs_say_and_what_people_say_are_kept_apart() {
        let mut evidence = evidence();
        evidence.context = "ours".into();
        assert_eq!(evidence.logged().collect::<Vec<_>>(), ["timeout"]);
        assert!(evidence.vouched().any(|text| text == "ours") && evidence.vouched().any(|text| text == "Wait."));
    }
}
