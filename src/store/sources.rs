//! Which file gave which Log: noted when Logs are stored, asked when a file is taken back or read again.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bson::{RawDocument, RawDocumentBuf};

use super::Result;
use crate::domain::{GroupId, KnownErrorId, LogFileId, LogId, LogSource, Remains, remains};

/// What taking a file back would do, counted from the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weighed {
    /// Logs that name the file and stay whole, because other files gave all of them.
    pub n_kept: i64,
    /// Logs that lose the half that only this file gave.
    pub n_halved: i64,
    /// Of them, Logs that another file brought first.
    pub n_halved_of_others: i64,
    /// Errors of its Logs that stay, by known error.
    pub known: BTreeMap<KnownErrorId, i64>,
    /// Errors of its Logs that nobody knows and that stay, by group.
    pub unknown: BTreeMap<GroupId, i64>,
    /// There are more Logs that several files gave than were looked at.
    pub incomplete: bool,
}

impl Weighed {
    /// Takes a Log into account that the file and others gave; `noted` is what is noted of it.
    pub(super) fn add(&mut self, log: &RawDocument, file: LogFileId, noted: &[LogSource]) {
        let is_own = LogSource::owner(log).is_some_and(|owner| owner.file == file);
        let keeps_error = match remains(log, file, noted) {
            Remains::Nothing => return,
            Remains::All(_) => {
                self.n_kept += i64::from(is_own);
                true
            }
            Remains::Half(half) => {
                self.n_halved += 1;
                self.n_halved_of_others += i64::from(!is_own);
                half.halves().response.is_some()
            }
        };
        let verdict = log.get_document("verdict").ok().filter(|_| is_own && keeps_error);
        let Some(verdict) = verdict else { return };
        if let Ok(known) = verdict.get_str("known_error_id") {
            *self.known.entry(KnownErrorId(known.to_owned())).or_default() += 1;
        } else if let Ok(group) = verdict.get_object_id("group_id") {
            *self.unknown.entry(GroupId(group)).or_default() += 1;
        }
    }
}

/// Logs and the files that gave them.
#[async_trait]
pub trait SourceStore {
    /// Those of these Logs that there are, in no order.
    async fn find_logs(&self, ids: &[LogId]) -> Result<Vec<RawDocumentBuf>>;
    /// What taking a file back would do to Logs that other files gave too, or that it completed; looks at no more than `limit` of them.
    async fn weigh_log_file(&self, id: &LogFileId, limit: usize) -> Result<Weighed>;
    /// Deletes a file's quarantined bytes.
    async fn delete_quarantined_of_file(&self, id: &LogFileId) -> Result<()>;
    /// Deletes those of these groups that have no Log, that nobody knows and that nobody has dealt with; how many.
    async fn delete_empty_log_errors(&self, ids: &[GroupId]) -> Result<usize>;
}
