//! Vectors of known errors.

use async_trait::async_trait;
use bson::{Document, doc};

use super::{MongoStore, encode, fault};
use crate::{
    domain::{KnownErrorId, KnownErrorVectors},
    store::{Result, VectorStore},
};

const NAME: &str = "KnownErrorVectors";

#[async_trait]
impl VectorStore for MongoStore {
    async fn save_known_error_vectors(&self, vectors: &[KnownErrorVectors]) -> Result<()> {
        if vectors.is_empty() {
            return Ok(());
        }
        let update = |vectors: &KnownErrorVectors| Ok(doc! { "q": { "_id": vectors.id.0 }, "u": encode(NAME, vectors)?, "upsert": true });
        let updates = vectors.iter().map(update).collect::<Result<Vec<Document>>>()?;
        self.write_all(doc! { "update": NAME, "updates": updates }).await.map(drop)
    }

    async fn find_known_error_vectors(&self, model: &str, ids: &[KnownErrorId]) -> Result<Vec<KnownErrorVectors>> {
        let ids: Vec<_> = ids.iter().map(|id| KnownErrorVectors::id_for(id, model).0).collect();
        self.many(NAME, doc! { "_id": { "$in": ids } }, doc! {}, usize::MAX).await
    }

    async fn list_known_errors_with_vectors(&self, after: Option<&KnownErrorId>, limit: usize) -> Result<Vec<KnownErrorId>> {
        // Every identifier is a text, and the empty text comes before all others.
        let after = after.map_or("", KnownErrorId::as_str);
        let operator = if after.is_empty() { "$gte" } else { "$gt" };
        let pipeline = vec![
            doc! { "$match": { "known_error_id": { operator: after } } },
            doc! { "$sort": { "known_error_id": 1 } },
            doc! { "$group": { "_id": "$known_error_id" } },
            doc! { "$sort": { "_id": 1 } },
            doc! { "$limit": i64::try_from(limit).unwrap_or(i64::MAX).max(1) },
        ];
        let rows = self.aggregate(NAME, pipeline).await?;
        Ok(rows.iter().filter_map(|row| row.get_str("_id").ok()).map(|id| KnownErrorId(id.to_owned())).collect())
    }

    async fn delete_known_error_vectors(&self, ids: &[KnownErrorId]) -> Result<()> {
        let ids: Vec<&str> = ids.iter().map(KnownErrorId::as_str).collect();
        self.collection::<Document>(NAME).delete_many(doc! { "known_error_id": { "$in": ids } }).await.map_err(fault).map(drop)
    }
}
