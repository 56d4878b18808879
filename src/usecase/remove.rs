//! Taking a file back: the Logs that it brought go, and what was counted from them is counted anew.
//!
//! A file that is being removed says so in its record until all of it is gone; whoever removes it again after a crash finishes the work.

use super::{
    Services,
    audit::{self, AuditAction, Deed},
};
use crate::{
    domain::{FileState, LogFile, LogFileId},
    store::Result,
};

/// Logs that are deleted in one step.
const PORTION: usize = 1000;
/// Groups and known errors that are counted in one step.
const COUNTED: usize = 500;

/// Why nothing was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such file.
    Missing,
    /// It is being read.
    Processing,
}

/// Removes a file; how many Logs went with it.
///
/// # Errors
/// When the store fails; the file is then removed in part, and removing it again goes on.
pub async fn remove(services: &Services, id: &LogFileId) -> Result<std::result::Result<usize, Refused>> {
    let store = services.store.as_ref();
    let Some(file) = store.find_log_file(id).await? else { return Ok(Err(Refused::Missing)) };
    let deed = Deed::new(AuditAction::FileRemove, id).before(&file.name);
    match file.state {
        FileState::Processing => return Ok(Err(Refused::Processing)),
        // An attempt that broke off may have deleted Logs and not have counted what is left.
        FileState::Deleting => count_all(services).await?,
        FileState::Done | FileState::Failed => store.save_log_file(&LogFile { state: FileState::Deleting, ..file }).await?,
    }
    let mut n_logs = 0;
    loop {
        let removed = store.delete_logs_of_file(id, PORTION).await?;
        if removed.n_logs == 0 {
            break;
        }
        n_logs += removed.n_logs;
        store.recount_log_errors(&removed.groups).await?;
        store.recount_known_errors(&removed.known).await?;
    }
    store.delete_log_file(id).await?;
    audit::record(services, deed).await?;
    Ok(Ok(n_logs))
}

async fn count_all(services: &Services) -> Result<()> {
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
