//! Uploaded files.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{BranchCode, LogFile, LogFileId},
    store::{LogFileStore, Result},
};

#[async_trait]
impl LogFileStore for SqliteStore {
    async fn save_log_file(&self, file: &LogFile) -> Result<()> {
        let row = (file.id.bytes(), encode("LogFile", file)?, file.branch.to_string(), file.created_at.timestamp_millis());
        let sql = "INSERT OR REPLACE INTO \"LogFile\" (_id, doc, branch, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn find_log_file(&self, id: &LogFileId) -> Result<Option<LogFile>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "LogFile", "SELECT doc FROM \"LogFile\" WHERE _id = ?1", [id])).await
    }

    async fn list_log_files(&self, branches: Option<&[BranchCode]>, limit: usize) -> Result<Vec<LogFile>> {
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT doc FROM \"LogFile\" WHERE ?1 IS NULL OR branch IN (SELECT value FROM json_each(?1)) ORDER BY created_at DESC, _id LIMIT ?2";
        self.read(move |tx| select(tx, "LogFile", sql, (branches, limit))).await
    }
}
