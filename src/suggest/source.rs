//! What a draft may cite: each source has a short label in the prompt, and a label is all that a model writes.
//!
//! Identifiers of known errors are chosen by people and may hold anything; labels hold a letter and a number, cost a token or two
//! and cannot be misspelt into another entry.

use crate::domain::{KnownErrorId, LogId};

/// Something that was retrieved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// An entry of the knowledge base: `K1`, `K2`, …
    KnownError(KnownErrorId),
    /// An exchange: `L1`, `L2`, …
    Log(LogId),
}

/// The sources of one prompt, in the order of their labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Citable {
    known: Vec<KnownErrorId>,
    logs: Vec<LogId>,
}

impl Citable {
    /// Adds a source, if it is not there yet, and says its label.
    pub fn add(&mut self, source: Source) -> String {
        match source {
            Source::KnownError(id) => format!("K{}", place(&mut self.known, id)),
            Source::Log(id) => format!("L{}", place(&mut self.logs, id)),
        }
    }

    /// The source with this label.
    pub fn get(&self, label: &str) -> Option<Source> {
        let (kind, number) = label.split_at_checked(1)?;
        // One way to write a number: no sign, no leading zero.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.starts_with('0') {
            return None;
        }
        let index = number.parse::<usize>().ok()?.checked_sub(1)?;
        match kind {
            "K" => self.known.get(index).cloned().map(Source::KnownError),
            "L" => self.logs.get(index).cloned().map(Source::Log),
            _ => None,
        }
    }

    /// All labels.
    pub fn labels(&self) -> impl Iterator<Item = String> {
        let known = (1..=self.known.len()).map(|n| format!("K{n}"));
        known.chain((1..=self.logs.len()).map(|n| format!("L{n}")))
    }

    /// Whether there is nothing to cite.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.logs.is_empty()
    }
}

/// Where an id stands, from 1; at the end if it was not there.
fn place<T: PartialEq>(ids: &mut Vec<T>, id: T) -> usize {
    match ids.iter().position(|other| *other == id) {
        Some(index) => index + 1,
        None => {
            ids.push(id);
            ids.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str) -> Source {
        Source::KnownError(KnownErrorId(id.into()))
    }

    #[test]
    fn a_source_has_one_label_that_leads_back_to_it() {
        let mut citable = Citable::default();
        let log = Source::Log(LogId::from_content(&[b"x"]));
        let labels = [known("a"), log.clone(), known("b"), known("a")].map(|source| citable.add(source));
        assert_eq!(labels, ["K1", "L1", "K2", "K1"]);
        assert_eq!(citable.labels().collect::<Vec<_>>(), ["K1", "K2", "L1"]);
        assert_eq!([citable.get("K2"), citable.get("L1")], [Some(known("b")), Some(log)]);
    }

    #[test]
    fn nothing_else_is_a_label() {
        let mut citable = Citable::default();
        citable.add(known("a"));
        for label in ["", "K", "K0", "K2", "L1", "k1", "K01", "K+1", "K1 ", "a", "Ї1", "K99999999999999999999999"] {
            assert_eq!(citable.get(label), None, "{label}");
        }
    }
}
