//! Records of files and streams, many at a time.

use async_trait::async_trait;
use bson::{DateTime, doc};

use super::{MongoStore, encode};
use crate::{
    domain::{BranchCode, LogFile},
    store::{LedgerStore, Result},
};

#[async_trait]
impl LedgerStore for MongoStore {
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let update = |file: &LogFile| Ok(doc! { "q": { "_id": file.id.0 }, "u": encode("LogFile", file)?, "upsert": true });
        let updates = files.iter().map(update).collect::<Result<Vec<_>>>()?;
        self.write_all(doc! { "update": "LogFile", "updates": updates }).await.map(drop)
    }

    async fn list_log_files_since(&self, branches: Option<&[BranchCode]>, since: DateTime, limit: usize) -> Result<Vec<LogFile>> {
        let mut filter = doc! { "created_at": { "$gte": since } };
        if let Some(branches) = branches {
            filter.insert("branch", doc! { "$in": branches.iter().map(BranchCode::as_str).collect::<Vec<_>>() });
        }
        self.many("LogFile", filter, doc! { "created_at": -1, "_id": 1 }, limit).await
    }
}
