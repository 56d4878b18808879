//! Records of files and streams, many at a time.

use async_trait::async_trait;
use bson::DateTime;

use super::{SqliteStore, encode, execute, select};
use crate::{
    domain::{BranchCode, LogFile},
    store::{LedgerStore, Result},
};

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()> {
        let row =
            |file: &LogFile| Ok((file.id.bytes(), encode("LogFile", file)?, file.branch.to_string(), file.created_at.timestamp_millis()));
        let rows: Vec<_> = files.iter().map(row).collect::<Result<_>>()?;
        let sql = "INSERT OR REPLACE INTO \"LogFile\" (_id, doc, branch, created_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(move |tx| rows.into_iter().try_for_each(|row| execute(tx, sql, row).map(drop))).await
    }

    async fn list_log_files_since(&self, branches: Option<&[BranchCode]>, since: DateTime, limit: usize) -> Result<Vec<LogFile>> {
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let key = (branches, since.timestamp_millis(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"LogFile\" WHERE created_at >= ?2 AND (?1 IS NULL OR branch IN (SELECT value FROM json_each(?1)))
            ORDER BY created_at DESC, _id LIMIT ?3";
        self.read(move |tx| select(tx, "LogFile", sql, key)).await
    }
}
