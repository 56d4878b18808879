//! Further ways in which an error is recognised, beside its text and key words.

use super::{revision::filled, tidy};
use crate::domain::KnownError;

/// What an analyst may ask for beside text and key words; blank ways say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// Words any one of which marks it.
    pub keywords_any: Vec<String>,
    /// Words all of which must be there.
    pub keywords_all: Vec<String>,
    /// Words none of which may be there.
    pub keywords_none: Vec<String>,
    /// The server's code.
    pub code: Option<String>,
    /// A regular expression.
    pub regex: Option<String>,
    /// A filter that the Log must satisfy.
    pub conditions: Option<String>,
}

impl Ways {
    /// The same without blanks.
    #[must_use]
    pub fn tidied(self) -> Self {
        Self {
            keywords_any: tidy(&self.keywords_any),
            keywords_all: tidy(&self.keywords_all),
            keywords_none: tidy(&self.keywords_none),
            code: filled(self.code),
            regex: filled(self.regex),
            conditions: filled(self.conditions),
        }
    }

    /// Those of an entry.
    pub(super) fn of(entry: &KnownError) -> Self {
        let KnownError { keywords_any, keywords_all, keywords_none, code, regex, conditions, .. } = entry.clone();
        Self { keywords_any, keywords_all, keywords_none, code, regex, conditions }
    }

    /// Text that can stand for a title where there is neither text nor key word.
    pub(super) fn name(&self) -> Option<&str> {
        let word = self.keywords_any.first().or(self.keywords_all.first());
        word.or(self.code.as_ref()).or(self.regex.as_ref()).or(self.conditions.as_ref()).map(String::as_str)
    }

    /// An entry that is recognised in these ways as well.
    pub(super) fn applied_to(self, entry: KnownError) -> KnownError {
        let Self { keywords_any, keywords_all, keywords_none, code, regex, conditions } = self.tidied();
        KnownError { keywords_any, keywords_all, keywords_none, code, regex, conditions, ..entry }
    }
}
