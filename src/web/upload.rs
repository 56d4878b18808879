//! Uploading files: they are streamed to disk, then ingested in the background while the page shows how far each is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    error::{PageError, page, see},
    receive::receive,
    session::{Frame, Viewer},
    upload_found::{self, Found},
    upload_parts::{self, Parts},
};
use crate::{
    domain::{Branch, BranchCode, LogFileId, Role},
    parse::FormatChoice,
    usecase::{Arrived, IngestRequest, Progress, Services, Watch, audit, sign_in},
};

/// Uploads remembered; the oldest finished ones are forgotten.
const REMEMBERED: usize = 200;
/// Files ingested at a time; the others wait for their turn.
const MAX_AT_ONCE: usize = 2;
/// What is said of an archive without files.
const EMPTY_ARCHIVE: &str = "the archive holds no file";

/// Uploads under way and lately finished, by token.
pub(super) struct Uploads {
    by_token: Mutex<Remembered>,
    turns: Semaphore,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { by_token: Mutex::default(), turns: Semaphore::new(MAX_AT_ONCE) }
    }
}

#[derive(Debug, Default)]
struct Remembered {
    uploads: HashMap<String, Upload>,
    /// Number of the next one.
    next: u64,
}

impl Remembered {
    /// Remembers an upload; where there are many, the oldest that is finished is forgotten.
    fn begin(&mut self, token: &str, upload: Upload) {
        if self.uploads.len() >= REMEMBERED {
            let finished = self.uploads.iter().filter(|(_, upload)| upload.is_done());
            if let Some(oldest) = finished.min_by_key(|(_, upload)| upload.number).map(|(token, _)| token.clone()) {
                self.uploads.remove(&oldest);
            }
        }
        self.uploads.insert(token.to_owned(), Upload { number: self.next, ..upload });
        self.next += 1;
    }
}

/// Files that were sent together.
#[derive(Debug, Clone, Default)]
struct Upload {
    /// Its place among all uploads since the server was started.
    number: u64,
    user: String,
    files: Vec<Item>,
}

#[derive(Debug, Clone, Default)]
struct Item {
    name: String,
    progress: Progress,
    /// The files of an archive.
    parts: Parts,
    /// Address of the result of a single file, or what went wrong.
    done: Option<Result<Option<String>, String>>,
}

impl Upload {
    fn is_done(&self) -> bool {
        self.files.iter().all(|file| file.done.is_some())
    }

    /// How far they are, all together.
    fn progress(&self) -> Progress {
        self.files.iter().fold(Progress::default(), |sum, file| Progress {
            file: None,
            bytes_read: sum.bytes_read + file.progress.bytes_read,
            bytes_total: sum.bytes_total + file.progress.bytes_total,
            logs: sum.logs + file.progress.logs,
            errors: sum.errors + file.progress.errors,
        })
    }
}

impl Uploads {
    fn update_file(&self, token: &str, index: usize, change: impl FnOnce(&mut Item)) {
        let mut remembered = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = remembered.uploads.get_mut(token).and_then(|upload| upload.files.get_mut(index)) {
            change(file);
        }
    }

    fn begin(&self, token: &str, user: &str, files: Vec<Item>) {
        let upload = Upload { user: user.to_owned(), files, ..Upload::default() };
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner).begin(token, upload);
    }

    /// Shows work on one file as an upload is shown.
    pub(super) fn begin_one(&self, token: &str, user: &str, name: &str, bytes_total: u64) {
        let file = Item { name: name.to_owned(), progress: Progress { bytes_total, ..Progress::default() }, ..Item::default() };
        self.begin(token, user, vec![file]);
    }

    /// How far it is.
    pub(super) fn show_one(&self, token: &str, progress: Progress) {
        self.update_file(token, 0, |file| file.progress = progress);
    }

    /// Where its result is, or what went wrong.
    pub(super) fn end_one(&self, token: &str, done: Result<String, String>) {
        self.update_file(token, 0, |file| file.done = Some(done.map(Some)));
    }

    fn find(&self, token: &str, user: &str) -> Option<Upload> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner).uploads.get(token).filter(|upload| upload.user == user).cloned()
    }
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Page {
    frame: Frame,
    branches: Vec<Branch>,
    /// Largest file, in bytes.
    limit: u64,
    megabytes: String,
}

/// `GET /upload`; expert analysts.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let branches = viewer.reads(&services).list_branches().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let limit = services.config.server.max_upload_bytes;
    let template = Page { frame: viewer.frame, branches, limit, megabytes: (limit >> 20).to_string() };
    page(&template.frame, &template)
}

/// `POST /upload`; expert analysts.
pub(super) async fn submit(
    viewer: Viewer,
    request: HttpRequest,
    services: web::Data<Services>,
    uploads: web::Data<Uploads>,
    form: Multipart,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let received = receive(&viewer, &services, &request, form).await?;
    let branch = received.branch().parse();
    let branch: BranchCode = branch.map_err(|_| PageError::Invalid(viewer.frame.clone(), viewer.frame.t("upload.no_branch")))?;
    if received.files.is_empty() {
        return Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("upload.no_file")));
    }
    let token = sign_in::new_secret().map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let size = |file: &tempfile::NamedTempFile| file.as_file().metadata().map_or(0, |data| data.len());
    let item = |(name, file): &(String, tempfile::NamedTempFile)| Item {
        name: name.clone(),
        progress: Progress { bytes_total: size(file), ..Progress::default() },
        ..Item::default()
    };
    let files = received.files.iter().map(item).collect();
    uploads.begin(&token, &viewer.user.name, files);
    let (services, uploads) = (services.into_inner(), uploads.into_inner());
    for (index, (name, file)) in received.files.into_iter().enumerate() {
        let request = IngestRequest {
            branch: branch.clone(),
            name,
            path: file.path().to_owned(),
            format: FormatChoice::Auto,
            uploaded_by: viewer.user.name.clone(),
        };
        let (services, uploads, own) = (services.clone(), uploads.clone(), token.clone());
        // On a task of its own: a browser that goes away does not stop it.
        audit::spawn(async move {
            let turn = uploads.turns.acquire().await;
            let done = match services.ingest_upload(request, &watch(&uploads, &own, index)).await {
                Ok(arrived) => match arrived.as_slice() {
                    [] => Err(EMPTY_ARCHIVE.to_owned()),
                    [file @ Arrived::File(_)] => Ok(upload_parts::address(file)),
                    _ => Ok(None),
                },
                Err(error) => Err(error.to_string()),
            };
            drop((turn, file));
            uploads.update_file(&own, index, |file| file.done = Some(done));
        });
    }
    Ok(see(&format!("/uploads/{token}")))
}

/// Shows on the page of the upload what happens to one of its files.
fn watch(uploads: &Arc<Uploads>, token: &str, index: usize) -> Watch {
    let (of_progress, of_parts) = ((uploads.clone(), token.to_owned()), (uploads.clone(), token.to_owned()));
    Watch {
        on_progress: Arc::new(move |progress| of_progress.0.update_file(&of_progress.1, index, |file| file.progress = progress)),
        on_arrival: Arc::new(move |arrived| of_parts.0.update_file(&of_parts.1, index, |file| file.parts.add(arrived))),
    }
}

#[derive(Template)]
#[template(path = "progress.html")]
struct Following {
    frame: Frame,
    token: String,
    name: String,
    percent: u64,
    /// Bytes read.
    bytes: u64,
    logs: u64,
    errors: u64,
    files: Vec<Followed>,
    /// Errors found in the files that are being read.
    found: Found,
    /// There is more to tell than of a single file.
    has_table: bool,
    is_done: bool,
}

/// How far one file is.
struct Followed {
    name: String,
    percent: u64,
    /// Bytes read.
    bytes: u64,
    logs: u64,
    errors: u64,
    /// Address of the result.
    result: Option<String>,
    problem: Option<String>,
    /// Of an archive: what became of its files.
    parts: Option<Parts>,
}

impl Followed {
    fn of(file: &Item) -> Self {
        let (result, problem) = match &file.done {
            Some(Ok(address)) => (address.clone(), None),
            Some(Err(problem)) => (None, Some(problem.clone())),
            None => (None, None),
        };
        let Progress { bytes_read, logs, errors, .. } = file.progress;
        let is_archive = result.is_none() && file.parts.n_shown() > 0;
        let parts = is_archive.then(|| file.parts.clone());
        Self { name: file.name.clone(), percent: percent(file.progress), bytes: bytes_read, logs, errors, result, problem, parts }
    }
}

/// `GET /uploads/{token}`; whoever uploaded it.
pub(super) async fn follow(
    viewer: Viewer,
    services: web::Data<Services>,
    uploads: web::Data<Uploads>,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let Some(upload) = uploads.find(&token, &viewer.user.name) else { return Err(PageError::NotFound(viewer.frame)) };
    if let [Item { done: Some(Ok(Some(address))), .. }] = upload.files.as_slice() {
        return Ok(see(address));
    }
    let progress = upload.progress();
    let name = match upload.files.as_slice() {
        [only] => only.name.clone(),
        files => viewer.frame.say("upload.files", &[("n", &files.len().to_string())]),
    };
    let reading: Vec<LogFileId> = upload.files.iter().filter(|file| file.done.is_none()).filter_map(|file| file.progress.file).collect();
    let found = upload_found::found((&services, &viewer.reads(&services)), &reading)
        .await
        .map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let files: Vec<Followed> = upload.files.iter().map(Followed::of).collect();
    let template = Following {
        found,
        frame: viewer.frame,
        token: token.into_inner(),
        name,
        percent: percent(progress),
        bytes: progress.bytes_read,
        logs: progress.logs,
        errors: progress.errors,
        is_done: upload.is_done(),
        has_table: files.len() > 1 || files.iter().any(|file| file.parts.is_some()),
        files,
    };
    page(&template.frame, &template)
}

/// `GET /uploads/{token}/progress`; whoever uploaded it.
pub(super) async fn progress(viewer: Viewer, uploads: web::Data<Uploads>, token: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Some(upload) = uploads.find(&token, &viewer.user.name) else { return Err(PageError::NotFound(viewer.frame)) };
    let progress = upload.progress();
    let file = |file: &Followed| json!({ "percent": file.percent, "bytes": file.bytes, "logs": file.logs, "errors": file.errors });
    let files: Vec<_> = upload.files.iter().map(Followed::of).collect();
    Ok(HttpResponse::Ok().json(json!({
        "percent": percent(progress), "bytes": progress.bytes_read, "logs": progress.logs, "errors": progress.errors, "done": upload.is_done(),
        "rows": files.len() + files.iter().filter_map(|file| file.parts.as_ref()).map(Parts::n_shown).sum::<usize>(),
        "files": files.iter().map(file).collect::<Vec<_>>(), "finished": upload.files.iter().filter(|file| file.done.is_some()).count(),
    })))
}

fn percent(progress: Progress) -> u64 {
    (progress.bytes_read * 100 / progress.bytes_total.max(1)).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_uploads_the_oldest_finished_one_is_forgotten() {
        let uploads = Uploads::default();
        for n in 0..=REMEMBERED {
            uploads.begin_one(&n.to_string(), "olena", "a.log", 1);
            // The first one is still being read.
            if n > 0 {
                uploads.end_one(&n.to_string(), Ok(String::new()));
            }
        }
        let is_there = |n: usize| uploads.find(&n.to_string(), "olena").is_some();
        assert_eq!([0, 1, 2, REMEMBERED].map(is_there), [true, false, true, true]);
        uploads.end_one("1", Ok(String::new()));
        assert!(!is_there(1));
    }
}
