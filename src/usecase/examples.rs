//! Exchanges that show what a group of unknown errors is: its newest, its oldest, and one of another branch.

use bson::RawDocumentBuf;

use super::Services;
use crate::{
    domain::{Log, LogError},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage, Store},
};

/// Logs that are looked at for one example.
const LOOKED_AT: usize = 2_000;

/// Why a Log is an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// It is the newest.
    Newest,
    /// It is the oldest.
    Oldest,
    /// It comes from another branch than the newest.
    Elsewhere,
}

impl Example {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Examples of a group, each Log once.
///
/// # Errors
/// When the store fails or a Log is corrupt.
pub async fn examples(services: &Services, group: &LogError) -> store::Result<Vec<(Example, Log)>> {
    let store = services.store.as_ref();
    let mut found: Vec<(Example, Log)> = Vec::new();
    let Some(own) = test("verdict.group_id", Operator::Equal, Value::Id(group.id.0)) else { return Ok(found) };
    if let Some(newest) = latest(store, &own).await? {
        found.push((Example::Newest, newest));
    }
    // Of the Logs up to the first date, the latest is one of that date.
    let first = group.first_seen.and_then(|first| test("date", Operator::AtMost, Value::Date(first)));
    let home = found.first().map(|(_, log)| log.branch.clone());
    let other = group.branches.iter().map(|count| &count.branch).find(|branch| home.as_ref().is_some_and(|home| home != *branch));
    let elsewhere = other.and_then(|branch| test("branch", Operator::Equal, Value::Text(branch.to_string())));
    let narrowed = async |narrower: Option<Filter>| match narrower {
        Some(narrower) => latest(store, &Filter::And(vec![own.clone(), narrower])).await,
        None => Ok(None),
    };
    let (oldest, elsewhere) = tokio::try_join!(narrowed(first), narrowed(elsewhere))?;
    for (example, log) in [(Example::Oldest, oldest), (Example::Elsewhere, elsewhere)] {
        found.extend(log.filter(|log| !found.iter().any(|(_, other)| other.id == log.id)).map(|log| (example, log)));
    }
    Ok(found)
}

fn test(path: &str, operator: Operator, value: Value) -> Option<Filter> {
    Some(Filter::Test(Test { path: path.parse().ok()?, operator, value }))
}

async fn latest(store: &dyn Store, filter: &Filter) -> store::Result<Option<Log>> {
    let page = LogPage { filter, limit: 1, after: None, scan_limit: LOOKED_AT };
    let found: Option<RawDocumentBuf> = store.list_logs(&page).await?.logs.pop();
    Ok(super::around::decoded(found.as_slice())?.pop())
}
