//! What a person sends is one file, or an archive of several: each file of an archive is ingested as a file of its own.
//!
//! A blocking thread unpacks, this task ingests; between them waits one unpacked file, so that the disk holds three at most. Sending an
//! archive again ingests only what was not finished.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;

use super::{IngestError, IngestRequest, Ingested, OnProgress, Progress};
use crate::{
    domain::AuditAction,
    parse::archive::{Bounds, Entry, Kind, Refusal, unpack},
    usecase::{
        Services,
        audit::{self, Deed},
        spool,
    },
};

/// A file of an archive that was not ingested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The archive's name and the file's in it; the archive's alone where all that follows is lost.
    pub name: String,
    /// Why.
    pub reason: Refusal,
}

/// What became of one file of an upload.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrived {
    /// It is ingested.
    File(Box<Ingested>),
    /// It could not be.
    Refused(Refused),
}

/// Who is told what happens during an upload.
#[derive(Clone)]
pub struct Watch {
    /// How far all of it is.
    pub on_progress: OnProgress,
    /// Each file, when it is done.
    pub on_arrival: Arc<dyn Fn(&Arrived) + Send + Sync>,
}

impl Watch {
    /// Nobody.
    pub fn nobody() -> Self {
        Self { on_progress: Arc::new(|_| ()), on_arrival: Arc::new(|_| ()) }
    }
}

impl Services {
    /// Ingests a file, or each file of an archive; what became of them, in their order. Each is noted in the audit log.
    ///
    /// # Errors
    /// As [`Self::ingest_file`]; what was ingested before stays.
    pub async fn ingest_upload(&self, request: IngestRequest, watch: &Watch) -> Result<Vec<Arrived>, IngestError> {
        let in_file = |source| IngestError::Io { name: request.name.clone(), source };
        let path = request.path.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let file = File::open(&path)?;
            Ok(Kind::of(&file)?.map(|kind| (file, kind)))
        });
        let archive = looking.await.map_err(|error| in_file(io::Error::other(error)))?.map_err(in_file)?;
        match archive {
            None => Ok(vec![self.arrived(request, watch.on_progress.clone(), watch).await?]),
            Some((file, kind)) => self.ingest_archive(request, file, kind, watch).await,
        }
    }

    async fn ingest_archive(&self, request: IngestRequest, file: File, kind: Kind, watch: &Watch) -> Result<Vec<Arrived>, IngestError> {
        let in_file = |source| IngestError::Io { name: request.name.clone(), source };
        let total = file.metadata().map_err(in_file)?.len();
        let bounds = Bounds { max_entries: self.config.archive.max_entries, max_bytes: self.config.archive.max_bytes };
        let (unpacked, mut entries) = mpsc::channel(1);
        let folder = self.spool_dir();
        let unpacking = tokio::task::spawn_blocking(move || {
            let mut scratch = || spool::file_in(&folder);
            let closed = |_| io::Error::new(io::ErrorKind::BrokenPipe, "ingesting was given up");
            unpack(file, kind, bounds, &mut scratch, &mut |entry| unpacked.blocking_send(entry).map_err(closed))
        });
        let (mut arrived, mut before) = (Vec::new(), Progress { bytes_total: total, ..Progress::default() });
        while let Some(Entry { name, content, read_bytes }) = entries.recv().await {
            let name = if name.is_empty() { request.name.clone() } else { format!("{}/{name}", request.name) };
            let one = match content {
                Ok(file) => {
                    let part = IngestRequest { name, path: file.path().to_owned(), ..request.clone() };
                    let latest = Arc::new(Mutex::new(Progress::default()));
                    let arrived = self.arrived(part, within(before, read_bytes, &latest, watch), watch).await?;
                    let latest = latest.lock().map(|latest| *latest).unwrap_or_default();
                    (before.logs, before.errors) = (before.logs + latest.logs, before.errors + latest.errors);
                    arrived
                }
                Err(reason) => {
                    let refused = Arrived::Refused(Refused { name, reason });
                    (watch.on_arrival)(&refused);
                    refused
                }
            };
            before.bytes_read = read_bytes;
            (watch.on_progress)(before);
            arrived.push(one);
        }
        unpacking.await.map_err(|error| in_file(io::Error::other(error)))?.map_err(in_file)?;
        Ok(arrived)
    }

    async fn arrived(&self, request: IngestRequest, on_progress: OnProgress, watch: &Watch) -> Result<Arrived, IngestError> {
        let name = request.name.clone();
        let done = self.ingest_file(request, on_progress).await?;
        let noted = audit::record(self, Deed::new(AuditAction::FileUpload, done.file.id).after(&name)).await;
        noted.map_err(|source| IngestError::Store { name, source })?;
        let arrived = Arrived::File(Box::new(done));
        (watch.on_arrival)(&arrived);
        Ok(arrived)
    }
}

/// Tells how far the archive is while one of its files is being ingested: the file stands for the bytes up to `end`.
fn within(before: Progress, end: u64, latest: &Arc<Mutex<Progress>>, watch: &Watch) -> OnProgress {
    let (latest, on_progress) = (latest.clone(), watch.on_progress.clone());
    Arc::new(move |of_file| {
        if let Ok(mut latest) = latest.lock() {
            *latest = of_file;
        }
        let share = end.saturating_sub(before.bytes_read);
        let done = u128::from(share) * u128::from(of_file.bytes_read) / u128::from(of_file.bytes_total.max(1));
        on_progress(Progress {
            file: of_file.file,
            bytes_read: before.bytes_read + u64::try_from(done).unwrap_or(share).min(share),
            bytes_total: before.bytes_total,
            logs: before.logs + of_file.logs,
            errors: before.errors + of_file.errors,
        });
    })
}
