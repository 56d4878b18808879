//! The knowledge base: statuses, known errors, answers, and the version that tells processes of changes.

use async_trait::async_trait;
use bson::{Bson, Document, doc};

use super::{MongoStore, encode, fault};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, StatusError},
    store::{KnowledgeStore, Result},
};

/// Known errors saved by one command.
const SAVED_AT_ONCE: usize = 500;

impl MongoStore {
    async fn grow_version(&self) -> Result<()> {
        let change = doc! { "$inc": { "value": 1_i64 } };
        self.collection::<Document>("Meta")
            .update_one(doc! { "_id": "knowledge_version" }, change)
            .upsert(true)
            .await
            .map_err(fault)
            .map(drop)
    }
}

#[async_trait]
impl KnowledgeStore for MongoStore {
    async fn save_status_error(&self, status: &StatusError) -> Result<()> {
        self.save("StatusError", status).await?;
        self.grow_version().await
    }

    async fn list_status_errors(&self) -> Result<Vec<StatusError>> {
        self.many("StatusError", doc! {}, doc! { "_id": 1 }, usize::MAX).await
    }

    async fn save_known_errors(&self, entries: &[(KnownError, Vec<Answer>)]) -> Result<()> {
        for chunk in entries.chunks(SAVED_AT_ONCE) {
            let (mut known, mut given, mut stale) = (Vec::new(), Vec::new(), Vec::new());
            for (entry, answers) in chunk {
                let mut fields = encode("KnownError", entry)?;
                fields.remove("_id");
                let count = fields.remove("count").unwrap_or(Bson::Int64(0));
                let last_seen = fields.remove("last_seen").unwrap_or(Bson::Null);
                let change = doc! { "$set": fields, "$setOnInsert": { "count": count, "last_seen": last_seen } };
                known.push(doc! { "q": { "_id": entry.id.as_str() }, "u": change, "upsert": true });
                for answer in answers {
                    given.push(doc! { "q": { "_id": answer.id.0 }, "u": encode("Answer", answer)?, "upsert": true });
                }
                let kept: Vec<_> = answers.iter().map(|answer| answer.id.0).collect();
                stale.push(doc! { "q": { "known_error_id": entry.id.as_str(), "_id": { "$nin": kept } }, "limit": 0 });
            }
            self.write_all(doc! { "update": "KnownError", "updates": known }).await?;
            if !given.is_empty() {
                self.write_all(doc! { "update": "Answer", "updates": given }).await?;
            }
            self.write_all(doc! { "delete": "Answer", "deletes": stale }).await?;
            // Each part is told of, so that a crash leaves none that other processes do not hear of.
            self.grow_version().await?;
        }
        Ok(())
    }

    async fn find_known_error(&self, id: &KnownErrorId) -> Result<Option<KnownError>> {
        self.one("KnownError", doc! { "_id": id.as_str() }).await
    }

    async fn list_known_errors(&self) -> Result<Vec<KnownError>> {
        self.many("KnownError", doc! {}, doc! { "_id": 1 }, usize::MAX).await
    }

    async fn list_answers(&self, known_error: Option<&KnownErrorId>) -> Result<Vec<Answer>> {
        let filter = known_error.map_or_else(Document::new, |id| doc! { "known_error_id": id.as_str() });
        self.many("Answer", filter, doc! { "known_error_id": 1, "position": 1 }, usize::MAX).await
    }

    async fn recount_known_errors(&self, ids: &[KnownErrorId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let pipeline = vec![
            doc! { "$match": { "verdict.known_error_id": { "$in": ids.iter().map(KnownErrorId::as_str).collect::<Vec<_>>() } } },
            doc! { "$group": { "_id": "$verdict.known_error_id", "count": { "$sum": 1_i64 }, "last": { "$max": "$date" } } },
        ];
        let rows = self.aggregate("Log", pipeline).await?;
        let update = |id: &KnownErrorId| {
            let row = rows.iter().find(|row| row.get_str("_id").is_ok_and(|other| other == id.as_str()));
            let last = row.and_then(|row| row.get_datetime("last").ok()).map_or(Bson::Null, |date| Bson::DateTime(*date));
            let count = row.and_then(|row| row.get_i64("count").ok()).unwrap_or_default();
            doc! { "q": { "_id": id.as_str() }, "u": { "$set": { "count": count, "last_seen": last } } }
        };
        let updates: Vec<_> = ids.iter().map(update).collect();
        self.write_all(doc! { "update": "KnownError", "updates": updates }).await.map(drop)
    }

    async fn knowledge_version(&self) -> Result<i64> {
        let found = self.collection::<Document>("Meta").find_one(doc! { "_id": "knowledge_version" }).await.map_err(fault)?;
        Ok(found.and_then(|meta| meta.get_i64("value").ok()).unwrap_or_default())
    }
}
