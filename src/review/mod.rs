//! Review: the only place where a draft becomes a known error with answers. Who approved it and when is part of the entry.

mod apart;
mod diff;
mod join;
mod life;
mod revision;
mod status;
mod ways;
mod words;

use bson::DateTime;

pub use apart::id_apart;
pub use diff::{FIELDS, FieldDiff, diff};
pub use join::join;
pub use life::{LifeError, Reviewer, advance, moves};
pub use revision::{Revision, revise};
pub use status::{StatusFault, check_status_change};
pub use ways::Ways;
pub use words::Piece;

use crate::{
    domain::{Answer, GroupId, KnownError, KnownErrorId, LifeCycle, StatusCode, StatusError, Tenure},
    inference::{Index, Rule, RuleError},
    query::{Filter, FilterError},
};

/// Longest title, text, key word and answer, in characters.
const LIMITS: [(&str, usize); 4] = [("title", 300), ("text", 20_000), ("keywords", 300), ("answers", 20_000)];

/// A known error that somebody wrote and nobody has approved.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// A short name; the beginning of the text where blank.
    pub title: String,
    /// The text by which it is recognised.
    pub text: String,
    /// Key words.
    pub keywords: Vec<String>,
    /// Its status.
    pub status: StatusCode,
    /// Remedies, best first.
    pub answers: Vec<String>,
    /// Further ways in which it is recognised.
    pub ways: Ways,
}

/// What cannot stand in a draft, beginning with the field; typed, so that a page can say it in the reader's language.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DraftError {
    /// It gives no remedy.
    #[error("answers: at least one answer is needed: what should the branch do?")]
    NoAnswer,
    /// A field is too long.
    #[error("{field}: longer than {limit} characters")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its limit.
        limit: usize,
    },
    /// It has no status.
    #[error("status: choose one, or name a new one")]
    NoStatus,
    /// Its status is not in the tree.
    #[error("status: there is no status `{0}`")]
    UnknownStatus(StatusCode),
    /// Its status is out of use.
    #[error("status: `{0}` is out of use")]
    RetiredStatus(StatusCode),
    /// A new status has a code that is none.
    #[error("status: the code is a positive number")]
    BadCode,
    /// A new status has another's code.
    #[error("status: the code {code} is taken by `{title}`")]
    CodeTaken {
        /// The code.
        code: StatusCode,
        /// Whose it is.
        title: String,
    },
    /// A new status has no title.
    #[error("status: the title is blank")]
    NoStatusTitle,
    /// A new status stands below one that is not in the tree.
    #[error("status: there is no parent `{0}`")]
    UnknownParent(StatusCode),
    /// Another known error has the same text and no other condition.
    #[error("text: the knowledge base has this text already, as `{title}`; a condition would tell them apart")]
    TextTaken {
        /// The other's title.
        title: String,
    },
    /// Its validity ends before it begins.
    #[error("validity: it ends before it begins")]
    Validity,
    /// It cannot be matched.
    #[error("text: {0}")]
    Rule(#[from] RuleError),
    /// Its condition is no filter.
    #[error("conditions: {0}")]
    Condition(#[from] FilterError),
}

/// Checks a draft and signs it.
///
/// # Errors
/// When it has no answer, nothing to be recognised by, or a field is too long.
pub fn promote(draft: Draft, from_group: Option<GroupId>, by: &str, now: DateTime) -> Result<(KnownError, Vec<Answer>), DraftError> {
    let text = draft.text.trim().to_owned();
    let keywords = tidy(&draft.keywords);
    let texts = tidy(&draft.answers);
    let ways = draft.ways.clone().tidied();
    if texts.is_empty() {
        return Err(DraftError::NoAnswer);
    }
    let title = match draft.title.trim() {
        "" => text.lines().next().or(keywords.first().map(String::as_str)).or(ways.name()).unwrap_or_default().chars().take(120).collect(),
        title => title.to_owned(),
    };
    let words = keywords.iter().chain(&ways.keywords_any).chain(&ways.keywords_all).chain(&ways.keywords_none).chain(&ways.code).collect();
    let written = std::iter::once(&text).chain(&ways.regex).chain(&ways.conditions).collect();
    let fields: [Vec<&String>; 4] = [vec![&title], written, words, texts.iter().collect()];
    for ((field, limit), values) in LIMITS.iter().zip(fields) {
        if values.iter().any(|value| value.chars().count() > *limit) {
            return Err(DraftError::TooLong { field, limit: *limit });
        }
    }
    let draft = Draft { title, text, keywords, ..draft };
    let entry = KnownError { from_group, approved_by: by.to_owned(), ..on_trial(draft, now) };
    check_rule(&entry)?;
    let texts: Vec<_> = texts.into_iter().map(|text| (text, None)).collect();
    let answers = answers(&entry.id, &texts, by, now);
    Ok((entry, answers))
}

/// The entry that a draft would be, signed by nobody: to be tried, not to be kept.
pub fn on_trial(draft: Draft, now: DateTime) -> KnownError {
    draft.ways.applied_to(KnownError {
        id: KnownErrorId::from_text(if draft.text.is_empty() { &draft.title } else { &draft.text }),
        title: draft.title,
        title_uk: None,
        text: draft.text,
        keywords: draft.keywords,
        keywords_any: Vec::new(),
        keywords_all: Vec::new(),
        keywords_none: Vec::new(),
        code: None,
        regex: None,
        conditions: None,
        status: Some(draft.status),
        state: LifeCycle::Approved,
        tenure: Tenure::default(),
        version: 0,
        rejudge_pending: false,
        from_group: None,
        approved_by: String::new(),
        approved_at: now,
        updated_at: now,
        count: 0,
        last_seen: None,
    })
}

/// Checks that an entry can be matched.
///
/// # Errors
/// When it has nothing to be recognised by, or its condition or expression is not valid.
pub fn check_rule(entry: &KnownError) -> Result<(), DraftError> {
    Index::new().upsert(Rule::from_known_error(entry, None))?;
    if let Some(condition) = &entry.conditions {
        condition.parse::<Filter>()?;
    }
    Ok(())
}

/// Checks a new status against those there are.
///
/// # Errors
/// When its code is taken or not positive, its title blank, or its parent unknown.
pub fn check_status(new: &StatusError, known: &[StatusError]) -> Result<(), DraftError> {
    if new.code.0 <= 0 {
        return Err(DraftError::BadCode);
    }
    if let Some(other) = known.iter().find(|other| other.code == new.code) {
        return Err(DraftError::CodeTaken { code: new.code, title: other.title.clone() });
    }
    if new.title.trim().is_empty() {
        return Err(DraftError::NoStatusTitle);
    }
    match new.parent {
        Some(parent) if !known.iter().any(|other| other.code == parent) => Err(DraftError::UnknownParent(parent)),
        _ => Ok(()),
    }
}

/// Checks that a status may be given: one that is out of use only where it was given before.
///
/// # Errors
/// When it is not in the tree, or out of use.
pub fn check_given(code: StatusCode, before: Option<StatusCode>, known: &[StatusError]) -> Result<(), DraftError> {
    match known.iter().find(|status| status.code == code) {
        None => Err(DraftError::UnknownStatus(code)),
        Some(status) if status.retired && before != Some(code) => Err(DraftError::RetiredStatus(code)),
        Some(_) => Ok(()),
    }
}

/// Answers in the order of their texts (English, Ukrainian).
pub fn answers(known_error: &KnownErrorId, texts: &[(String, Option<String>)], author: &str, now: DateTime) -> Vec<Answer> {
    let answer = |(position, (text, text_uk)): (usize, &(String, Option<String>))| Answer {
        id: Answer::id_for(known_error, text),
        known_error_id: known_error.clone(),
        position: i32::try_from(position).unwrap_or(i32::MAX),
        text: text.clone(),
        text_uk: text_uk.clone(),
        n_worked: 0,
        n_failed: 0,
        author: author.to_owned(),
        created_at: now,
    };
    texts.iter().enumerate().map(answer).collect()
}

/// Trimmed, without blanks and repeats.
fn tidy(values: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for value in values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
        if !kept.iter().any(|other| other == value) {
            kept.push(value.to_owned());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            text: "Account not found".into(),
            status: StatusCode(100),
            answers: vec!["Check it.".into(), " ".into(), "Check it.".into()],
            ..Draft::default()
        }
    }

    #[test]
    fn a_complete_draft_is_signed() {
        let (entry, answers) = promote(draft(), None, "olena", DateTime::from_millis(5)).unwrap();
        assert_eq!((entry.title.as_str(), entry.approved_by.as_str(), answers.len()), ("Account not found", "olena", 1));
        assert_eq!(entry.id, promote(draft(), None, "petro", DateTime::from_millis(9)).unwrap().0.id);
    }

    #[test]
    fn further_ways_are_enough_to_be_recognised_by() {
        let ways = Ways { keywords_all: vec![" drawer ".into(), "drawer".into()], code: Some(" ".into()), ..Ways::default() };
        let draft = Draft { text: String::new(), ways, ..draft() };
        let (entry, _) = promote(draft, None, "olena", DateTime::from_millis(5)).unwrap();
        assert_eq!((entry.title.as_str(), entry.keywords_all, entry.code), ("drawer", vec!["drawer".to_owned()], None));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (change, field) in [
            (Draft { answers: vec![" ".into()], ..draft() }, "answers"),
            (Draft { text: " ".into(), ..draft() }, "text"),
            (Draft { title: "x".repeat(301), ..draft() }, "title"),
            (Draft { ways: Ways { code: Some("x".repeat(301)), ..Ways::default() }, ..draft() }, "keywords"),
            (Draft { ways: Ways { conditions: Some("branch =".into()), ..Ways::default() }, ..draft() }, "conditions"),
            (Draft { ways: Ways { regex: Some("(".into()), ..Ways::default() }, ..draft() }, "text"),
        ] {
            let error = promote(change, None, "olena", DateTime::from_millis(5)).unwrap_err();
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }

    #[test]
    fn a_status_needs_a_free_code_and_a_parent_that_exists() {
        let status = |code, parent: Option<i32>| StatusError { parent: parent.map(StatusCode), ..StatusError::new(StatusCode(code), "T") };
        let known = [status(100, None)];
        assert!(check_status(&status(110, Some(100)), &known).is_ok());
        for bad in [status(100, None), status(0, None), status(5, Some(7))] {
            assert!(check_status(&bad, &known).is_err());
        }
    }
}
