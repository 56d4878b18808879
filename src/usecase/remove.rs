//! Taking a file back: the Logs that only it gave go, of those that other files gave too what they gave stays, and what was counted from them
//! is counted anew. What was learnt of groups stays: the patterns of their messages are kept in steps (`GroupStep`) that are never removed.
//!
//! A file that is being removed says so in its record until all of it is gone; whoever removes it again after a crash finishes the work.

use std::collections::BTreeSet;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
};
use crate::{
    domain::{FileState, GroupId, KnownErrorId, LogFile, LogFileId},
    store::{FileTally, Result},
};

/// Logs that are taken back in one step.
const PORTION: usize = 1000;
/// Groups and known errors that are counted in one step.
const COUNTED: usize = 500;
/// Logs that several files gave, of which it is found out what becomes of each before it is done.
const WEIGHED: usize = 20_000;

/// Why nothing was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such file.
    Missing,
    /// It is being read.
    Processing,
}

/// What went with a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Logs that only it gave.
    pub n_logs: usize,
    /// Logs that lost the half that only it gave.
    pub n_halved: usize,
}

/// What would go with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Logs that only it gave: they go.
    pub n_logs: i64,
    /// Logs that other files gave too: they stay.
    pub n_kept: i64,
    /// Logs that lose the half that only it gave.
    pub n_halved: i64,
    /// Groups of unknown errors whose counts become smaller.
    pub n_groups: usize,
    /// Known errors whose counts become smaller.
    pub n_known: usize,
    /// It shares more Logs with other files than were looked at: at least these go or change.
    pub incomplete: bool,
}

/// What removing a file would do.
///
/// # Errors
/// When the store fails.
pub async fn weigh(services: &Services, id: &LogFileId) -> Result<Consequences> {
    let store = services.store.as_ref();
    let n_logs = store.count_log_file(id).await?;
    let FileTally { known, unknown } = store.tally_log_file(id).await?;
    let weighed = store.weigh_log_file(id, WEIGHED).await?;
    let loses_known = |(id, n): &&(KnownErrorId, i64)| *n > weighed.known.get(id).copied().unwrap_or_default();
    let loses_unknown = |(id, n): &&(GroupId, i64)| *n > weighed.unknown.get(id).copied().unwrap_or_default();
    let n_halved_own = weighed.n_halved - weighed.n_halved_of_others;
    Ok(Consequences {
        n_logs: (n_logs - weighed.n_kept - n_halved_own).max(0),
        n_kept: weighed.n_kept,
        n_halved: weighed.n_halved,
        n_groups: unknown.iter().filter(loses_unknown).count(),
        n_known: known.iter().filter(loses_known).count(),
        incomplete: weighed.incomplete,
    })
}

/// Removes a file; what went with it.
///
/// # Errors
/// When the store fails; the file is then removed in part, and removing it again goes on.
pub async fn remove(services: &Services, id: &LogFileId) -> Result<std::result::Result<Removed, Refused>> {
    let store = services.store.as_ref();
    let Some(_turn) = services.busy.begin(id) else { return Ok(Err(Refused::Processing)) };
    let Some(file) = store.find_log_file(id).await? else { return Ok(Err(Refused::Missing)) };
    let deed = Deed::new(AuditAction::FileRemove, id).before(&file.name);
    match file.state {
        FileState::Processing => return Ok(Err(Refused::Processing)),
        FileState::Deleting => count_all(services).await?,
        was => {
            store.save_log_file(&LogFile { state: FileState::Deleting, ..file }).await?;
            if was == FileState::Reprocessing {
                count_all(services).await?;
            }
        }
    }
    let (removed, groups) = take_back(services, id).await?;
    delete_empty(services, &groups).await?;
    store.delete_raw(id).await?;
    store.delete_log_file(id).await?;
    audit::record(services, deed).await?;
    Ok(Ok(removed))
}

/// Takes back what a file gave; its record stays. What went, and the groups that errors of it were in.
pub(super) async fn take_back(services: &Services, id: &LogFileId) -> Result<(Removed, BTreeSet<GroupId>)> {
    let store = services.store.as_ref();
    let (mut all, mut groups) = (Removed::default(), BTreeSet::new());
    loop {
        let portion = store.delete_logs_of_file(id, PORTION).await?;
        if portion.n_looked_at == 0 {
            return Ok((all, groups));
        }
        all.n_logs += portion.n_logs;
        all.n_halved += portion.n_halved;
        store.recount_log_errors(&Vec::from_iter(portion.groups.iter().copied())).await?;
        store.recount_known_errors(&Vec::from_iter(portion.known)).await?;
        groups.extend(portion.groups);
    }
}

/// Deletes those of these groups that nothing is left of and nobody has dealt with, as if they had never come.
pub(super) async fn delete_empty(services: &Services, groups: &BTreeSet<GroupId>) -> Result<()> {
    for groups in Vec::from_iter(groups.iter().copied()).chunks(COUNTED) {
        services.store.delete_empty_log_errors(groups).await?;
    }
    Ok(())
}

/// Counts everything anew: an attempt that broke off may have deleted Logs and not have counted what is left.
pub(super) async fn count_all(services: &Services) -> Result<()> {
    let store = services.store.as_ref();
    let groups: Vec<_> = store.list_log_errors(None, usize::MAX).await?.into_iter().map(|group| group.id).collect();
    for groups in groups.chunks(COUNTED) {
        store.recount_log_errors(groups).await?;
    }
    let known: Vec<_> = store.list_known_errors().await?.into_iter().map(|entry| entry.id).collect();
    for known in known.chunks(COUNTED) {
        store.recount_known_errors(known).await?;
    }
    Ok(())
}
