//! Logs seen otherwise than as a page: around one of them, over time, as a file.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Json, Path},
};
use bson::DateTime;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Limit},
    logs::{self, LogShape},
    schema::{Definitions, Moment, Schema, one_of, shape},
    words::{Id, words},
};
use crate::{
    query::Path as PropertyPath,
    usecase::{
        Services,
        around::{self, Scope, Span},
        export::{self, Format},
        histogram,
    },
};

/// Logs of each side where nothing is said.
const AROUND: usize = 20;
/// Logs counted for a histogram.
const COUNTED: usize = 10_000;
/// Columns of a table at most.
const MAX_COLUMNS: usize = 50;
/// Columns where none are named.
const COLUMNS: [&str; 6] = ["date", "branch", "server", "request.method", "state", "error"];

/// Among which Logs is looked.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Among {
    /// Those of the same session.
    Session,
    /// Those of the same server.
    Server,
    /// Those of the same branch.
    Branch,
}

/// What a file is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    /// A Log a line, as JSON.
    Ndjson,
    /// A table.
    Csv,
}

words! {
    Among => [Among::Session, Among::Server, Among::Branch],
    FileKind => [FileKind::Ndjson, FileKind::Csv],
}

shape! {
    /// What happened around a Log.
    AroundAsked {
        /// Among the Logs of the same session, server or branch; of the server where nothing is said.
        among: Option<Among>,
        /// At most this many on each side, 1 to 100; 20 where nothing is said.
        limit: Option<Limit<100>>,
        /// Instead, within so many seconds on each side, at most a day.
        seconds: Option<Limit<86_400>>,
    }
    /// What happened before and after a Log.
    AroundShape {
        /// What came before, the oldest first.
        before: Vec<LogShape>,
        /// What came after, the oldest first.
        after: Vec<LogShape>,
        /// Not all that was asked for could be looked at.
        incomplete: bool,
    }
    /// Which Logs are counted.
    HistogramAsked {
        /// A filter; every Log where it is blank.
        filter: Option<String>,
        /// A saved view whose filter and time have to hold as well.
        view: Option<Id>,
    }
    /// Logs by time: the newest 10,000 that satisfy the filter.
    HistogramShape {
        /// What a bar stands for, in seconds.
        step_seconds: i64,
        /// The bars, the oldest first; those in between are there, too, where nothing happened.
        bars: Vec<HistogramBar>,
        /// Logs that were counted, those without a date too.
        counted: i64,
        /// There are more than were counted.
        incomplete: bool,
    }
    /// What came of the Logs of a stretch of time.
    HistogramBar {
        /// Where it begins.
        from: Moment,
        /// Without an error.
        normal: i64,
        /// Without a partner, and without an error.
        half: i64,
        /// With a known error.
        known: i64,
        /// With an error that nobody knows.
        unknown: i64,
    }
    /// Which Logs, and as what.
    ExportAsked {
        /// A filter; every Log where it is blank.
        filter: Option<String>,
        /// A saved view whose filter and time have to hold as well.
        view: Option<Id>,
        /// NDJSON with all of each Log, or a table; NDJSON where nothing is said.
        format: Option<FileKind>,
        /// Paths of the table's columns, with commas between.
        columns: Option<String>,
    }
}

/// `GET /api/v1/logs/{id}/around`.
pub(super) async fn around(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Asked(asked): Asked<AroundAsked>,
) -> Result<Json<AroundShape>, ApiError> {
    let log = logs::find(&caller, &services, &id).await?;
    let among = match asked.among {
        Some(Among::Session) => Scope::Session,
        Some(Among::Server) | None => Scope::Server,
        Some(Among::Branch) => Scope::Branch,
    };
    let span = match asked.seconds {
        Some(seconds) => Span::Seconds(i64::try_from(input::limit(Some(seconds))).unwrap_or(around::MAX_SECONDS)),
        None => Span::Logs(asked.limit.map_or(AROUND, |limit| input::limit(Some(limit)))),
    };
    let found = around::around(&caller.reads(&services), &log, among, span).await?;
    let shapes = |logs: &[bson::RawDocumentBuf]| -> Result<Vec<LogShape>, ApiError> {
        Ok(around::decoded(logs)?.into_iter().map(LogShape::from).collect())
    };
    Ok(Json(AroundShape { before: shapes(&found.before)?, after: shapes(&found.after)?, incomplete: found.incomplete }))
}

/// `GET /api/v1/logs/histogram`.
pub(super) async fn histogram(
    caller: Caller,
    services: Data<Services>,
    Asked(asked): Asked<HistogramAsked>,
) -> Result<Json<HistogramShape>, ApiError> {
    let filter = logs::asked_for(&caller, &services, asked.filter.as_deref(), asked.view.as_ref()).await?;
    let found = services.moments(caller.reads(&services).scope(), &filter, COUNTED).await?.value;
    let drawn = histogram::histogram(&found, (None, None));
    let bars = drawn.iter().flat_map(|drawn| {
        drawn.bars.iter().enumerate().map(move |(bar, [normal, half, known, unknown])| HistogramBar {
            from: Moment(DateTime::from_millis(drawn.begin_of(bar))),
            normal: *normal,
            half: *half,
            known: *known,
            unknown: *unknown,
        })
    });
    Ok(Json(HistogramShape {
        bars: bars.collect(),
        step_seconds: drawn.as_ref().map_or(0, |drawn| drawn.step / 1000),
        counted: i64::try_from(found.moments.len()).unwrap_or(i64::MAX),
        incomplete: found.incomplete,
    }))
}

/// `GET /api/v1/logs/export`.
pub(super) async fn export(caller: Caller, services: Data<Services>, Asked(asked): Asked<ExportAsked>) -> Result<HttpResponse, ApiError> {
    let filter = logs::asked_for(&caller, &services, asked.filter.as_deref(), asked.view.as_ref()).await?;
    let named = asked.columns.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|column| !column.is_empty());
    let mut columns: Vec<String> = named.map(str::to_owned).collect();
    if columns.len() > MAX_COLUMNS || columns.iter().any(|column| column.parse::<PropertyPath>().is_err()) {
        return Err(ApiError::new(Code::Invalid, "columns: at most 50 paths"));
    }
    if columns.is_empty() {
        columns = COLUMNS.map(str::to_owned).to_vec();
    }
    let format = match asked.format {
        Some(FileKind::Csv) => Format::Csv(columns),
        Some(FileKind::Ndjson) | None => Format::Ndjson,
    };
    let (kind, name) = (format.kind(), format.file_name());
    let broken = |_| actix_web::error::ErrorInternalServerError("the export broke off");
    let pieces = export::pieces(caller.reads(&services), filter, format).map(move |piece| piece.map(Bytes::from).map_err(broken));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .content_type(kind)
        .streaming(pieces))
}
