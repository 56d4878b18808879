//! Ingest: a file is parsed, its errors found, recognised or grouped, and stored; all of it may run twice with one effect.
//!
//! A blocking thread reads and judges (`reader`), this task writes; between them stands a short queue, so that memory is bounded and
//! both cores work. What the file led to is counted from the store at the end (`finish`).

mod agreed;
pub mod archive;
pub mod arrivals;
mod finish;
pub(crate) mod poison;
pub mod posts;
pub mod problems;
mod reader;
mod reading;
pub mod replay;
mod settings;

pub use settings::{Unusable, unusable};

use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc, time::Duration};

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    retry::retry,
};
use crate::{
    domain::{
        Branch, BranchCode, DateOrder, EncodedLog, FileOutcome, FileState, KnownErrorId, LogFile, LogFileId, ParseCounts, Problem,
        PropertyDelta, Stretch,
    },
    parse::{FormatChoice, Whole},
    store,
};
use agreed::{Amended, Open};
use finish::Stored;
use posts::Posts;
use problems::Problems;

/// A file to ingest.
#[derive(Debug, Clone)]
pub struct IngestRequest {
    /// The branch that sent it.
    pub branch: BranchCode,
    /// Its name for people.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
    /// Its format; found out where none is named.
    pub format: FormatChoice,
    /// Who or what sent it.
    pub uploaded_by: String,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The file that is being read.
    pub file: Option<LogFileId>,
    /// Bytes of the file read, as they lie on disk.
    pub bytes_read: u64,
    /// Its size.
    pub bytes_total: u64,
    /// Logs stored.
    pub logs: u64,
    /// Errors among them.
    pub errors: u64,
}

/// Called with the progress, often.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// What came of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// The name that it was sent under now.
    pub name: String,
    /// Its record.
    pub file: LogFile,
    /// It was ingested before; nothing was done.
    pub again: bool,
    /// What kind of file it was; `None` where nothing was read.
    pub whole: Option<Whole>,
    /// What is to be said of it as a whole.
    pub notes: Vec<Problem>,
    /// What is wrong with its records, and what of it went to quarantine.
    pub problems: Problems,
    /// Known errors in it; only those of Logs that it was the first to bring, where it came again.
    pub known: BTreeSet<KnownErrorId>,
}

/// Why a file could not be ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// It cannot be read.
    #[error("{name}: cannot read it: {source}")]
    Io {
        /// The file's name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The store.
    #[error("{name}: {source}")]
    Store {
        /// The file's name.
        name: String,
        /// Why.
        source: store::Error,
    },
    /// What is kept of it cannot be read.
    #[error("{name}: {reason}")]
    Raw {
        /// The file's name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The branch's settings cannot be used.
    #[error("{name}: branch {branch}: {reason}")]
    Branch {
        /// The file's name.
        name: String,
        /// The branch.
        branch: BranchCode,
        /// What is wrong.
        reason: String,
    },
}

impl Services {
    /// Ingests a file.
    ///
    /// # Errors
    /// When it cannot be read, or the store fails for longer than it is waited for. What is wrong with the file's content is no
    /// error: it is in [`Ingested::notes`] and the file's state.
    pub async fn ingest_file(&self, request: IngestRequest, on_progress: OnProgress) -> Result<Ingested, IngestError> {
        self.ingest(request, None, on_progress, None).await
    }

    /// Ingests a file that is a post. Its Logs are on disk when this returns; groups and known errors are counted a moment later, as
    /// those of other posts are: counting takes the longer the more there is, and must not be done for each. `stretch` says where it stood before.
    ///
    /// # Errors
    /// As [`Services::ingest_file`].
    pub async fn ingest_posted(&self, request: IngestRequest, stretch: Option<Stretch>, posts: &Posts) -> Result<Ingested, IngestError> {
        self.ingest(request, stretch, Arc::new(|_| ()), Some(posts)).await
    }

    async fn ingest(
        &self,
        request: IngestRequest,
        stretch: Option<Stretch>,
        on_progress: OnProgress,
        later: Option<&Posts>,
    ) -> Result<Ingested, IngestError> {
        let name = request.name.clone();
        let in_store = |source| IngestError::Store { name: name.clone(), source };
        let in_file = |source| IngestError::Io { name: name.clone(), source };
        let patience = Duration::from_secs(self.config.store.retry_seconds);
        let store = self.store.as_ref();

        let path = request.path.clone();
        let (content_hash, size) =
            tokio::task::spawn_blocking(move || hash(&path)).await.map_err(|e| in_file(io::Error::other(e)))?.map_err(in_file)?;
        let id = LogFileId::of(&request.branch, &content_hash, stretch.as_ref());
        let before = retry(patience, "look for the file", || store.find_log_file(&id)).await.map_err(in_store)?;
        if let Some(file) = before.as_ref().filter(|file| file.state != FileState::Processing || file.is_uncounted()) {
            // It may not be kept any more.
            self.keep_raw(&id, &request.path).await;
            let tally = retry(patience, "count the file's errors", || store.tally_log_file(&id)).await.map_err(in_store)?;
            let known = tally.known.into_iter().map(|(id, _)| id).collect();
            let (name, file, problems) = (request.name, file.clone(), Problems::default());
            return Ok(Ingested { name, file, again: true, whole: None, notes: Vec::new(), problems, known });
        }
        let file = LogFile {
            id,
            branch: request.branch.clone(),
            name: request.name.clone(),
            content_hash,
            size_bytes: i64::try_from(size).unwrap_or(i64::MAX),
            format: String::new(),
            encoding: String::new(),
            state: FileState::Processing,
            message: None,
            uploaded_by: request.uploaded_by.clone(),
            created_at: before.as_ref().map_or_else(DateTime::now, |file| file.created_at),
            finished_at: None,
            counts: ParseCounts::default(),
            outcome: FileOutcome::default(),
            stretch,
        };
        retry(patience, "register the file", || store.save_log_file(&file)).await.map_err(in_store)?;
        self.keep_raw(&file.id, &request.path).await;
        self.read_file(request, file, before.is_some(), on_progress, later).await
    }

    /// Reads a file that is registered, to its end; it is closed then, or, where posts are given, by them a moment later. `begun` says that
    /// somebody did before and may have stored some of it.
    pub(super) async fn read_file(
        &self,
        request: IngestRequest,
        mut file: LogFile,
        begun: bool,
        on_progress: OnProgress,
        later: Option<&Posts>,
    ) -> Result<Ingested, IngestError> {
        let in_store = |source| IngestError::Store { name: request.name.clone(), source };
        let in_file = |source| IngestError::Io { name: request.name.clone(), source };
        let patience = Duration::from_secs(self.config.store.retry_seconds);
        let store = self.store.as_ref();
        let mut reading = self.begin_reading(&request, &file).await?;
        let (mut stored, mut amended) = (Stored::new(begun), Amended::default());
        let bytes_total = u64::try_from(file.size_bytes).unwrap_or_default();
        let mut progress = Progress { file: Some(file.id), bytes_total, ..Progress::default() };
        while let Some(mut batch) = reading.batches.recv().await {
            let mut open = Open::new(file.id, &mut batch);
            self.agree_on(std::slice::from_mut(&mut open), patience).await.map_err(in_store)?;
            amended.add(open.amended);
            if !batch.groups.is_empty() {
                let groups = self.groups.described(&batch.groups);
                retry(patience, "store error groups", || store.insert_log_errors(&groups)).await.map_err(in_store)?;
            }
            let logs: Arc<[EncodedLog]> = batch.logs.into();
            if !logs.is_empty() {
                let mut n_attempts = 0;
                let attempt = || {
                    n_attempts += 1;
                    store.insert_logs(&logs)
                };
                let outcomes = retry(patience, "store Logs", attempt).await.map_err(in_store)?;
                stored.add(&logs, &outcomes);
                if n_attempts > 1 {
                    stored.doubt();
                }
            }
            if !batch.quarantine.is_empty() {
                retry(patience, "store quarantined bytes", || store.insert_quarantined(&batch.quarantine)).await.map_err(in_store)?;
            }
            progress.logs += logs.len() as u64;
            progress.errors += batch.n_errors;
            progress.bytes_read = reading.bytes_read();
            on_progress(progress);
        }
        let version = reading.version;
        let mut finding = reading.end(&request.name).await?;
        amended.apply(&mut finding);
        if finding.report.whole == Whole::ProgramFault {
            let kept = self.quarantine_file(&file, &request.path, patience).await.map_err(in_store)?;
            if !kept.map_err(in_file)? {
                return Err(in_file(io::Error::other("the program failed on it, and its bytes are kept nowhere")));
            }
            finding.report.counts.bytes = file.size_bytes;
        }
        if file.state == FileState::Reprocessing {
            self.leave_counted(&mut finding.properties).await.map_err(in_store)?;
        }
        let counted_now = self.finish(&mut file, &finding, &stored, later.is_none(), patience).await.map_err(in_store)?;
        match later.filter(|_| !counted_now) {
            Some(posts) => posts.count_later(&file, &finding, version),
            None => self.judge_again_since(version, patience).await.map_err(in_store)?,
        }
        progress.bytes_read = progress.bytes_total;
        on_progress(progress);
        Ok(Ingested {
            name: request.name,
            file,
            again: false,
            whole: Some(finding.report.whole),
            notes: finding.report.notes,
            problems: finding.problems,
            known: finding.known,
        })
    }

    /// Leaves the properties that are in the catalogue: a file that is read again was counted in it.
    async fn leave_counted(&self, properties: &mut Vec<PropertyDelta>) -> store::Result<()> {
        let stored = self.store.list_log_queries().await?;
        let counted: BTreeSet<&str> = stored.iter().map(|property| property.path.as_str()).collect();
        properties.retain(|property| !counted.contains(property.path.as_str()));
        Ok(())
    }

    /// The branch, registered with what can be assumed of it where it is new.
    pub(super) async fn branch(&self, code: &BranchCode) -> store::Result<Branch> {
        if let Some(branch) = self.store.find_branch(code).await? {
            return Ok(branch);
        }
        let branch = Branch {
            code: code.clone(),
            name: code.to_string(),
            timezone: "UTC".to_owned(),
            encoding: None,
            date_order: DateOrder::Detect,
            created_at: DateTime::now(),
        };
        self.store.save_branch(&branch).await?;
        audit::record(self, Deed::new(AuditAction::BranchSave, code).after(&branch)).await?;
        Ok(branch)
    }
}

/// BLAKE3 and size of a file.
fn hash(path: &std::path::Path) -> io::Result<(String, u64)> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => return Ok((hasher.finalize().to_hex().to_string(), size)),
            Ok(n) => {
                hasher.update(buffer.get(..n).unwrap_or_default());
                size += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
