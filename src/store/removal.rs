//! Taking a file back: its Logs, in portions, and what was kept of it beside them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bson::RawDocument;

use super::Result;
use crate::domain::{GroupId, KnownErrorId, LogFileId};

/// A portion of what a file gave that is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Logs that were looked at; none when none is left.
    pub n_looked_at: usize,
    /// Of them, Logs that are gone.
    pub n_logs: usize,
    /// Of them, Logs that lost a half.
    pub n_halved: usize,
    /// Groups that they were counted in.
    pub groups: BTreeSet<GroupId>,
    /// Known errors that they were counted for.
    pub known: BTreeSet<KnownErrorId>,
}

impl Removed {
    /// Takes note of what a Log that changes or goes is counted in.
    pub(super) fn counted(&mut self, log: &RawDocument) {
        let Ok(verdict) = log.get_document("verdict") else { return };
        self.groups.extend(verdict.get_object_id("group_id").map(GroupId));
        self.known.extend(verdict.get_str("known_error_id").map(|known| KnownErrorId(known.to_owned())));
    }
}

/// Removal of files.
#[async_trait]
pub trait RemovalStore {
    /// Takes back what a file gave of at most this many Logs: a Log that no other file gave goes, of one that another gave in part its half
    /// stays, one that another gave whole stays and names that file. Counts are the caller's to renew.
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed>;
    /// Deletes a file's record and its quarantined bytes; false when there was no such record.
    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool>;
}
