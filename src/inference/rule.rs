//! What the index needs of one known error, and what makes a rule unusable.

use crate::domain::{KnownError, KnownErrorId, StatusError};

/// Words and phrases that an analyst stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keywords {
    /// Most of these mark the error.
    pub any: Vec<String>,
    /// Any one of these marks the error.
    pub one_of: Vec<String>,
    /// All of these must be there.
    pub all: Vec<String>,
    /// None of these may be there.
    pub none: Vec<String>,
}

/// One known error as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The known error.
    pub id: KnownErrorId,
    /// The text by which it is recognised; may hold placeholders (`<*>`, `%s`, `{name}`, `<amount>`, `***`); empty where other means do that.
    pub text: String,
    /// Its own key words.
    pub keywords: Keywords,
    /// Its status's key words; they support a match and never make one, unless the rule has nothing else.
    pub status_keywords: Vec<String>,
    /// The server's code for it.
    pub code: Option<String>,
    /// A regular expression by which it is recognised.
    pub regex: Option<String>,
    /// Facts of the Log that its condition requires, 0 without one; whoever classifies says whether the condition holds. Of equal
    /// entries the one that requires most wins.
    pub facts: usize,
}

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// The regular expression does not compile, or is too large.
    #[error("the regular expression of `{id}` is not usable: {source}")]
    Regex {
        /// The rule.
        id: KnownErrorId,
        /// Why.
        source: Box<regex::Error>,
    },
    /// A key word identifies a customer, a card or a session, not an error.
    #[error("`{keyword}` of `{id}` looks like a card, an account or a session: such values are no key words")]
    Identifier {
        /// The rule.
        id: KnownErrorId,
        /// The key word, shortened.
        keyword: String,
    },
    /// There is nothing by which it could be recognised.
    #[error("`{id}` has no text, key words, code or regular expression to be recognised by")]
    Empty {
        /// The rule.
        id: KnownErrorId,
    },
}

impl Rule {
    /// A rule that is recognised by its text alone.
    pub fn from_text(id: KnownErrorId, text: impl Into<String>) -> Self {
        Self { id, text: text.into(), keywords: Keywords::default(), status_keywords: Vec::new(), code: None, regex: None, facts: 0 }
    }

    /// The rule that a known error and its status state; a condition counts as one fact, as this room cannot read it.
    pub fn from_known_error(known: &KnownError, status: Option<&StatusError>) -> Self {
        let filled = |value: &Option<String>| value.clone().filter(|text| !text.trim().is_empty());
        Self {
            id: known.id.clone(),
            text: known.text.clone(),
            keywords: Keywords {
                any: known.keywords.clone(),
                one_of: known.keywords_any.clone(),
                all: known.keywords_all.clone(),
                none: known.keywords_none.clone(),
            },
            status_keywords: status.map(|status| status.keywords.clone()).unwrap_or_default(),
            code: filled(&known.code),
            regex: filled(&known.regex),
            facts: usize::from(filled(&known.conditions).is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::domain::{LifeCycle, StatusCode, Tenure};

    #[test]
    fn a_known_error_and_its_status_make_a_rule() {
        let known = KnownError {
            id: KnownErrorId("k".into()),
            title: "Locked".into(),
            title_uk: None,
            text: "document is locked".into(),
            keywords: vec!["locked".into()],
            keywords_any: vec!["blocked".into()],
            keywords_all: Vec::new(),
            keywords_none: vec!["unlocked".into()],
            code: Some(" ".into()),
            regex: None,
            conditions: Some("branch = 'KV'".into()),
            status: Some(StatusCode(3)),
            state: LifeCycle::Approved,
            tenure: Tenure::default(),
            version: 0,
            rejudge_pending: false,
            from_group: None,
            approved_by: "anna".into(),
            approved_at: DateTime::from_millis(0),
            updated_at: DateTime::from_millis(0),
            count: 0,
            last_seen: None,
        };
        let status = StatusError { keywords: vec!["document".into()], ..StatusError::new(StatusCode(3), "Documents") };
        let expected = Rule {
            keywords: Keywords {
                any: vec!["locked".into()],
                one_of: vec!["blocked".into()],
                all: Vec::new(),
                none: vec!["unlocked".into()],
            },
            status_keywords: vec!["document".into()],
            facts: 1,
            ..Rule::from_text(KnownErrorId("k".into()), "document is locked")
        };
        assert_eq!(Rule::from_known_error(&known, Some(&status)), expected);
    }
}
