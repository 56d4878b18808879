//! Logs: pages of those that satisfy a filter, and one of them.

use actix_web::web::{Data, Json, Path};
use bson::{Bson, DateTime, RawBson};
use serde_json::{Value, json};

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Limit, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{BranchCode, KnownErrorId, Log, LogId, LogState, Method, ProblemKind, ViewKind},
    query::Filter,
    store::{LogCursor, LogPage},
    usecase::{Services, reading, views},
};

shape! {
    /// Which Logs.
    LogsAsked {
        /// A filter such as `branch = "K01" and error exists`; every Log where it is blank.
        filter: Option<String>,
        /// A saved view whose filter and time have to hold as well.
        view: Option<Id>,
        /// `next` of the page before.
        after: Option<String>,
        /// At most this many, 1 to 500; 50 where nothing is said.
        limit: Option<Limit<500>>,
    }
    /// A page of Logs, newest first.
    LogsPage {
        /// The Logs.
        logs: Vec<LogShape>,
        /// What to send as `after` for the next page; null where this is the last.
        next: Option<String>,
        /// So many Logs were looked at that the page ends early: there may be more behind `next`.
        incomplete: bool,
    }
    /// One exchange between a branch's client and its server.
    LogShape {
        /// Its identifier.
        id: Id,
        /// The branch.
        branch: BranchCode,
        /// The file that brought it first.
        log_file_id: Id,
        /// The server.
        server: String,
        /// The id that request and response share.
        message_id: Option<String>,
        /// Which halves are there.
        state: LogState,
        /// The client's address.
        remote_ip: Option<String>,
        /// Kind of the request, such as `POST`.
        request_type: Option<String>,
        /// Content type of the request.
        content_type: Option<String>,
        /// Character set that the request names.
        charset: Option<String>,
        /// When the server received the request.
        request_date: Option<Moment>,
        /// What the client sent.
        request: Option<Value>,
        /// When the server answered.
        response_date: Option<Moment>,
        /// What the server answered.
        response: Option<Value>,
        /// Milliseconds between the two.
        duration_ms: Option<i64>,
        /// The error that it carries.
        error: Option<FaultShape>,
        /// What is wrong with its records.
        problems: Vec<ProblemShape>,
        /// What inference said of the error.
        verdict: Option<LogVerdict>,
    }
    /// The error that an exchange carries.
    FaultShape {
        /// The server's code for it, as text.
        code: Option<String>,
        /// Its text.
        message: String,
        /// Whatever the server added.
        detail: Option<Value>,
    }
    /// One thing wrong with a record.
    ProblemShape {
        /// Byte offset in the file.
        offset: i64,
        /// What kind.
        kind: ProblemKind,
        /// What and why.
        text: String,
    }
    /// What inference said of a Log's error.
    LogVerdict {
        /// The known error it is; null where nobody knows it.
        known_error_id: Option<KnownErrorId>,
        /// The group of similar unknown errors it was counted in.
        group_id: Option<Id>,
        /// How it was recognised.
        method: Option<Method>,
        /// Calibrated confidence, 0 to 1.
        score: f64,
    }
}

/// A body as JSON.
fn body(body: Option<RawBson>) -> Option<Value> {
    Some(Bson::try_from(body?).ok()?.into_relaxed_extjson())
}

impl From<Log> for LogShape {
    fn from(log: Log) -> Self {
        Self {
            id: Id::of(log.id),
            branch: log.branch,
            log_file_id: Id::of(log.log_file_id),
            server: log.server,
            message_id: log.message_id,
            state: log.state,
            remote_ip: log.remote_ip,
            request_type: log.request_type,
            content_type: log.content_type,
            charset: log.charset,
            request_date: log.request_date.map(Moment),
            request: body(log.request),
            response_date: log.response_date.map(Moment),
            response: body(log.response),
            duration_ms: log.duration_ms,
            error: log.error.map(|fault| FaultShape {
                code: fault.code.map(|code| code.to_string()),
                message: fault.message,
                detail: fault.detail.map(Bson::into_relaxed_extjson),
            }),
            problems: log
                .problems
                .into_iter()
                .map(|problem| ProblemShape { offset: problem.offset, kind: problem.kind, text: problem.text })
                .collect(),
            verdict: log.verdict.map(|verdict| LogVerdict {
                known_error_id: verdict.known_error_id,
                group_id: verdict.group_id.map(Id::of),
                method: verdict.method,
                score: verdict.score,
            }),
        }
    }
}

/// What is asked for by a filter, a saved view, or both.
pub(super) async fn asked_for(caller: &Caller, services: &Services, filter: Option<&str>, view: Option<&Id>) -> Result<Filter, ApiError> {
    let filter = input::filter(filter)?;
    let Some(view) = view else { return Ok(filter) };
    let no_view = || ApiError::new(Code::Invalid, "there is no such saved view, or none that you may see").with(json!({ "field": "view" }));
    let id = view.0.parse().map_err(|_| no_view())?;
    let shown = views::find(services, &caller.user, ViewKind::Logs, &id).await?.ok_or_else(no_view)?;
    let kept = input::filter(Some(&shown.config.filter))?;
    Ok(Filter::And(vec![views::within(kept, views::bounds(&shown.config.range, DateTime::now())), filter]))
}

/// `GET /api/v1/logs`.
pub(super) async fn list(caller: Caller, services: Data<Services>, Asked(asked): Asked<LogsAsked>) -> Result<Json<LogsPage>, ApiError> {
    let filter = asked_for(&caller, &services, asked.filter.as_deref(), asked.view.as_ref()).await?;
    let after = input::after(&asked.after).map(|text| cursor(text).ok_or_else(input::no_cursor)).transpose()?;
    let limit = input::limit(asked.limit);
    let page = LogPage { filter: &filter, limit, after, scan_limit: reading::SCAN };
    let found = caller.reads(&services).list_logs(&page).await?;
    let decoded = found.logs.iter().map(|log| bson::deserialize_from_slice::<Log>(log.as_bytes()).map(LogShape::from));
    Ok(Json(LogsPage {
        logs: decoded.collect::<Result<_, _>>().map_err(ApiError::failed)?,
        next: found.next.map(|next| format!("{}_{}", next.date.timestamp_millis(), next.id)),
        incomplete: found.incomplete,
    }))
}

/// `1462691865000_<id>`.
fn cursor(text: &str) -> Option<LogCursor> {
    let (date, id) = text.split_once('_')?;
    Some(LogCursor { date: DateTime::from_millis(date.parse().ok()?), id: id.parse().ok()? })
}

/// The Log of this id that the caller may see.
pub(super) async fn find(caller: &Caller, services: &Services, id: &str) -> Result<Log, ApiError> {
    let id: LogId = input::id(id)?;
    caller.reads(services).find_log(&id).await?.ok_or_else(missing)
}

/// `GET /api/v1/logs/{id}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<LogShape>, ApiError> {
    Ok(Json(find(&caller, &services, &id).await?.into()))
}
