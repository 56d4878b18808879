//! Which values the variables of a group take, from a sample of its latest Logs.

use bson::{DateTime, RawDocumentBuf};

use super::Services;
pub use crate::inference::group::{Distribution, Values};
use crate::{
    domain::{Fault, GroupId, LogId},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage},
};

/// Logs in a sample: enough to tell what is usual, few enough to be read for each page.
const SAMPLE: usize = 500;

/// Logs of a sample that are named.
const NAMED: usize = 5;

/// What the latest Logs of a group say.
#[derive(Debug, Default)]
pub struct Sample {
    /// Values of the variables.
    pub values: Distribution,
    /// Logs that they were taken from.
    pub n_logs: usize,
    /// The very latest Logs.
    pub latest: Vec<Occurrence>,
}

/// A Log of the group.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The Log.
    pub log: LogId,
    /// When.
    pub date: Option<DateTime>,
    /// Where.
    pub branch: String,
}

/// Takes a sample.
///
/// # Errors
/// When the store does not answer.
pub async fn sample(services: &Services, id: GroupId) -> store::Result<Sample> {
    let logs = newest(services, id, SAMPLE).await?;
    let messages = logs.iter().filter_map(|log| Fault::of(log).map(|(message, _)| message));
    let latest = logs.iter().take(NAMED).filter_map(occurrence).collect();
    Ok(Sample { values: services.groups.distribution(id, messages), n_logs: logs.len(), latest })
}

/// The very latest Logs of a group.
///
/// # Errors
/// When the store does not answer.
pub async fn latest(services: &Services, id: GroupId) -> store::Result<Vec<Occurrence>> {
    Ok(newest(services, id, NAMED).await?.iter().filter_map(occurrence).collect())
}

async fn newest(services: &Services, id: GroupId, limit: usize) -> store::Result<Vec<RawDocumentBuf>> {
    let Ok(path) = "verdict.group_id".parse() else { return Ok(Vec::new()) };
    let own = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Id(id.0) });
    let page = LogPage { filter: &own, limit, after: None, scan_limit: limit };
    Ok(services.store.list_logs(&page).await?.logs)
}

fn occurrence(log: &RawDocumentBuf) -> Option<Occurrence> {
    let branch = log.get_str("branch").ok()?.to_owned();
    Some(Occurrence { log: LogId(log.get_object_id("_id").ok()?), date: log.get_datetime("date").ok(), branch })
}
