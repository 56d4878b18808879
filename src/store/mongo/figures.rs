//! Known errors as pages show them.

use async_trait::async_trait;
use bson::{Document, doc};
use futures_util::TryStreamExt;
use mongodb::options::Hint;

use super::{MongoStore, fault};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, StatusCode},
    store::{FigureStore, KnownErrorPage, Result},
};

fn names(ids: &[KnownErrorId]) -> Vec<&str> {
    ids.iter().map(KnownErrorId::as_str).collect()
}

#[async_trait]
impl FigureStore for MongoStore {
    async fn find_known_errors(&self, ids: &[KnownErrorId]) -> Result<Vec<KnownError>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.many("KnownError", doc! { "_id": { "$in": names(ids) } }, Document::new(), usize::MAX).await
    }

    async fn list_known_error_page(&self, page: &KnownErrorPage<'_>) -> Result<Vec<KnownError>> {
        let mut filter = doc! { "_id": { "$gt": page.after.unwrap_or_default() } };
        if let Some(state) = page.state {
            filter.insert("state", state.as_str());
        }
        self.many("KnownError", filter, doc! { "_id": 1 }, page.limit).await
    }

    async fn list_top_known_errors(&self, limit: usize) -> Result<Vec<KnownError>> {
        self.many("KnownError", doc! { "count": { "$gt": 0 } }, doc! { "count": -1, "_id": 1 }, limit).await
    }

    async fn count_by_status(&self) -> Result<Vec<(Option<StatusCode>, i64)>> {
        let stages = [
            doc! { "$project": { "_id": 0, "status": 1, "count": 1 } },
            doc! { "$group": { "_id": "$status", "n": { "$sum": "$count" } } },
            doc! { "$match": { "n": { "$gt": 0 } } },
            doc! { "$sort": { "_id": 1 } },
        ];
        let entries = self.collection::<Document>("KnownError");
        let rows = entries.aggregate(stages).hint(Hint::Name("status_count".to_owned()));
        let rows: Vec<Document> = rows.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let row = |row: &Document| Some((row.get_i32("_id").ok().map(StatusCode), row.get_i64("n").ok()?));
        Ok(rows.iter().filter_map(row).collect())
    }

    async fn find_answers(&self, ids: &[KnownErrorId]) -> Result<Vec<Answer>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let own = doc! { "known_error_id": { "$in": names(ids) } };
        self.many("Answer", own, doc! { "known_error_id": 1, "position": 1 }, usize::MAX).await
    }
}
