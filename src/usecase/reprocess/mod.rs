//! A file is read again by the rules, the formats and the branch's settings of today: what it gave is taken back, then it is ingested from
//! the bytes that were kept, so that all comes out as if it came for the first time.
//!
//! The record says that it is being read again until all of it is done; whoever begins anew after a crash comes to the same end.

mod busy;
mod preview;

pub use busy::Busy;
pub use preview::{Preview, Reading, preview};

use super::{
    IngestError, IngestRequest, Ingested, OnProgress, Services,
    audit::{self, AuditAction, Deed},
    remove,
};
use crate::{
    domain::{FileState, LogFile, LogFileId},
    parse::FormatChoice,
};

/// Why a file is not read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It stands for the posts of a day.
    #[error("it is no file but what a branch posted in a day: that is not kept as it came")]
    Stream,
    /// It is being read or removed.
    #[error("the file is being read or removed; wait until that is done")]
    Busy,
    /// Its bytes are not kept.
    #[error("the file is not kept as it came any more: upload it again")]
    NotKept,
}

/// The record of a file that may be read again.
async fn allowed(services: &Services, id: &LogFileId) -> Result<Result<LogFile, Refused>, IngestError> {
    let in_store = |source| IngestError::Store { name: id.to_string(), source };
    let Some(file) = services.store.find_log_file(id).await.map_err(in_store)? else { return Ok(Err(Refused::Missing)) };
    Ok(match file.state {
        _ if file.is_stream() => Err(Refused::Stream),
        FileState::Processing | FileState::Deleting => Err(Refused::Busy),
        FileState::Done | FileState::Failed | FileState::Reprocessing => Ok(file),
    })
}

/// Reads a file again.
///
/// # Errors
/// When the store or the disk fails; the file is then read in part, and reading it again goes on.
pub async fn reprocess(
    services: &Services,
    id: &LogFileId,
    format: FormatChoice,
    on_progress: OnProgress,
) -> Result<Result<Ingested, Refused>, IngestError> {
    let Some(_turn) = services.busy.begin(id) else { return Ok(Err(Refused::Busy)) };
    let file = match allowed(services, id).await? {
        Ok(file) => file,
        Err(refused) => return Ok(Err(refused)),
    };
    let in_store = |source| IngestError::Store { name: file.name.clone(), source };
    let raw = services.raw_of(id).await.map_err(|error| IngestError::Raw { name: file.name.clone(), reason: format!("{error:#}") })?;
    let Some(raw) = raw else { return Ok(Err(Refused::NotKept)) };
    let store = services.store.as_ref();
    let deed = Deed::new(AuditAction::FileReprocess, id).before(&file.outcome);
    if file.state == FileState::Reprocessing {
        remove::count_all(services).await.map_err(in_store)?;
    }
    let reading = LogFile { state: FileState::Reprocessing, ..file.clone() };
    store.save_log_file(&reading).await.map_err(in_store)?;
    let (_, groups) = remove::take_back(services, id).await.map_err(in_store)?;
    store.delete_quarantined_of_file(id).await.map_err(in_store)?;
    let request = IngestRequest {
        branch: file.branch.clone(),
        name: file.name.clone(),
        path: raw.path().to_owned(),
        format,
        uploaded_by: file.uploaded_by.clone(),
    };
    let done = services.read_file(request, reading, false, on_progress, None).await?;
    remove::delete_empty(services, &groups).await.map_err(in_store)?;
    audit::record(services, deed.after(&done.file.outcome)).await.map_err(in_store)?;
    Ok(Ok(done))
}
