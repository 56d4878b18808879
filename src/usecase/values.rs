//! Which values the variables of a group take, from a sample of its latest Logs.

use bson::{DateTime, RawBsonRef, RawDocument, RawDocumentBuf};

use super::Services;
pub use crate::inference::group::{Distribution, Values};
use crate::{
    domain::{Fault, GroupId, LogId},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage},
};

/// Logs in a sample: enough to tell what is usual, few enough to be read for each page, though each lies somewhere else.
const SAMPLE: usize = 200;

/// Longest text that is proposed as a condition.
const MAX_SHARED: usize = 200;

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
    /// The latest of another branch than that of the very latest.
    pub elsewhere: Option<LogId>,
    /// What all of them satisfy: the same method, the same code.
    pub shared: Option<Filter>,
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
    let logs = newest(services, id, SAMPLE, &["branch", "request.method", "error.message", "error.code"]).await?;
    let messages = logs.iter().filter_map(|log| Fault::of(log).map(|(message, _)| message));
    let latest: Vec<Occurrence> = logs.iter().take(NAMED).filter_map(occurrence).collect();
    let home = latest.first().map(|latest| latest.branch.clone());
    let elsewhere = logs.iter().filter_map(occurrence).find(|other| home.as_ref().is_some_and(|home| other.branch != *home));
    Ok(Sample {
        values: services.groups.distribution(id, messages),
        n_logs: logs.len(),
        latest,
        elsewhere: elsewhere.map(|elsewhere| elsewhere.log),
        shared: shared(&logs),
    })
}

/// What these Logs have in common, as a filter; `None` where they have nothing, or are too few to tell.
fn shared(logs: &[RawDocumentBuf]) -> Option<Filter> {
    let (first, rest) = logs.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let common = |[object, name]: [&str; 2]| {
        let value = |log: &RawDocument| match log.get_document(object).ok()?.get(name).ok()?? {
            RawBsonRef::String(text) if text.len() <= MAX_SHARED => Some(Value::Text(text.to_owned())),
            RawBsonRef::Int32(n) => Some(Value::Number(n.into())),
            _ => None,
        };
        let own = value(first)?;
        let path = format!("{object}.{name}").parse().ok()?;
        rest.iter().all(|log| value(log).as_ref() == Some(&own)).then_some(Filter::Test(Test {
            path,
            operator: Operator::Equal,
            value: own,
        }))
    };
    let mut tests: Vec<Filter> = [["request", "method"], ["error", "code"]].into_iter().filter_map(common).collect();
    match tests.len() {
        0 | 1 => tests.pop(),
        _ => Some(Filter::And(tests)),
    }
}

/// The very latest Logs of a group.
///
/// # Errors
/// When the store does not answer.
pub async fn latest(services: &Services, id: GroupId) -> store::Result<Vec<Occurrence>> {
    Ok(newest(services, id, NAMED, &["branch"]).await?.iter().filter_map(occurrence).collect())
}

async fn newest(services: &Services, id: GroupId, limit: usize, paths: &[&str]) -> store::Result<Vec<RawDocumentBuf>> {
    let Ok(path) = "verdict.group_id".parse() else { return Ok(Vec::new()) };
    let own = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Id(id.0) });
    let page = LogPage { filter: &own, limit, after: None, scan_limit: limit.saturating_add(1) };
    Ok(services.store.list_log_parts(&page, paths).await?.logs)
}

fn occurrence(log: &RawDocumentBuf) -> Option<Occurrence> {
    let branch = log.get_str("branch").ok()?.to_owned();
    Some(Occurrence { log: LogId(log.get_object_id("_id").ok()?), date: log.get_datetime("date").ok(), branch })
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn what_all_logs_have_in_common_is_a_condition() {
        let log = |method: &str, code: i32| rawdoc! { "request": { "method": method }, "error": { "code": code } };
        let without = || rawdoc! { "request": null, "error": { "code": "a" } };
        for (logs, expected) in [
            (vec![log("Pay", 5), log("Pay", 5)], Some("request.method = \"Pay\" and error.code = 5")),
            (vec![log("Pay", 5), log("Pay", 6)], Some("request.method = \"Pay\"")),
            (vec![log("Pay", 5), log("Get", 5)], Some("error.code = 5")),
            (vec![without(), without()], Some("error.code = \"a\"")),
            (vec![log("Pay", 5), without()], None),
            (vec![log("Pay", 5)], None),
            (vec![], None),
        ] {
            assert_eq!(shared(&logs), expected.map(|filter| filter.parse().unwrap()), "{expected:?}");
        }
    }
}
