//! Records of files and streams as the ledger needs them.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, Brought, Ledger, LogFile, LogFileId};

/// Records of files and streams, many at a time.
#[async_trait]
pub trait LedgerStore {
    /// Saves records, replacing those with their ids, in one write.
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()>;
    /// What some branches or (`None`) all brought by files and streams that began at this moment or later, however many these are.
    async fn sum_ledger(&self, branches: Option<&[BranchCode]>, since: DateTime) -> Result<Ledger>;
    /// What a file or stream was the first to bring, read off the Logs: that is right whatever died while they were written. Halves that it
    /// left before they could meet do so first.
    async fn count_brought(&self, id: &LogFileId) -> Result<Brought>;
    /// Records that are not closed and were written before this moment for the last time, the longest left ones first.
    async fn list_left_log_files(&self, before: DateTime, limit: usize) -> Result<Vec<LogFile>>;
    /// Saves a record that was left, if the stored one is as it was read: not closed and written at this moment for the last time. False
    /// where it is not, and nothing is changed: whoever wrote it goes on.
    async fn close_left_log_file(&self, file: &LogFile, written: DateTime) -> Result<bool>;
}
