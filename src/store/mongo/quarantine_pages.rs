//! Quarantine across files, newest first.

use async_trait::async_trait;
use bson::{Document, doc};

use super::{MongoStore, fault};
use crate::{
    domain::{BranchCode, LogFileId, QuarantineId, Quarantined},
    store::{QuarantineCursor, QuarantinePageStore, Result},
};

#[async_trait]
impl QuarantinePageStore for MongoStore {
    async fn list_quarantine_page(
        &self,
        branch: Option<&BranchCode>,
        after: Option<QuarantineCursor>,
        limit: usize,
    ) -> Result<Vec<Quarantined>> {
        let mut filter = branch.map_or_else(Document::new, |branch| doc! { "branch": branch.as_str() });
        if let Some(QuarantineCursor { date, id }) = after {
            filter.insert("created_at", doc! { "$lte": date });
            filter.insert("$or", vec![doc! { "created_at": { "$lt": date } }, doc! { "_id": { "$lt": id.0 } }]);
        }
        self.many("Quarantine", filter, doc! { "created_at": -1, "_id": -1 }, limit).await
    }

    async fn find_quarantined(&self, id: &QuarantineId) -> Result<Option<Quarantined>> {
        self.one("Quarantine", doc! { "_id": id.0 }).await
    }

    async fn has_cut_quarantined(&self, file: &LogFileId) -> Result<bool> {
        let filter = doc! { "log_file_id": file.0, "$expr": { "$gt": ["$size_bytes", { "$binarySize": "$raw" }] } };
        let found = self.collection::<Document>("Quarantine").find_one(filter).projection(doc! { "_id": 1 }).await.map_err(fault)?;
        Ok(found.is_some())
    }

    async fn delete_quarantined(&self, id: &QuarantineId) -> Result<bool> {
        let done = self.collection::<Document>("Quarantine").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}
