//! Why a verdict is what it is: typed, so that a page can say it in the reader's language.

use std::fmt;

use crate::domain::KnownErrorId;

/// One fact that spoke for or against a match.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The normalised texts are equal.
    SameText,
    /// The entry's regular expression matches.
    Pattern(String),
    /// The entry's code is the error's.
    SameCode(String),
    /// The texts are equal but for these values.
    SameWords {
        /// The values that stand in the error.
        variables: Vec<String>,
    },
    /// Words that both have, with their weights as shares of the entry's.
    KeyWords(Vec<(String, f64)>),
    /// The texts are near in meaning.
    Meaning {
        /// The cosine between their meanings, from the mean of all known errors.
        cosine: f64,
        /// Words that both have.
        shared: Vec<String>,
    },
    /// A phrase that the analyst stated.
    Phrase(String),
    /// A phrase that the entry's status states.
    StatusPhrase(String),
    /// A word that was read as another.
    Typo {
        /// As written.
        written: String,
        /// The known word it was read as, reduced to its stem.
        read_as: String,
    },
    /// Words of the error that are written about the entry, in its title or answers, and about few others, and are not in its text.
    Described(Vec<String>),
    /// Words of the error that the entry has not.
    Foreign(Vec<String>),
    /// The entry's condition on the Log holds.
    Condition,
    /// Another entry fits as well, but asks for less: no condition, or fewer facts, or no code, or a code alone.
    MoreSpecific {
        /// The entry that gave way.
        id: KnownErrorId,
    },
    /// The next best entry, and by how much it lost.
    RunnerUp {
        /// The entry.
        id: KnownErrorId,
        /// The difference of the scores.
        by: f64,
    },
    /// The best entry is not sure enough.
    BelowThreshold {
        /// Its score.
        score: f64,
        /// The score from which on an error counts as known.
        threshold: f64,
    },
    /// No entry shares a word with the error.
    NothingShared,
    /// The error has no text and no code.
    NoText,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameText => f.write_str("the same text"),
            Self::Pattern(regex) => write!(f, "matches the expression `{regex}`"),
            Self::SameCode(code) => write!(f, "the same code `{code}`"),
            Self::SameWords { variables } if variables.is_empty() => f.write_str("the same fixed words"),
            Self::SameWords { variables } => write!(f, "the same fixed words with the values `{}`", variables.join("`, `")),
            Self::KeyWords(words) => {
                f.write_str("key words in common:")?;
                for (position, (word, weight)) in words.iter().enumerate() {
                    let comma = if position > 0 { "," } else { "" };
                    write!(f, "{comma} `{word}` ({:.0} %)", weight * 100.0)?;
                }
                Ok(())
            }
            Self::Meaning { cosine, shared } if shared.is_empty() => {
                write!(f, "near in meaning (cosine {cosine:.2}), in other words")
            }
            Self::Meaning { cosine, shared } => {
                write!(f, "near in meaning (cosine {cosine:.2}), with the words `{}`", shared.join("`, `"))
            }
            Self::Phrase(phrase) => write!(f, "the stated key words `{phrase}`"),
            Self::StatusPhrase(phrase) => write!(f, "the status's key words `{phrase}`"),
            Self::Typo { written, read_as } => write!(f, "`{written}` read as `{read_as}`"),
            Self::Described(words) => write!(f, "in its title or answers: `{}`", words.join("`, `")),
            Self::Foreign(words) => write!(f, "not in the known text: `{}`", words.join("`, `")),
            Self::Condition => f.write_str("its condition on the exchange holds"),
            Self::MoreSpecific { id } => write!(f, "more specific than `{id}`, which fits as well"),
            Self::RunnerUp { id, by } => write!(f, "the runner-up `{id}` lost by {by:.2}"),
            Self::BelowThreshold { score, threshold } => {
                write!(f, "the nearest known error reaches {score:.2}, below {threshold:.2}")
            }
            Self::NothingShared => f.write_str("no known error shares a word with it"),
            Self::NoText => f.write_str("there is no text to recognise"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_as_english() {
        for (reason, expected) in [
            (Reason::SameWords { variables: vec![] }, "the same fixed words"),
            (Reason::SameWords { variables: vec!["17".into(), "anna".into()] }, "the same fixed words with the values `17`, `anna`"),
            (
                Reason::KeyWords(vec![("gateway".into(), 0.61), ("timed".into(), 0.2)]),
                "key words in common: `gateway` (61 %), `timed` (20 %)",
            ),
            (Reason::Meaning { cosine: 0.8, shared: vec![] }, "near in meaning (cosine 0.80), in other words"),
            (Reason::Meaning { cosine: 0.8, shared: vec!["disk".into()] }, "near in meaning (cosine 0.80), with the words `disk`"),
            (Reason::MoreSpecific { id: KnownErrorId("k2".into()) }, "more specific than `k2`, which fits as well"),
            (Reason::RunnerUp { id: KnownErrorId("k2".into()), by: 0.254 }, "the runner-up `k2` lost by 0.25"),
        ] {
            assert_eq!(reason.to_string(), expected);
        }
    }
}
