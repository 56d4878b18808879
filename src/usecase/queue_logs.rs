//! The queue by what stands in Logs.
//!
//! Groups keep branches and methods of their Logs, counted anew with every change. The catalogue has thousands of other properties, of which a
//! group could not keep all: they are looked up in the newest errors, up to a bound that whoever shows them tells.

use std::collections::{BTreeMap, HashSet};

use bson::{RawBsonRef, RawDocumentBuf, oid::ObjectId};

use super::{Services, export, kept::Gathered};
use crate::{
    domain::GroupId,
    query::{Filter, Operator, Path, Test, Value},
    store::{LogPage, LogsFound, Result, SharedStore},
};

/// Errors that are looked at, and Logs for that.
const ERRORS: usize = 2_000;
const SCAN: usize = 20_000;
/// Values that are told of a property, and the longest of them in bytes.
const VALUES: usize = 50;
const MAX_VALUE: usize = 200;
/// Properties that are offered; where there are more, they may be kept.
const OFFERED: usize = 100;
/// Errors from which on what was found in them may be kept.
const MANY: usize = 500;

/// Groups whose errors are in Logs of some kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Among {
    /// The groups, those of the newest errors first.
    pub groups: Vec<GroupId>,
    /// Errors that were looked at.
    pub n_errors: usize,
}

/// The values of a property in errors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Valued {
    /// What asks for each value, and how many groups have it; the most frequent first.
    pub values: Vec<(Test, i64)>,
    /// Errors that were looked at.
    pub n_errors: usize,
}

impl Services {
    /// The groups whose errors are in Logs that satisfy a filter, among the newest.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue_among(&self, filter: &Filter) -> Result<Gathered<Among>> {
        let (store, filter) = (self.store.clone(), filter.clone());
        let gather = {
            let filter = filter.clone();
            async move {
                let found = errors(&store, &filter, &["verdict.group_id"]).await?;
                let mut seen = HashSet::new();
                let groups = found.logs.iter().filter_map(group).filter(|id| seen.insert(*id)).map(GroupId).collect();
                Ok(Among { groups, n_errors: found.logs.len() })
            }
        };
        self.figures.among.get(filter.to_string(), |found: &Among| found.n_errors >= MANY, gather).await
    }

    /// Which values a property has in the newest errors whose Logs satisfy a filter, and in how many groups.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue_values(&self, filter: &Filter, path: &Path) -> Result<Gathered<Valued>> {
        let (store, filter, path) = (self.store.clone(), filter.clone(), path.clone());
        let key = format!("{path} {filter}");
        let gather = async move {
            let found = errors(&store, &filter, &["verdict.group_id", path.as_str()]).await?;
            Ok(Valued { values: values(&found.logs, &path), n_errors: found.logs.len() })
        };
        self.figures.valued.get(key, |found: &Valued| found.n_errors >= MANY, gather).await
    }
}

impl Services {
    /// Paths of the commonest properties of Logs, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn common_properties(&self) -> Result<Gathered<Vec<String>>> {
        let store = self.store.clone();
        let gather = async move {
            let mut properties = store.list_log_queries().await?;
            properties.sort_by_key(|property| std::cmp::Reverse(property.count));
            let mut paths: Vec<String> = properties.into_iter().take(OFFERED).map(|property| property.path).collect();
            paths.sort();
            Ok(paths)
        };
        self.figures.properties.get((), |paths: &Vec<String>| paths.len() >= OFFERED, gather).await
    }
}

/// The newest errors that have a group.
async fn errors(store: &SharedStore, filter: &Filter, paths: &[&str]) -> Result<LogsFound> {
    let Ok(path) = "verdict.group_id".parse() else { return Ok(LogsFound::default()) };
    let grouped = Filter::Test(Test { path, operator: Operator::Exists, value: Value::Null });
    let filter = Filter::And(vec![filter.clone(), grouped]);
    store.list_log_parts(&LogPage { filter: &filter, limit: ERRORS, after: None, scan_limit: SCAN }, paths).await
}

fn group(log: &RawDocumentBuf) -> Option<ObjectId> {
    log.get_document("verdict").ok()?.get_object_id("group_id").ok()
}

/// The values of a property, each with the number of groups that have it.
fn values(logs: &[RawDocumentBuf], path: &Path) -> Vec<(Test, i64)> {
    let steps: Vec<&str> = path.as_str().split('.').collect();
    let mut found: BTreeMap<String, (Test, HashSet<ObjectId>)> = BTreeMap::new();
    for log in logs {
        let value = export::at(RawBsonRef::Document(log), &steps).and_then(plain);
        let (Some(group), Some(value)) = (group(log), value) else { continue };
        let test = Test { path: path.clone(), operator: Operator::Equal, value };
        found.entry(Filter::Test(test.clone()).to_string()).or_insert_with(|| (test, HashSet::new())).1.insert(group);
    }
    let mut values: Vec<(Test, i64)> =
        found.into_values().map(|(test, groups)| (test, i64::try_from(groups.len()).unwrap_or(i64::MAX))).collect();
    values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    values.truncate(VALUES);
    values
}

/// A value that can be asked for.
fn plain(value: RawBsonRef<'_>) -> Option<Value> {
    match value {
        RawBsonRef::String(text) if text.len() <= MAX_VALUE => Some(Value::Text(text.to_owned())),
        RawBsonRef::Int32(n) => Some(Value::Number(n.into())),
        // Larger ones are not exact as numbers of a filter.
        RawBsonRef::Int64(n) => i32::try_from(n).ok().map(|n| Value::Number(n.into())),
        RawBsonRef::Double(n) if n.is_finite() => Some(Value::Number(n)),
        RawBsonRef::Boolean(truth) => Some(Value::Bool(truth)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn values_are_counted_by_groups() {
        let ids = [ObjectId::from_bytes([1; 12]), ObjectId::from_bytes([2; 12])];
        let log = |group: usize, server: &str| rawdoc! { "verdict": { "group_id": ids[group] }, "server": server, "n": 5_i64, "list": [{ "a": true }] };
        let logs = [log(0, "A"), log(0, "A"), log(0, "B"), log(1, "B"), rawdoc! { "server": "C" }, log(1, &"x".repeat(300))];
        let told = |path: &str| {
            let values = values(&logs, &path.parse().unwrap());
            values.into_iter().map(|(test, n)| format!("{} × {n}", Filter::Test(test))).collect::<Vec<_>>()
        };
        assert_eq!(told("server"), ["server = \"B\" × 2", "server = \"A\" × 1"]);
        assert_eq!((told("n"), told("list.a"), told("list")), (vec!["n = 5 × 2".to_owned()], vec!["list.a = true × 2".to_owned()], vec![]));
    }
}
