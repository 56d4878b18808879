//! The knowledge base as a table for spreadsheets.

use bson::DateTime;

use crate::{
    domain::{Answer, KnownError},
    usecase::csv,
};

/// Names of the columns.
const COLUMNS: [&str; 17] = [
    "id",
    "title",
    "title_uk",
    "state",
    "status",
    "text",
    "keywords",
    "keywords_any",
    "keywords_all",
    "keywords_none",
    "code",
    "regex",
    "conditions",
    "owner",
    "count",
    "last_seen",
    "answers",
];

/// The table; `answers` gives those of an entry.
pub(super) fn table(entries: &[KnownError], answers: impl Fn(&KnownError) -> Vec<Answer>) -> String {
    let mut text = csv::line(COLUMNS);
    for entry in entries {
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        let given: Vec<String> = answers(entry).into_iter().map(|answer| answer.text).collect();
        let cells = [
            entry.id.to_string(),
            entry.title.clone(),
            plain(&entry.title_uk),
            entry.state.as_str().to_owned(),
            entry.status.map(|code| code.to_string()).unwrap_or_default(),
            entry.text.clone(),
            entry.keywords.join("; "),
            entry.keywords_any.join("; "),
            entry.keywords_all.join("; "),
            entry.keywords_none.join("; "),
            plain(&entry.code),
            plain(&entry.regex),
            plain(&entry.conditions),
            plain(&entry.tenure.owner),
            entry.count.to_string(),
            entry.last_seen.and_then(|seen: DateTime| seen.try_to_rfc3339_string().ok()).unwrap_or_default(),
            given.join("\n\n"),
        ];
        text.push_str(&csv::line(cells));
    }
    text
}
