//! Exchanges.

use std::sync::Arc;

use async_trait::async_trait;
use bson::{Bson, Document, doc};

use super::{MongoStore, encode, fault, pages::Order};
use crate::{
    domain::{EncodedLog, GroupId, KnownErrorId, Log, LogFileId, LogId, LogOutcome, Verdict},
    store::{FileTally, LogPage, LogStore, LogsFound, Result, StateCount, VerdictChange},
};

/// Logs whose verdicts are changed by one command.
const VERDICTS: usize = 1000;

#[async_trait]
impl LogStore for MongoStore {
    async fn insert_logs(&self, logs: &Arc<[EncodedLog]>) -> Result<Vec<LogOutcome>> {
        self.store_logs(logs).await
    }

    async fn find_log(&self, id: &LogId) -> Result<Option<Log>> {
        self.one("Log", doc! { "_id": id.0 }).await
    }

    async fn list_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        self.read_logs(page, Order::NewestFirst, &[]).await
    }

    async fn count_log_file(&self, id: &LogFileId) -> Result<i64> {
        let n = self.collection::<Document>("Log").count_documents(doc! { "log_file_id": id.0 }).await.map_err(fault)?;
        Ok(i64::try_from(n).unwrap_or(i64::MAX))
    }

    async fn tally_log_file(&self, id: &LogFileId) -> Result<FileTally> {
        let errors = doc! { "$match": { "log_file_id": id.0, "error": { "$type": "object" } } };
        let by = |field: &str, only: Document| {
            vec![
                errors.clone(),
                doc! { "$match": only },
                doc! { "$group": { "_id": format!("${field}"), "n": { "$sum": 1_i64 } } },
                doc! { "$sort": { "n": -1, "_id": 1 } },
            ]
        };
        let known = self.aggregate("Log", by("verdict.known_error_id", doc! { "verdict.known_error_id": { "$type": "string" } })).await?;
        let only = doc! { "verdict.known_error_id": null, "verdict.group_id": { "$type": "objectId" } };
        let unknown = self.aggregate("Log", by("verdict.group_id", only)).await?;
        let n = |row: &Document| row.get_i64("n").unwrap_or_default();
        Ok(FileTally {
            known: known.iter().filter_map(|row| Some((KnownErrorId(row.get_str("_id").ok()?.to_owned()), n(row)))).collect(),
            unknown: unknown.iter().filter_map(|row| Some((GroupId(row.get_object_id("_id").ok()?), n(row)))).collect(),
        })
    }

    async fn update_verdicts(&self, group: &GroupId, verdict: &Verdict) -> Result<u64> {
        let known = verdict.known_error_id.as_ref().map_or(Bson::Null, |known| Bson::String(known.to_string()));
        let others = doc! { "verdict.group_id": group.0, "verdict.known_error_id": { "$ne": known } };
        let change = doc! { "$set": { "verdict": encode("Log", verdict)? } };
        Ok(self.collection::<Document>("Log").update_many(others, change).await.map_err(fault)?.modified_count)
    }

    async fn change_verdicts(&self, changes: &[VerdictChange]) -> Result<u64> {
        let mut n_changed = 0;
        for changes in changes.chunks(VERDICTS) {
            let update = |change: &VerdictChange| {
                let was = change.was.as_ref().map_or(Bson::Null, |known| Bson::String(known.to_string()));
                let set = doc! { "$set": { "verdict": encode("Log", &change.verdict)? } };
                Ok(doc! { "q": { "_id": change.log.0, "verdict.known_error_id": was }, "u": set })
            };
            let updates = changes.iter().map(update).collect::<Result<Vec<_>>>()?;
            n_changed += self.write_all(doc! { "update": "Log", "updates": updates }).await?;
        }
        Ok(n_changed)
    }

    async fn count_states(&self) -> Result<Vec<StateCount>> {
        let named = self.collection::<Document>("Log").distinct("branch", doc! { "branch": { "$gt": "" } }).await.map_err(fault)?;
        let mut states = Vec::with_capacity(named.len());
        for branch in named.iter().filter_map(Bson::as_str) {
            // Each is the distance between two places of an index. Every error has a verdict, and every verdict a score.
            let all = self.count_logs(doc! { "branch": branch }).await?;
            let errors = self.count_logs(doc! { "branch": branch, "verdict.score": { "$gte": 0.0 } }).await?;
            let known = self.count_logs(doc! { "branch": branch, "verdict.known_error_id": { "$gt": "" } }).await?;
            let Ok(branch) = branch.parse() else { continue };
            // Logs may come in between.
            states.push(StateCount { branch, normal: (all - errors).max(0), known, unknown: (errors - known).max(0) });
        }
        states.sort_by(|a, b| a.branch.cmp(&b.branch));
        Ok(states)
    }
}

impl MongoStore {
    /// Number of Logs that satisfy a query, by the command that counts an index's keys without reading what they stand for.
    async fn count_logs(&self, query: Document) -> Result<i64> {
        let reply = self.database.run_command(doc! { "count": "Log", "query": query }).await.map_err(fault)?;
        let n = reply.get("n").and_then(|n| n.as_i64().or_else(|| n.as_i32().map(i64::from)));
        Ok(n.unwrap_or_default())
    }
}
