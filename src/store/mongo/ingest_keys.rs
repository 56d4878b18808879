//! Ingestion keys of branches.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::{BranchCode, IngestKey},
    store::{Error, IngestKeyStore, Result},
};

#[async_trait]
impl IngestKeyStore for MongoStore {
    async fn insert_ingest_key(&self, key: &IngestKey) -> Result<()> {
        match self.collection::<Document>("IngestKey").insert_one(encode("IngestKey", key)?).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(Error::Conflict { collection: "IngestKey", key: key.id.clone() }),
            Err(error) => Err(fault(error)),
        }
    }

    async fn find_ingest_key(&self, id: &str) -> Result<Option<IngestKey>> {
        self.one("IngestKey", doc! { "_id": id }).await
    }

    async fn list_ingest_keys(&self, branch: Option<&BranchCode>) -> Result<Vec<IngestKey>> {
        let filter = branch.map_or_else(Document::new, |branch| doc! { "branch": branch.as_str() });
        self.many("IngestKey", filter, doc! { "branch": 1, "created_at": 1, "_id": 1 }, usize::MAX).await
    }

    async fn end_ingest_key(&self, id: &str, at: DateTime) -> Result<bool> {
        // The pipeline's `$min` passes over a null, as that of an update would not.
        let change = vec![doc! { "$set": { "ends_at": { "$min": ["$ends_at", at] } } }];
        let done = self.collection::<Document>("IngestKey").update_one(doc! { "_id": id }, change).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    async fn touch_ingest_keys(&self, used: &[(String, DateTime)]) -> Result<()> {
        if used.is_empty() {
            return Ok(());
        }
        let update = |(id, at): &(String, DateTime)| doc! { "q": { "_id": id }, "u": { "$max": { "last_used_at": *at } } };
        let updates: Vec<Document> = used.iter().map(update).collect();
        self.write_all(doc! { "update": "IngestKey", "updates": updates }).await.map(drop)
    }
}
