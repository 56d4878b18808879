//! What a draft names must stand in the evidence: every host, address, path, code, command and number of it is looked for there.
//!
//! Found is not yet good: logs are written by strangers. An address or a command that only a Log says is marked as well as one that
//! nothing says; what the house's own entries and the analyst say is vouched for.

mod programs;
mod words;

use memchr::memmem;

use super::{evidence::Evidence, source::Citable};
pub use words::Named;
use words::{ENDS, Word, is_break, words};

/// Where a thing that a draft names was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// Nowhere.
    Nowhere,
    /// In Logs alone.
    Logs,
}

/// A place of a text that the evidence does not bear out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last.
    pub end: usize,
    /// What is named there.
    pub named: Named,
    /// Where it was found.
    pub support: Support,
}

/// What drafts are held against.
#[derive(Debug, Clone)]
pub struct Grounds {
    logged: String,
    vouched: String,
}

/// Places of a text at most: with so many, the text is no good anyway.
const SPOTS: usize = 64;

impl Grounds {
    /// The evidence as it is, before masking and cutting, and the labels of its sources.
    pub fn new(evidence: &Evidence, citable: &Citable) -> Self {
        let joined = |texts: Vec<&str>| texts.join("\n").to_lowercase();
        let labels = citable.labels().collect::<Vec<_>>().join("\n").to_lowercase();
        let vouched = joined(evidence.vouched().collect()) + "\n" + &labels;
        Self { logged: joined(evidence.logged().chain(branches(evidence)).collect()), vouched }
    }

    /// The places of a text (of a draft, unmasked) that the evidence does not bear out, in order.
    pub fn check(&self, text: &str) -> Vec<Spot> {
        let spots = words(text).into_iter().filter_map(|Word { start, end, named }| {
            let support = self.support(text.get(start..end)?, named)?;
            Some(Spot { start, end, named, support })
        });
        spots.take(SPOTS).collect()
    }

    /// What there is to say against a name.
    fn support(&self, name: &str, named: Named) -> Option<Support> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        match (says(&self.vouched, &name, named), says(&self.logged, &name, named), named) {
            (true, _, _) => None,
            // What a person would go to or run, on the word of a log alone.
            (false, true, Named::Url | Named::Command) => Some(Support::Logs),
            (false, true, _) => None,
            (false, false, _) => Some(Support::Nowhere),
        }
    }
}

fn branches(evidence: &Evidence) -> impl Iterator<Item = &str> {
    evidence.spread.branches.iter().map(|(branch, _)| branch.as_str())
}

/// Whether a text holds a name, not in the middle of a longer one. A command is all that is run: `rm -r /tmp/x` does not bear out
/// `rm -r /`.
fn says(text: &str, name: &str, named: Named) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (first, last) = (name.chars().next(), name.chars().next_back());
    memmem::find_iter(text.as_bytes(), name.as_bytes()).any(|at| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).unwrap_or_default();
        let goes_on = match named {
            Named::Command => after.trim_start_matches(|c| c != ' ' && ENDS.contains(&c)).starts_with(|c| !is_break(c)),
            _ => joins(last) && joins(after.chars().next()),
        };
        !(goes_on || joins(first) && joins(before))
    })
}

#[cfg(test)]
mod tests;
