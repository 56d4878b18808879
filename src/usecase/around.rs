//! What happened around a Log: what came before and after it in the same session, branch or server.

use bson::{DateTime, RawDocumentBuf};

use crate::{
    domain::Log,
    query::{Filter, Operator, Test, Value},
    store::{self, LogCursor, LogPage, LogsFound, ScopedStore},
};

/// Logs looked at in each direction: a session is searched among its branch's neighbours.
const SCAN: usize = 2_000;
/// Most Logs shown in each direction.
pub const MAX_LOGS: usize = 100;
/// Longest time in each direction, in seconds.
pub const MAX_SECONDS: i64 = 86_400;

/// Among what is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The same session of the same branch.
    Session,
    /// The same server of the same branch.
    Server,
    /// The same branch.
    Branch,
}

/// How far is looked in each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// So many Logs.
    Logs(usize),
    /// So many seconds.
    Seconds(i64),
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// What came before, the oldest first.
    pub before: Vec<RawDocumentBuf>,
    /// What came after, the oldest first.
    pub after: Vec<RawDocumentBuf>,
    /// Not all that was asked for could be looked at.
    pub incomplete: bool,
}

/// Reads what happened around a Log, as far as it is seen. Nothing where the Log has no date, or no session to look in.
///
/// # Errors
/// When the store does not answer.
pub async fn around(reads: &ScopedStore, log: &Log, scope: Scope, span: Span) -> store::Result<Around> {
    let (Some(date), Some(filter)) = (log.date, filter(log, scope, span)) else { return Ok(Around::default()) };
    let limit = match span {
        Span::Logs(n) => n.min(MAX_LOGS),
        Span::Seconds(_) => MAX_LOGS,
    };
    let page = LogPage { filter: &filter, limit, after: Some(LogCursor { date, id: log.id }), scan_limit: SCAN };
    let (before, after) = tokio::try_join!(reads.list_logs(&page), reads.list_later_logs(&page))?;
    // A full page by count is all that was asked for; by time it is not.
    let cut = |found: &LogsFound| found.incomplete || matches!(span, Span::Seconds(_)) && found.next.is_some();
    let incomplete = cut(&before) || cut(&after);
    let mut before = before.logs;
    // Logs without a date come last in that order, and are no part of a course of events.
    before.retain(|log| log.get_datetime("date").is_ok_and(|date| date > DateTime::MIN));
    before.reverse();
    Ok(Around { before, after: after.logs, incomplete })
}

/// What is looked at; `None` where the Log names no session.
fn filter(log: &Log, scope: Scope, span: Span) -> Option<Filter> {
    let test = |path: &str, operator, value| Some(Filter::Test(Test { path: path.parse().ok()?, operator, value }));
    let is = |path: &str, text: &str| test(path, Operator::Equal, Value::Text(text.to_owned()));
    let mut all = vec![is("branch", log.branch.as_str())?];
    match scope {
        Scope::Session => all.push(is("session_key", log.session_key.as_deref()?)?),
        Scope::Server => all.push(is("server", &log.server)?),
        Scope::Branch => {}
    }
    if let (Span::Seconds(seconds), Some(date)) = (span, log.date) {
        let reach = seconds.clamp(1, MAX_SECONDS) * 1000;
        let end = |by: i64| Value::Date(DateTime::from_millis(date.timestamp_millis().saturating_add(by)));
        all.push(test("date", Operator::AtLeast, end(-reach))?);
        all.push(test("date", Operator::AtMost, end(reach))?);
    }
    Some(Filter::And(all))
}

/// The Logs of these documents.
///
/// # Errors
/// When one of them is corrupt.
pub fn decoded(logs: &[RawDocumentBuf]) -> store::Result<Vec<Log>> {
    let decode = |log: &RawDocumentBuf| {
        bson::deserialize_from_slice(log.as_bytes()).map_err(|error| store::Error::Corrupt {
            collection: "Log",
            id: log.get_object_id("_id").map(|id| id.to_hex()).unwrap_or_default(),
            reason: error.to_string(),
        })
    };
    logs.iter().map(decode).collect()
}
