//! Files: what was uploaded and what came of it; an upload is streamed to disk, then ingested, then answered.

use std::time::{Duration, Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json, Path, Payload},
};
use futures_util::TryStreamExt;
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Limit, missing},
    pace::Pace,
    schema::{Moment, shape},
    spooling::Spooling,
    uploads,
    words::Id,
};
use crate::{
    domain::{BranchCode, FileOutcome, FileState, KnownErrorId, LogFile, LogFileId, ParseCounts},
    parse::FormatChoice,
    usecase::{
        Arrived, IngestRequest, Services, Watch, audit,
        remove::{self, Refused},
    },
};

/// Files of an archive that an answer names.
const PARTS: usize = 1000;
/// Known errors and groups that a file names.
const NAMED: usize = 200;
/// Uploads received or ingested at a time; the others are asked to wait.
static TURNS: Semaphore = Semaphore::const_new(2);

shape! {
    /// Which files.
    FilesAsked {
        /// At most this many, 1 to 1000; 50 where nothing is said.
        limit: Option<Limit<1000>>,
    }
    /// The latest files, newest first.
    Files {
        /// The files.
        files: Vec<FileShape>,
    }
    /// One uploaded file.
    FileShape {
        /// Its identifier.
        id: Id,
        /// The branch that sent it.
        branch: BranchCode,
        /// Its name, without folders.
        name: String,
        /// BLAKE3 of the bytes as received.
        content_hash: String,
        /// Bytes as received.
        size_bytes: i64,
        /// The format it was read as.
        format: String,
        /// The encoding it was read in.
        encoding: String,
        /// Where processing stands.
        state: FileState,
        /// What went wrong with the file as a whole.
        message: Option<String>,
        /// Who or what sent it.
        uploaded_by: String,
        /// When processing began.
        created_at: Moment,
        /// When it ended.
        finished_at: Option<Moment>,
        /// What the parser found.
        counts: CountsShape,
        /// What storing led to.
        outcome: OutcomeShape,
    }
    /// What the parser found in a file.
    CountsShape {
        /// Records.
        records: i64,
        /// Logs that the records make.
        logs: i64,
        /// Logs with both halves.
        complete: i64,
        /// Logs without a response.
        request_only: i64,
        /// Logs without a request.
        response_only: i64,
        /// Records whose header or body is damaged.
        malformed: i64,
        /// Lines that belong to no record.
        foreign_lines: i64,
        /// Logs that carry an error.
        errors: i64,
        /// Bytes read, after decompression.
        bytes: i64,
    }
    /// What storing a file led to.
    OutcomeShape {
        /// Logs that this file brought.
        new_logs: i64,
        /// Its Logs that belong to Logs of other files.
        joined_logs: i64,
        /// Its errors that the knowledge base knows.
        errors_known: i64,
        /// Its errors that the knowledge base does not know.
        errors_unknown: i64,
        /// Groups of unknown errors first found in this file.
        groups_new: i64,
        /// Groups of unknown errors in this file that were seen before.
        groups_seen: i64,
        /// Pieces kept in quarantine.
        quarantined: i64,
        /// Messages that were lost where nothing is acknowledged.
        lost: i64,
        /// Of the joined Logs, those that waited for the half that this file brought.
        completed_logs: i64,
    }
    /// A file with its errors.
    FileDetails {
        /// The file.
        file: FileShape,
        /// Its known errors, most first; the first 200.
        known: Vec<KnownTally>,
        /// Its unknown errors by group, most first; the first 200.
        unknown: Vec<UnknownTally>,
    }
    /// How often a known error occurs in a file.
    KnownTally {
        /// The known error.
        known_error_id: KnownErrorId,
        /// Number of Logs.
        count: i64,
    }
    /// How often a group of unknown errors occurs in a file.
    UnknownTally {
        /// The group.
        group_id: Id,
        /// Number of Logs.
        count: i64,
    }
    /// Where an upload belongs.
    UploadAsked {
        /// The branch.
        branch: BranchCode,
        /// The file's name, for people.
        name: Option<String>,
        /// A name of the caller's choice, 1 to 64 letters, digits, `-` and `_`: under it `/api/v1/uploads/{name}` tells how far it is.
        upload: Option<String>,
    }
    /// What came of an upload.
    Uploaded {
        /// The file; of an archive the first one that was ingested.
        file: Option<FileShape>,
        /// All of it was uploaded before; nothing was done.
        again: bool,
        /// Of an archive: its files that were ingested, in their order; the first 1000.
        files: Vec<FileShape>,
        /// Of an archive: its files that could not be, in their order; the first 1000.
        refused: Vec<RefusedShape>,
    }
    /// A file of an archive that could not be ingested.
    RefusedShape {
        /// The archive's name and the file's in it.
        name: String,
        /// Why.
        reason: String,
    }
    /// What went with a file.
    RemovedShape {
        /// Logs that only it had given.
        n_logs: i64,
        /// Logs that lost the half that only it had given.
        n_halved: i64,
    }
}

impl From<ParseCounts> for CountsShape {
    fn from(counts: ParseCounts) -> Self {
        let ParseCounts { records, logs, complete, request_only, response_only, malformed, foreign_lines, errors, bytes } = counts;
        Self { records, logs, complete, request_only, response_only, malformed, foreign_lines, errors, bytes }
    }
}

impl From<FileOutcome> for OutcomeShape {
    fn from(outcome: FileOutcome) -> Self {
        let FileOutcome {
            new_logs,
            joined_logs,
            errors_known,
            errors_unknown,
            groups_new,
            groups_seen,
            quarantined,
            completed_logs,
            lost,
            ..
        } = outcome;
        Self { new_logs, joined_logs, errors_known, errors_unknown, groups_new, groups_seen, quarantined, completed_logs, lost }
    }
}

impl From<LogFile> for FileShape {
    fn from(file: LogFile) -> Self {
        Self {
            id: Id::of(file.id),
            branch: file.branch,
            name: file.name,
            content_hash: file.content_hash,
            size_bytes: file.size_bytes,
            format: file.format,
            encoding: file.encoding,
            state: file.state,
            message: file.message,
            uploaded_by: file.uploaded_by,
            created_at: Moment(file.created_at),
            finished_at: file.finished_at.map(Moment),
            counts: file.counts.into(),
            outcome: file.outcome.into(),
        }
    }
}

/// `GET /api/v1/files`.
pub(super) async fn list(caller: Caller, services: Data<Services>, Asked(asked): Asked<FilesAsked>) -> Result<Json<Files>, ApiError> {
    let files = caller.reads(&services).list_log_files(input::limit(asked.limit)).await?;
    Ok(Json(Files { files: files.into_iter().map(FileShape::from).collect() }))
}

/// `GET /api/v1/files/{id}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<FileDetails>, ApiError> {
    let id: LogFileId = input::id(&id)?;
    let reads = caller.reads(&services);
    let file = reads.find_log_file(&id).await?.ok_or_else(missing)?;
    let tally = reads.tally_log_file(&id).await?.ok_or_else(missing)?;
    let known = tally.known.into_iter().take(NAMED).map(|(known_error_id, count)| KnownTally { known_error_id, count });
    let unknown = tally.unknown.into_iter().take(NAMED).map(|(group, count)| UnknownTally { group_id: Id::of(group), count });
    Ok(Json(FileDetails { file: file.into(), known: known.collect(), unknown: unknown.collect() }))
}

/// `POST /api/v1/files`: the body is the file, plain or compressed, or an archive of files.
pub(super) async fn upload(
    caller: Caller,
    request: HttpRequest,
    services: Data<Services>,
    Asked(asked): Asked<UploadAsked>,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let Ok(_turn) = TURNS.try_acquire() else {
        return Err(ApiError::new(Code::TooManyRequests, "other uploads are under way").retry_after(10));
    };
    let upload = asked.upload.as_deref().map(uploads::named).transpose()?;
    let file = received(&services, body, input::patience(&request)).await?;
    let size = file.as_file().metadata().map_or(0, |data| data.len());
    let following = upload.map(|upload| services.uploads.begin(&caller.user.name, upload, size));
    let watch = following.as_ref().map_or_else(Watch::nobody, |following| following.watch());
    let given = asked.name.unwrap_or_default();
    let name: String = given.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
    let name = if name.is_empty() { "upload.log".to_owned() } else { name };
    let uploaded_by = caller.user.name.clone();
    let ingest = IngestRequest { branch: asked.branch, name, path: file.path().to_owned(), format: FormatChoice::Auto, uploaded_by };
    let arrived = services.ingest_upload(ingest, &watch).await.map_err(ApiError::failed)?;
    let answer = uploaded(arrived);
    Ok(if answer.again { HttpResponse::Ok().json(answer) } else { HttpResponse::Created().json(answer) })
}

/// What came of a file, or of the files of an archive.
fn uploaded(arrived: Vec<Arrived>) -> Uploaded {
    let is_archive = !matches!(arrived.as_slice(), [Arrived::File(_)]);
    let mut answer = Uploaded { file: None, again: true, files: Vec::new(), refused: Vec::new() };
    for one in arrived {
        match one {
            Arrived::File(done) => {
                answer.again &= done.again;
                let file = FileShape::from(done.file);
                if is_archive && answer.files.len() < PARTS {
                    answer.files.push(file.clone());
                }
                answer.file.get_or_insert(file);
            }
            Arrived::Refused(refused) => {
                answer.again = false;
                if answer.refused.len() < PARTS {
                    answer.refused.push(RefusedShape { name: refused.name, reason: refused.reason.to_string() });
                }
            }
        }
    }
    answer
}

/// `DELETE /api/v1/files/{id}`.
pub(super) async fn delete(services: Data<Services>, id: Path<String>) -> Result<Json<RemovedShape>, ApiError> {
    let (services, id) = (services.into_inner(), input::id(&id)?);
    // On a task of its own: a program that goes away does not leave it half done.
    let removing = audit::spawn(async move { remove::remove(&services, &id).await });
    match removing.await.map_err(ApiError::failed)?? {
        Ok(removed) => {
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            Ok(Json(RemovedShape { n_logs: count(removed.n_logs), n_halved: count(removed.n_halved) }))
        }
        Err(Refused::Missing) => Err(missing()),
        Err(Refused::Processing) => Err(ApiError::new(Code::Conflict, "the file is being read")),
    }
}

/// The body in a file of the spool folder, which is removed when the value is dropped.
async fn received(services: &Services, mut body: Payload, patience: Duration) -> Result<NamedTempFile, ApiError> {
    let (mut file, mut pace) = (Spooling::new(services.spool_dir(), 0), Pace::new(patience));
    loop {
        let chunk = tokio::time::timeout_at(pace.deadline(Instant::now()).into(), body.try_next()).await;
        let chunk = chunk.map_err(|_| ApiError::new(Code::TimedOut, "the file did not arrive in time"))?;
        let Some(chunk) = chunk.map_err(|_| ApiError::new(Code::Malformed, "the file broke off"))? else { break };
        pace.received(chunk.len());
        if file.size() + chunk.len() as u64 > services.config.server.max_upload_bytes {
            return Err(ApiError::new(Code::TooLarge, format!("a file has at most {} bytes", services.config.server.max_upload_bytes)));
        }
        file.add(&chunk).await.map_err(ApiError::failed)?;
    }
    if file.size() == 0 {
        Err(ApiError::new(Code::Invalid, "the file is empty"))
    } else {
        file.end_as_file().await.map_err(ApiError::failed)
    }
}
