//! A file that is being read: its thread, and the batches that come from it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    IngestError, IngestRequest,
    reader::{Batch, Finding, Job},
};
use crate::{domain::LogFile, usecase::Services};

/// A file that is being read.
pub(in crate::usecase) struct InReading {
    /// What was read.
    pub(in crate::usecase) batches: mpsc::Receiver<Batch>,
    /// Version of the knowledge base that errors are judged by.
    pub(super) version: i64,
    bytes_read: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<Finding>>,
}

impl InReading {
    /// Bytes of the file read up to now.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// What was found in the file as a whole, when all batches are taken.
    pub(in crate::usecase) async fn end(self, name: &str) -> Result<Finding, IngestError> {
        let in_file = |source| IngestError::Io { name: name.to_owned(), source };
        self.thread.await.map_err(|error| in_file(io::Error::other(error)))?.map_err(in_file)
    }
}

impl Services {
    /// Begins to read a file by the knowledge, the groups and the branch's settings of now.
    pub(in crate::usecase) async fn begin_reading(&self, request: &IngestRequest, file: &LogFile) -> Result<InReading, IngestError> {
        self.job(request, file).await.map(|(job, batches)| self.begin(job, batches))
    }

    /// As [`Services::begin_reading`] for what will not be stored: what its errors teach of groups is nobody's but its own.
    pub(in crate::usecase) async fn begin_trial(&self, request: &IngestRequest, file: &LogFile) -> Result<InReading, IngestError> {
        self.job(request, file).await.map(|(job, batches)| self.begin(job.apart(), batches))
    }

    async fn job(&self, request: &IngestRequest, file: &LogFile) -> Result<(Job, mpsc::Receiver<Batch>), IngestError> {
        let in_store = |source| IngestError::Store { name: request.name.clone(), source };
        let store = self.store.as_ref();
        self.knowledge.refresh(store).await.map_err(in_store)?;
        self.groups.refresh(store).await.map_err(in_store)?;
        let branch = self.branch(&request.branch).await.map_err(in_store)?;
        Job::new(self, request, &branch, file)
    }

    fn begin(&self, job: Job, batches: mpsc::Receiver<Batch>) -> InReading {
        let (bytes_read, version) = (job.bytes_read.clone(), self.knowledge.version());
        InReading { batches, version, bytes_read, thread: tokio::task::spawn_blocking(move || job.run()) }
    }
}
