//! Errors of files that are still being read, as far as they are stored: whoever waits sees what comes.

use crate::{
    domain::{KnownError, LogError, LogFileId},
    store::{self, ScopedStore},
    usecase::Services,
};

/// Errors of each kind that are named of a file.
const SHOWN: usize = 8;
/// Files that are looked at.
const FILES: usize = 4;

/// What was found up to now.
#[derive(Default)]
pub(super) struct Found {
    /// Known errors, most first.
    pub(super) known: Vec<(KnownError, i64)>,
    /// Groups of unknown errors, most first.
    pub(super) unknown: Vec<(LogError, i64)>,
}

impl Found {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unknown.is_empty()
    }
}

/// What was found in these files.
pub(super) async fn found((services, reads): (&Services, &ScopedStore), files: &[LogFileId]) -> store::Result<Found> {
    let mut found = Found::default();
    for file in files.iter().take(FILES) {
        let tally = reads.tally_log_file(file).await?.unwrap_or_default();
        for (id, n) in tally.known.into_iter().take(SHOWN) {
            found.known.extend(services.knowledge.entry(&id).map(|entry| (entry, n)));
        }
        for (id, n) in tally.unknown.into_iter().take(SHOWN) {
            found.unknown.extend(services.store.find_log_error(&id).await?.map(|group| (group, n)));
        }
    }
    Ok(found)
}
