//! Records of files and streams as the ledger needs them.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, LogFile};

/// Records of files and streams, many at a time.
#[async_trait]
pub trait LedgerStore {
    /// Saves records, replacing those with their ids, in one write.
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()>;
    /// Records that began at this moment or later, the newest first; of some branches or (`None`) of all.
    async fn list_log_files_since(&self, branches: Option<&[BranchCode]>, since: DateTime, limit: usize) -> Result<Vec<LogFile>>;
}
