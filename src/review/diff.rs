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

/// The fields in which the new version differs from the old one, in the order in which they are written.
pub fn diff(old: &KnownErrorVersion, new: &KnownErrorVersion) -> Vec<FieldDiff> {
    let (before, after) = (fields(old), fields(new));
    let differing = before.into_iter().zip(after).filter(|((_, before), (_, after))| before != after);
    differing.map(|((field, before), (_, after))| FieldDiff { field, pieces: compare(&before, &after) }).collect()
}

fn fields(version: &KnownErrorVersion) -> [(&'static str, String); 18] {
    let (entry, tenure) = (&version.entry, &version.entry.tenure);
    let revision = Revision::of(entry, &version.answers);
    let lines = |words: &[String]| words.join("\n");
    let plain = |value: &Option<String>| value.clone().unwrap_or_default();
    let of_language =
        |pick: fn(&(String, Option<String>)) -> Option<String>| revision.answers.iter().filter_map(pick).collect::<Vec<_>>().join("\n\n");
    [
        ("title", entry.title.clone()),
        ("title_uk", plain(&entry.title_uk)),
        ("status", entry.status.map(|code| code.to_string()).unwrap_or_default()),
        ("state", entry.state.as_str().to_owned()),
        ("text", entry.text.clone()),
        ("keywords", lines(&entry.keywords)),
        ("keywords_all", lines(&entry.keywords_all)),
        ("keywords_none", lines(&entry.keywords_none)),
        ("code", plain(&entry.code)),
        ("regex", plain(&entry.regex)),
        ("conditions", plain(&entry.conditions)),
        ("owner", plain(&tenure.owner)),
        ("valid_from", moment(tenure.valid_from)),
        ("valid_to", moment(tenure.valid_to)),
        ("fixed_at", moment(tenure.fixed_at)),
        ("merged_into", tenure.merged_into.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("answers", of_language(|(text, _)| Some(text.clone()))),
        ("answers_uk", of_language(|(_, text_uk)| text_uk.clone())),
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
