//! All Logs that a filter finds, as a file: NDJSON, or CSV of some columns. Read page by page while it is sent, so that memory stays small
//! however long it is.

use bson::{Bson, RawBsonRef, RawDocument};
use futures_util::stream::{self, Stream};

use super::{csv, reading::SCAN};
use crate::{
    query::Filter,
    store::{LogCursor, LogPage, Result, ScopedStore},
};

/// Most Logs of a file.
pub const LIMIT: usize = 100_000;
/// Logs read at once.
const PAGE: usize = 500;

/// What the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A Log a line.
    Ndjson,
    /// With the paths of its columns.
    Csv(Vec<String>),
}

impl Format {
    /// Its media type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv(_) => "text/csv; charset=utf-8",
        }
    }

    /// What the file is called.
    pub fn file_name(&self) -> &'static str {
        match self {
            Self::Ndjson => "logs.ndjson",
            Self::Csv(_) => "logs.csv",
        }
    }

    fn header(&self) -> String {
        match self {
            Self::Ndjson => String::new(),
            Self::Csv(columns) => csv::line(columns),
        }
    }

    fn record(&self, log: &RawDocument) -> String {
        match self {
            Self::Ndjson => {
                Bson::try_from(RawBsonRef::Document(log)).map(|log| format!("{}\n", log.into_relaxed_extjson())).unwrap_or_default()
            }
            Self::Csv(columns) => csv::line(columns.iter().map(|path| cell(log, path))),
        }
    }
}

/// How far the file is.
struct Reading {
    reads: ScopedStore,
    filter: Filter,
    format: Format,
    /// Where the next page begins; `None` at the end.
    next: Option<Option<LogCursor>>,
    left: usize,
}

impl Reading {
    /// The next piece of the file.
    async fn piece(mut self) -> Result<Option<(String, Self)>> {
        let Some(after) = self.next else { return Ok(None) };
        let mut text = if after.is_none() { self.format.header() } else { String::new() };
        let page = LogPage { filter: &self.filter, limit: PAGE.min(self.left), after, scan_limit: SCAN };
        let found = self.reads.list_logs(&page).await?;
        for log in &found.logs {
            text.push_str(&self.format.record(log));
        }
        self.left -= found.logs.len().min(self.left);
        self.next = found.next.filter(|_| self.left > 0).map(Some);
        Ok(Some((text, self)))
    }
}

/// The pieces of the file, as they are read.
pub fn pieces(reads: ScopedStore, filter: Filter, format: Format) -> impl Stream<Item = Result<String>> {
    let reading = Reading { reads, filter, format, next: Some(None), left: LIMIT };
    stream::try_unfold(reading, |reading| async {
        let piece = reading.piece().await;
        if let Err(error) = &piece {
            tracing::warn!(%error, "an export broke off");
        }
        piece
    })
}

/// The first value at a path; lists are stepped into, as filters do.
pub fn at<'a>(value: RawBsonRef<'a>, steps: &[&str]) -> Option<RawBsonRef<'a>> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    match value {
        RawBsonRef::Document(document) => at(document.get(*step).ok()??, rest),
        RawBsonRef::Array(list) => list.into_iter().flatten().find_map(|inner| {
            // Only objects are looked into: a list of lists has no such property.
            if matches!(inner, RawBsonRef::Document(_)) { at(inner, steps) } else { None }
        }),
        _ => None,
    }
}

/// The text of a cell: an error by its message, anything composed as JSON.
fn cell(log: &RawDocument, path: &str) -> String {
    let path = if path == "error" { "error.message" } else { path };
    let steps: Vec<&str> = path.split('.').collect();
    match at(RawBsonRef::Document(log), &steps) {
        None | Some(RawBsonRef::Null) => String::new(),
        Some(RawBsonRef::String(text)) => text.to_owned(),
        Some(RawBsonRef::ObjectId(id)) => id.to_hex(),
        Some(RawBsonRef::DateTime(date)) => date.try_to_rfc3339_string().unwrap_or_default(),
        Some(value) => Bson::try_from(value).map(|value| value.into_relaxed_extjson().to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, rawdoc};

    use super::*;

    #[test]
    fn records_hold_the_columns_or_all_of_the_log() {
        let log = rawdoc! { "branch": "K01", "error": { "message": "=cmd" }, "request": { "n": [1, 2] }, "date": DateTime::from_millis(0) };
        let columns = ["branch", "date", "error", "request.n", "absent"].map(str::to_owned).to_vec();
        assert_eq!(Format::Csv(columns).record(&log), "\"K01\",\"1970-01-01T00:00:00Z\",\"'=cmd\",\"[1,2]\",\"\"\r\n");
        let json: serde_json::Value = serde_json::from_str(&Format::Ndjson.record(&log)).unwrap();
        assert_eq!(json["error"]["message"], "=cmd");
    }
}
