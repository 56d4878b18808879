//! Uploaded files page by page.

use async_trait::async_trait;

use super::{SqliteStore, select};
use crate::{
    domain::{BranchCode, LogFile},
    store::{FileCursor, FilePageStore, Result},
};

#[async_trait]
impl FilePageStore for SqliteStore {
    async fn list_log_file_page(&self, branches: Option<&[BranchCode]>, after: Option<FileCursor>, limit: usize) -> Result<Vec<LogFile>> {
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let (date, id) = after.map_or((i64::MAX, [0; 12]), |after| (after.date.timestamp_millis(), after.id.bytes()));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT doc FROM \"LogFile\" WHERE created_at <= ?1 AND (created_at < ?1 OR _id > ?2) \
                   AND (?3 IS NULL OR branch IN (SELECT value FROM json_each(?3))) ORDER BY created_at DESC, _id LIMIT ?4";
        self.read(move |tx| select(tx, "LogFile", sql, (date, id, branches, limit))).await
    }
}
