//! What is wrong with a filter, and how large one may be.

use super::PathError;

/// Deepest nesting of parentheses and `not`.
pub(super) const MAX_DEPTH: usize = 64;
/// Most tests of one filter.
pub(super) const MAX_TESTS: usize = 500;

/// Why a text is no filter; `at` counts bytes from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FilterError {
    /// A quote is never closed.
    #[error("the quote opened at byte {at} is never closed")]
    Unclosed {
        /// Where it opens.
        at: usize,
    },
    /// Something else was wanted here.
    #[error("at byte {at}: found `{found}`, wanted {wanted}")]
    Unexpected {
        /// Where.
        at: usize,
        /// What stands there.
        found: String,
        /// What would have been right.
        wanted: &'static str,
    },
    /// The text ends too early.
    #[error("the filter ends where {wanted} was wanted")]
    Ended {
        /// What would have been right.
        wanted: &'static str,
    },
    /// A path is not valid.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The regular expression is not valid.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Regex {
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An operator and a value do not go together.
    #[error("`{operator}` cannot be used with {value}")]
    Type {
        /// The operator's word.
        operator: &'static str,
        /// The value as text.
        value: String,
    },
    /// Too much of it.
    #[error("a filter is nested at most {MAX_DEPTH} deep and has at most {MAX_TESTS} tests")]
    TooLarge,
    /// A rule set is not of the shape that it should be.
    #[error("rule set: {0}")]
    RuleSet(String),
}

impl FilterError {
    /// The byte at which the fault stands, where it has a place.
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Unclosed { at } | Self::Unexpected { at, .. } => Some(*at),
            _ => None,
        }
    }
}
