//! Taking a file back: its Logs, in portions, and what was kept of it beside them.

use async_trait::async_trait;

use super::Result;
use crate::domain::{GroupId, KnownErrorId, LogFileId};

/// A portion of a file's Logs that is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many.
    pub n_logs: usize,
    /// Groups that they were counted in.
    pub groups: Vec<GroupId>,
    /// Known errors that they were counted for.
    pub known: Vec<KnownErrorId>,
}

/// Removal of files.
#[async_trait]
pub trait RemovalStore {
    /// Deletes at most this many of the Logs that a file was the first to bring; none when none is left. Counts are the caller's to renew.
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed>;
    /// Deletes a file's record and its quarantined bytes; false when there was no such record.
    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool>;
}
