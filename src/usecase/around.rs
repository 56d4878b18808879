//! What happened around a Log: the events before and after it in the same session, branch or server.

use bson::{DateTime, RawDocumentBuf};

use super::Services;
use crate::{
    domain::Log,
    query::{Filter, Operator, Test, Value},
    store::{LogCursor, LogPage, Result},
};

/// Logs looked at in each direction.
const LOOKED_AT: usize = 5000;

/// What an event shares with the Log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// Branch and session.
    Session,
    /// Branch and server.
    Server,
    /// The branch.
    Branch,
}

/// The events around a Log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// The nearest ones before it, in the order in which they happened.
    pub before: Vec<RawDocumentBuf>,
    /// The nearest ones after it, in the order in which they happened.
    pub after: Vec<RawDocumentBuf>,
    /// Not all of the time around it was looked through.
    pub incomplete: bool,
}

/// The `n` events before and after a Log that share this much with it; none around a Log that has no date.
///
/// # Errors
/// When the store fails.
pub async fn around(services: &Services, log: &Log, shared: Shared, n: usize) -> Result<Around> {
    let (Some(date), Some(filter)) = (log.date, alike(log, shared)) else { return Ok(Around::default()) };
    let after = Some(LogCursor { date, id: log.id });
    let page = LogPage { filter: &filter, limit: n, after, scan_limit: LOOKED_AT };
    let later = services.store.list_later_logs(&page).await?;
    let mut earlier = services.store.list_logs(&page).await?;
    // Logs without a date come last in that order, and are no part of a course of events.
    earlier.logs.retain(|log| log.get_datetime("date").is_ok_and(|date| date > DateTime::MIN));
    earlier.logs.reverse();
    Ok(Around { before: earlier.logs, after: later.logs, incomplete: earlier.incomplete || later.incomplete })
}

/// The filter of the events that share this much with a Log; `None` where it has no such thing.
fn alike(log: &Log, shared: Shared) -> Option<Filter> {
    let same = |path: &str, value: &str| {
        let test = Test::new(path.parse().ok()?, Operator::Equal, Value::Text(value.to_owned())).ok()?;
        Some(Filter::Test(test))
    };
    let branch = same("branch", log.branch.as_str())?;
    Some(match shared {
        Shared::Branch => branch,
        Shared::Server => Filter::And(vec![branch, same("server", &log.server)?]),
        Shared::Session => Filter::And(vec![branch, same("session_key", log.session_key.as_deref()?)?]),
    })
}
