//! Files as they came are kept for a while, compressed, so that they can be read again by the rules of another day.
//!
//! What cannot be kept is told to our own log and stands in nobody's way: a file is ingested all the same.

use std::{fs::File, io, path::Path, time::Duration};

use anyhow::Context;
use bson::DateTime;
use tempfile::NamedTempFile;

use super::{Services, spool};
use crate::{
    domain::LogFileId,
    store::{self, RawFile, Store},
};

/// Fast rather than small: ingestion waits for it.
const LEVEL: i32 = 1;
/// How often what is too old is looked for.
const PAUSE: Duration = Duration::from_secs(60 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What was given up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files.
    pub n_files: usize,
    /// Their bytes.
    pub n_bytes: u64,
}

impl Services {
    /// Keeps a file as it came, unless nothing is to be kept.
    pub(super) async fn keep_raw(&self, id: &LogFileId, path: &Path) {
        if self.config.raw.keep_days == 0 {
            return;
        }
        if let Err(error) = self.try_keep_raw(id, path).await {
            tracing::warn!(file.id = %id, error = format!("{error:#}"), "a file is not kept as it came: it cannot be read again");
        }
    }

    async fn try_keep_raw(&self, id: &LogFileId, path: &Path) -> anyhow::Result<()> {
        if self.store.find_raw(id).await?.is_some() {
            return Ok(());
        }
        let (path, folder) = (path.to_owned(), self.spool_dir());
        let compressing = tokio::task::spawn_blocking(move || -> io::Result<NamedTempFile> {
            let mut compressed = spool::file_in(&folder)?;
            zstd::stream::copy_encode(File::open(path)?, &mut compressed, LEVEL)?;
            Ok(compressed)
        });
        let compressed = compressing.await?.context("cannot compress it")?;
        Ok(self.store.save_raw(id, compressed.path()).await?)
    }

    /// The file as it came, on disk; `None` where it is not kept.
    ///
    /// # Errors
    /// When the store or the disk fails, or what is kept is damaged.
    pub(super) async fn raw_of(&self, id: &LogFileId) -> anyhow::Result<Option<NamedTempFile>> {
        let folder = self.spool_dir();
        let kept = spool::file_in(&folder)?;
        if !self.store.load_raw(id, kept.path()).await? {
            return Ok(None);
        }
        let unpacking = tokio::task::spawn_blocking(move || -> io::Result<NamedTempFile> {
            let mut plain = spool::file_in(&folder)?;
            zstd::stream::copy_decode(File::open(kept.path())?, &mut plain)?;
            Ok(plain)
        });
        Ok(Some(unpacking.await?.context("what is kept of the file is damaged")?))
    }
}

/// Gives up files that are too old, and the oldest while all of them are too many. What quarantine keeps only the beginning of is whole
/// in the file alone: such a file stays, however old it is, unless all of them are too many and no other can go.
///
/// # Errors
/// When the store fails.
pub async fn sweep(services: &Services, now: DateTime) -> store::Result<Swept> {
    let (store, bounds) = (services.store.as_ref(), &services.config.raw);
    let kept = store.list_raw().await?;
    let mut total: u64 = kept.iter().map(|file| file.size_bytes).sum();
    let oldest = now.timestamp_millis().saturating_sub(i64::from(bounds.keep_days).saturating_mul(DAY_MS));
    let (mut swept, mut pinned) = (Swept::default(), Vec::new());
    for file in kept {
        if file.kept_at.timestamp_millis() >= oldest && total <= bounds.max_bytes {
            break;
        }
        if store.has_cut_quarantined(&file.id).await? {
            pinned.push(file);
            continue;
        }
        swept.give_up(store, &file).await?;
        total = total.saturating_sub(file.size_bytes);
    }
    for file in pinned {
        if total <= bounds.max_bytes {
            break;
        }
        tracing::warn!(file.id = %file.id, "no room for a file of which quarantine keeps only a part: the rest of it is given up");
        swept.give_up(store, &file).await?;
        total = total.saturating_sub(file.size_bytes);
    }
    Ok(swept)
}

impl Swept {
    async fn give_up(&mut self, store: &dyn Store, file: &RawFile) -> store::Result<()> {
        if store.delete_raw(&file.id).await? {
            self.n_files += 1;
            self.n_bytes += file.size_bytes;
        }
        Ok(())
    }
}

/// Sweeps now and again. Never returns.
pub async fn follow(services: &Services) {
    loop {
        match sweep(services, DateTime::now()).await {
            Ok(Swept { n_files: 0, .. }) => {}
            Ok(Swept { n_files, n_bytes }) => tracing::info!(n_files, n_bytes, "files are no longer kept as they came"),
            Err(error) => tracing::warn!(%error, "files that are kept as they came cannot be looked through"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
