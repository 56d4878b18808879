//! Known errors as pages show them.

use async_trait::async_trait;

use super::{SqliteStore, fault, knowledge, select, select_one};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusCode},
    store::{FigureStore, KnownErrorPage, Result},
};

#[async_trait]
impl FigureStore for SqliteStore {
    async fn find_known_errors(&self, ids: &[KnownErrorId]) -> Result<Vec<KnownError>> {
        let ids = ids.to_vec();
        let find = |tx: &_, id: &KnownErrorId| select_one(tx, "KnownError", knowledge::BY_ID, [id.as_str()]).transpose();
        self.read(move |tx| ids.iter().filter_map(|id| find(tx, id)).collect()).await
    }

    async fn list_known_error_page(&self, page: &KnownErrorPage<'_>) -> Result<Vec<KnownError>> {
        let state = page.state.map(LifeCycle::as_str);
        let (after, limit) = (page.after.unwrap_or_default().to_owned(), i64::try_from(page.limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"KnownError\" WHERE _id > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY _id LIMIT ?3";
        self.read(move |tx| select(tx, "KnownError", sql, (after, state, limit))).await
    }

    async fn list_top_known_errors(&self, limit: usize) -> Result<Vec<KnownError>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT doc FROM \"KnownError\" WHERE count > 0 ORDER BY count DESC, _id LIMIT ?1";
        self.read(move |tx| select(tx, "KnownError", sql, [limit])).await
    }

    async fn count_by_status(&self) -> Result<Vec<(Option<StatusCode>, i64)>> {
        self.read(|tx| {
            let sql = "SELECT status, SUM(count) FROM \"KnownError\" GROUP BY status HAVING SUM(count) > 0 ORDER BY status";
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<i32>>(0)?.map(StatusCode), row.get(1)?));
            statement.query_map([], read).and_then(Iterator::collect).map_err(fault)
        })
        .await
    }

    async fn find_answers(&self, ids: &[KnownErrorId]) -> Result<Vec<Answer>> {
        let ids = serde_json::json!(ids).to_string();
        let sql = "SELECT doc FROM \"Answer\" WHERE known_error_id IN (SELECT value FROM json_each(?1)) ORDER BY known_error_id, position";
        self.read(move |tx| select(tx, "Answer", sql, [ids])).await
    }
}
