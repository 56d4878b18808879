//! All Logs that a view finds, as a file: NDJSON, or CSV of the view's columns. Read page by page while it is sent, so that memory stays
//! small however long it is.

use actix_web::{HttpResponse, http::header, web};
use bson::{Bson, DateTime, RawBsonRef, RawDocument};
use futures_util::stream;

use super::{
    columns::at,
    csv,
    error::PageError,
    escape::restored,
    logs::SCAN,
    session::Viewer,
    told,
    view::{Asked, View},
};
use crate::{
    query::Filter,
    store::{LogCursor, LogPage},
    usecase::Services,
};

/// Most Logs of a file.
pub(super) const LIMIT: usize = 100_000;
/// Logs read at once.
const PAGE: usize = 500;

/// What the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Format {
    Ndjson,
    /// With the paths of its columns.
    Csv(Vec<String>),
}

impl Format {
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
    services: web::Data<Services>,
    filter: Filter,
    format: Format,
    /// Where the next page begins; `None` at the end.
    next: Option<Option<LogCursor>>,
    left: usize,
}

impl Reading {
    /// The next piece of the file.
    async fn piece(mut self) -> Result<Option<(web::Bytes, Self)>, crate::store::Error> {
        let Some(after) = self.next else { return Ok(None) };
        let mut text = if after.is_none() { self.format.header() } else { String::new() };
        let page = LogPage { filter: &self.filter, limit: PAGE.min(self.left), after, scan_limit: SCAN };
        let found = self.services.store.list_logs(&page).await?;
        for log in &found.logs {
            text.push_str(&self.format.record(log));
        }
        self.left -= found.logs.len().min(self.left);
        self.next = found.next.filter(|_| self.left > 0).map(Some);
        Ok(Some((web::Bytes::from(text), self)))
    }
}

/// `GET /logs/export/{format}`; whoever is signed in, branch operators their own.
pub(super) async fn file(
    viewer: Viewer,
    services: web::Data<Services>,
    format: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let view = View::of(&asked);
    let (format, kind) = match format.as_str() {
        "ndjson" => (Format::Ndjson, "application/x-ndjson"),
        "csv" => (Format::Csv(view.shown_columns()), "text/csv; charset=utf-8"),
        _ => return Err(PageError::NotFound(viewer.frame)),
    };
    let filter: Filter = match restored(&view.filter).parse() {
        Ok(filter) => filter,
        Err(error) => return Err(PageError::Invalid(viewer.frame.clone(), told::filter(&viewer.frame, &error))),
    };
    let name = if matches!(format, Format::Ndjson) { "logs.ndjson" } else { "logs.csv" };
    let filter = viewer.within(view.within(filter, DateTime::now()));
    let reading = Reading { services, filter, format, next: Some(None), left: LIMIT };
    let pieces = stream::try_unfold(reading, |reading| async {
        reading.piece().await.map_err(|error| {
            tracing::warn!(%error, "an export broke off");
            actix_web::error::ErrorInternalServerError("the export broke off")
        })
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .content_type(kind)
        .streaming(pieces))
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
    use bson::rawdoc;

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
