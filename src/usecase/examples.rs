//! Exchanges that show what a group of unknown errors is: its newest, its oldest, and one of another branch.

use bson::RawDocumentBuf;

use super::{Services, values::Sample};
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

/// Examples of a group, each Log once; `sample` are its latest Logs.
///
/// # Errors
/// When the store fails or a Log is corrupt.
pub async fn examples(services: &Services, group: &LogError, sample: &Sample) -> store::Result<Vec<(Example, Log)>> {
    let store = services.store.as_ref();
    let Some(own) = test("verdict.group_id", Operator::Equal, Value::Id(group.id.0)) else { return Ok(Vec::new()) };
    let newest = async {
        match sample.latest.first() {
            Some(newest) => store.find_log(&newest.log).await,
            None => Ok(None),
        }
    };
    // Of the Logs up to the first date, the latest is one of that date.
    let oldest = async {
        match group.first_seen.and_then(|first| test("date", Operator::AtMost, Value::Date(first))) {
            Some(narrower) => latest(store, &Filter::And(vec![own.clone(), narrower])).await,
            None => Ok(None),
        }
    };
    let elsewhere = async {
        if let Some(id) = &sample.elsewhere {
            return store.find_log(id).await;
        }
        // All of the latest come from one branch: another one's are further back.
        let home = sample.latest.first().map(|latest| latest.branch.as_str());
        let other = group.branches.iter().map(|count| &count.branch).find(|branch| home.is_some_and(|home| home != branch.as_str()));
        match other.and_then(|branch| test("branch", Operator::Equal, Value::Text(branch.to_string()))) {
            Some(narrower) => latest(store, &Filter::And(vec![own.clone(), narrower])).await,
            None => Ok(None),
        }
    };
    let (newest, oldest, elsewhere) = tokio::try_join!(newest, oldest, elsewhere)?;
    let mut found: Vec<(Example, Log)> = Vec::new();
    for (example, log) in [(Example::Newest, newest), (Example::Oldest, oldest), (Example::Elsewhere, elsewhere)] {
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
