//! Revision: an entry as an analyst wants it from now on. Checked as a whole; answers that stay keep who wrote them and how they worked.

use bson::DateTime;

use super::{DraftError, LIMITS, Ways, answers, check_given, check_rule, tidy};
use crate::{
    domain::{Answer, KnownError, StatusCode, StatusError},
    inference::RuleError,
};

/// Everything of a known error that an analyst writes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Revision {
    /// A short name.
    pub title: String,
    /// A short name in Ukrainian.
    pub title_uk: Option<String>,
    /// The text by which it is recognised.
    pub text: String,
    /// Words most of which mark it.
    pub keywords: Vec<String>,
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
    /// Its status.
    pub status: Option<StatusCode>,
    /// Who keeps it right.
    pub owner: Option<String>,
    /// Errors before this moment are not its.
    pub valid_from: Option<DateTime>,
    /// Errors from this moment on are not its.
    pub valid_to: Option<DateTime>,
    /// Remedies in English and Ukrainian, best first.
    pub answers: Vec<(String, Option<String>)>,
}

impl Revision {
    /// The entry as it is.
    pub fn of(entry: &KnownError, answers: &[Answer]) -> Self {
        let mut written: Vec<&Answer> = answers.iter().collect();
        written.sort_by_key(|answer| answer.position);
        Self {
            title: entry.title.clone(),
            title_uk: entry.title_uk.clone(),
            text: entry.text.clone(),
            keywords: entry.keywords.clone(),
            keywords_any: entry.keywords_any.clone(),
            keywords_all: entry.keywords_all.clone(),
            keywords_none: entry.keywords_none.clone(),
            code: entry.code.clone(),
            regex: entry.regex.clone(),
            conditions: entry.conditions.clone(),
            status: entry.status,
            owner: entry.tenure.owner.clone(),
            valid_from: entry.tenure.valid_from,
            valid_to: entry.tenure.valid_to,
            answers: written.into_iter().map(|answer| (answer.text.clone(), answer.text_uk.clone())).collect(),
        }
    }

    /// The entry with this written into it, unchecked: to be tried.
    pub fn applied_to(self, entry: &KnownError) -> KnownError {
        let mut next = entry.clone();
        (next.title, next.title_uk, next.text) = (self.title.trim().to_owned(), filled(self.title_uk), self.text.trim().to_owned());
        (next.keywords, next.keywords_any) = (tidy(&self.keywords), tidy(&self.keywords_any));
        (next.keywords_all, next.keywords_none) = (tidy(&self.keywords_all), tidy(&self.keywords_none));
        (next.code, next.regex, next.conditions, next.status) =
            (filled(self.code), filled(self.regex), filled(self.conditions), self.status);
        (next.tenure.owner, next.tenure.valid_from, next.tenure.valid_to) = (filled(self.owner), self.valid_from, self.valid_to);
        if next.title.is_empty() {
            let ways = Ways::of(&next);
            let seed = next.text.lines().next().or(next.keywords.first().map(String::as_str)).or(ways.name()).unwrap_or_default();
            next.title = seed.chars().take(120).collect();
        }
        next
    }
}

/// Writes a revision into an entry; `before` are its answers up to now. What is in force is signed by whoever revises it.
///
/// # Errors
/// When a field is too long, the status unknown, the validity ends before it begins, what it is recognised by cannot be used, nothing is
/// written at all, or an entry in force has no answer or nothing to be recognised by.
pub fn revise(
    entry: &KnownError,
    before: &[Answer],
    revision: Revision,
    statuses: &[StatusError],
    by: &str,
    now: DateTime,
) -> Result<(KnownError, Vec<Answer>), DraftError> {
    let mut texts: Vec<(String, Option<String>)> = Vec::new();
    for (text, text_uk) in &revision.answers {
        let text = text.trim().to_owned();
        if !text.is_empty() && !texts.iter().any(|(other, _)| *other == text) {
            texts.push((text, filled(text_uk.clone())));
        }
    }
    let mut next = revision.applied_to(entry);
    check_lengths(&next, &texts)?;
    if let Some(code) = next.status {
        check_given(code, entry.status, statuses)?;
    }
    if next.tenure.valid_from.zip(next.tenure.valid_to).is_some_and(|(from, to)| from >= to) {
        return Err(DraftError::Validity);
    }
    match check_rule(&next) {
        // What is being written may be recognised by nothing as yet, though not be nothing.
        Err(DraftError::Rule(RuleError::Empty { .. })) if !next.state.matches() && !next.title.is_empty() => {}
        checked => checked?,
    }
    if next.state.matches() {
        if texts.is_empty() {
            return Err(DraftError::NoAnswer);
        }
        (next.approved_by, next.approved_at) = (by.to_owned(), now);
    }
    let mut given = answers(&next.id, &texts, by, now);
    for answer in &mut given {
        if let Some(old) = before.iter().find(|old| old.id == answer.id) {
            *answer = Answer { position: answer.position, text_uk: answer.text_uk.clone(), ..old.clone() };
        }
    }
    Ok((next, given))
}

/// No field may be longer than a page can show.
fn check_lengths(entry: &KnownError, answers: &[(String, Option<String>)]) -> Result<(), DraftError> {
    let words = || entry.keywords.iter().chain(&entry.keywords_any).chain(&entry.keywords_all).chain(&entry.keywords_none);
    let fields: [Vec<&String>; 4] = [
        std::iter::once(&entry.title).chain(&entry.title_uk).chain(&entry.tenure.owner).collect(),
        std::iter::once(&entry.text).chain(&entry.regex).chain(&entry.conditions).collect(),
        words().chain(&entry.code).collect(),
        answers.iter().flat_map(|(text, text_uk)| std::iter::once(text).chain(text_uk)).collect(),
    ];
    for ((field, limit), values) in LIMITS.iter().zip(fields) {
        if values.iter().any(|value| value.chars().count() > *limit) {
            return Err(DraftError::TooLong { field, limit: *limit });
        }
    }
    Ok(())
}

pub(super) fn filled(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::LifeCycle,
        review::{Draft, on_trial},
    };

    fn entry() -> (KnownError, Vec<Answer>) {
        let entry = on_trial(Draft { text: "Account not found".into(), ..Draft::default() }, DateTime::from_millis(0));
        let mut answers = answers(&entry.id, &[("Check it.".into(), None), ("Ask.".into(), None)], "olena", DateTime::from_millis(0));
        answers[1].n_worked = 3;
        (entry, answers)
    }

    #[test]
    fn answers_that_stay_keep_their_author_and_success() {
        let (entry, before) = entry();
        let revision = Revision {
            answers: vec![(" Ask. ".into(), Some("Спитайте.".into())), ("New.".into(), None)],
            status: None,
            ..Revision::of(&entry, &before)
        };
        let (_, after) = revise(&entry, &before, revision, &[], "petro", DateTime::from_millis(9)).unwrap();
        let told: Vec<_> =
            after.iter().map(|answer| (answer.text.as_str(), answer.author.as_str(), answer.n_worked, answer.position)).collect();
        assert_eq!(told, [("Ask.", "olena", 3, 0), ("New.", "petro", 0, 1)]);
        assert_eq!(after[0].text_uk.as_deref(), Some("Спитайте."));
    }

    #[test]
    fn what_is_being_written_may_be_recognised_by_nothing_yet_but_is_something() {
        let (entry, _) = entry();
        let blank = KnownError { state: LifeCycle::Draft, title: String::new(), text: String::new(), status: None, ..entry };
        let written = |revision: Revision| revise(&blank, &[], revision, &[], "petro", DateTime::from_millis(9));
        assert!(written(Revision { title: "Drawer".into(), ..Revision::default() }).is_ok());
        assert!(matches!(written(Revision::default()), Err(DraftError::Rule(RuleError::Empty { .. }))));
        assert!(written(Revision { regex: Some("(".into()), ..Revision::default() }).is_err());
        let (regex, _) = written(Revision { regex: Some("^a$".into()), ..Revision::default() }).unwrap();
        assert_eq!(regex.title, "^a$");
    }

    #[test]
    fn what_cannot_stand_is_named() {
        let (entry, before) = entry();
        let same = || Revision { status: None, ..Revision::of(&entry, &before) };
        let moment = |ms| Some(DateTime::from_millis(ms));
        for (revision, word) in [
            (Revision { answers: vec![], ..same() }, "answers"),
            (Revision { text: " ".into(), ..same() }, "text"),
            (Revision { conditions: Some("branch =".into()), ..same() }, "conditions"),
            (Revision { regex: Some("(".into()), ..same() }, "text"),
            (Revision { status: Some(StatusCode(5)), ..same() }, "status"),
            (Revision { owner: Some("x".repeat(301)), ..same() }, "title"),
            (Revision { valid_from: moment(5), valid_to: moment(5), ..same() }, "validity"),
        ] {
            let error = revise(&entry, &before, revision, &[], "petro", DateTime::from_millis(9)).unwrap_err();
            assert!(error.to_string().starts_with(word), "{error}");
        }
    }

    #[test]
    fn a_draft_may_be_incomplete_and_is_not_signed() {
        let (entry, before) = entry();
        let draft = KnownError { state: LifeCycle::Draft, ..entry };
        let named = Revision { title: "Account".into(), ..Revision::of(&draft, &before) };
        let revision = Revision { text: String::new(), answers: vec![], status: None, ..named };
        let (next, after) = revise(&draft, &before, revision, &[], "petro", DateTime::from_millis(9)).unwrap();
        assert_eq!((next.approved_by.as_str(), after.len()), ("", 0));
    }
}
