//! What differs between two versions of a known error, field by field.

use bson::DateTime;

use super::{
    Revision,
    words::{Piece, compare},
};
use crate::domain::KnownErrorVersion;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDiff {
    /// Its name, as in the stored document.
    pub field: &'static str,
    /// The texts against each other.
    pub pieces: Vec<Piece>,
}

/// Names of the fields, in the order in which they are written.
pub const FIELDS: [&str; 19] = [
    "title",
    "title_uk",
    "status",
    "state",
    "text",
    "keywords",
    "keywords_any",
    "keywords_all",
    "keywords_none",
    "code",
    "regex",
    "conditions",
    "owner",
    "valid_from",
    "valid_to",
    "fixed_at",
    "merged_into",
    "answers",
    "answers_uk",
];

/// The fields in which the new version differs from the old one, in the order in which they are written.
pub fn diff(old: &KnownErrorVersion, new: &KnownErrorVersion) -> Vec<FieldDiff> {
    let (before, after) = (fields(old), fields(new));
    let differing = FIELDS.into_iter().zip(before.iter().zip(&after)).filter(|(_, (before, after))| before != after);
    differing.map(|(field, (before, after))| FieldDiff { field, pieces: compare(before, after) }).collect()
}

fn fields(version: &KnownErrorVersion) -> [String; FIELDS.len()] {
    let (entry, tenure) = (&version.entry, &version.entry.tenure);
    let revision = Revision::of(entry, &version.answers);
    let lines = |words: &[String]| words.join("\n");
    let plain = |value: &Option<String>| value.clone().unwrap_or_default();
    let of_language =
        |pick: fn(&(String, Option<String>)) -> Option<String>| revision.answers.iter().filter_map(pick).collect::<Vec<_>>().join("\n\n");
    [
        entry.title.clone(),
        plain(&entry.title_uk),
        entry.status.map(|code| code.to_string()).unwrap_or_default(),
        entry.state.as_str().to_owned(),
        entry.text.clone(),
        lines(&entry.keywords),
        lines(&entry.keywords_any),
        lines(&entry.keywords_all),
        lines(&entry.keywords_none),
        plain(&entry.code),
        plain(&entry.regex),
        plain(&entry.conditions),
        plain(&tenure.owner),
        moment(tenure.valid_from),
        moment(tenure.valid_to),
        moment(tenure.fixed_at),
        tenure.merged_into.as_ref().map(ToString::to_string).unwrap_or_default(),
        of_language(|(text, _)| Some(text.clone())),
        of_language(|(_, text_uk)| text_uk.clone()),
    ]
}

fn moment(date: Option<DateTime>) -> String {
    date.and_then(|date| date.try_to_rfc3339_string().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Change, KnownError, LifeCycle},
        review::{Draft, answers, on_trial},
    };

    #[test]
    fn only_fields_that_differ_are_told() {
        let now = DateTime::from_millis(0);
        let entry = on_trial(Draft { title: "Locked".into(), text: "document is locked".into(), ..Draft::default() }, now);
        let version = |entry: &KnownError, texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| ((*text).to_owned(), None)).collect();
            KnownErrorVersion::of(entry.clone(), answers(&entry.id, &texts, "a", now), Change::Edited, "a", now)
        };
        let mut next = KnownError { state: LifeCycle::Fixed, keywords: vec!["locked".into()], ..entry.clone() };
        next.tenure.fixed_at = Some(now);
        let found = diff(&version(&entry, &["Wait."]), &version(&next, &["Wait.", "Ask."]));
        let names: Vec<_> = found.iter().map(|field| field.field).collect();
        assert_eq!(names, ["state", "keywords", "fixed_at", "answers"]);
        assert!(diff(&version(&entry, &["Wait."]), &version(&entry, &["Wait."])).is_empty());
    }
}
