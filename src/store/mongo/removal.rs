//! Taking a file back.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;

use super::{MongoStore, fault};
use crate::{
    domain::{GroupId, KnownErrorId, LogFileId},
    store::{RemovalStore, Removed, Result},
};

#[async_trait]
impl RemovalStore for MongoStore {
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parts = doc! { "verdict.group_id": 1, "verdict.known_error_id": 1 };
        let collection = self.collection::<Document>("Log");
        let find = collection.find(doc! { "log_file_id": id.0 }).limit(limit).projection(parts);
        let logs: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        if logs.is_empty() {
            return Ok(Removed::default());
        }
        let ids: Vec<Bson> = logs.iter().filter_map(|log| log.get("_id").cloned()).collect();
        let verdicts = || logs.iter().filter_map(|log| log.get_document("verdict").ok());
        let groups: BTreeSet<_> = verdicts().filter_map(|verdict| verdict.get_object_id("group_id").ok()).collect();
        let known: BTreeSet<_> = verdicts().filter_map(|verdict| verdict.get_str("known_error_id").ok()).collect();
        collection.delete_many(doc! { "_id": { "$in": ids } }).await.map_err(fault)?;
        Ok(Removed {
            n_logs: logs.len(),
            groups: groups.into_iter().map(GroupId).collect(),
            known: known.into_iter().map(|known| KnownErrorId(known.to_owned())).collect(),
        })
    }

    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool> {
        self.collection::<Document>("Quarantine").delete_many(doc! { "log_file_id": id.0 }).await.map_err(fault)?;
        Ok(self.collection::<Document>("LogFile").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?.deleted_count > 0)
    }
}
