//! Uploading files: they are streamed to disk, then ingested in the background while the page shows how far each is.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
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
};
use crate::{
    domain::{Branch, BranchCode, Role},
    parse::FormatChoice,
    usecase::{IngestRequest, Progress, Services, sign_in},
};

/// Uploads remembered; the oldest finished ones are forgotten.
const REMEMBERED: usize = 200;
/// Files ingested at a time; the others wait for their turn.
const MAX_AT_ONCE: usize = 2;
/// A file this old in the spool folder was left by a server that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// Uploads under way and lately finished, by token.
pub(super) struct Uploads {
    by_token: Mutex<HashMap<String, Upload>>,
    turns: Semaphore,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { by_token: Mutex::default(), turns: Semaphore::new(MAX_AT_ONCE) }
    }
}

/// Files that were sent together.
#[derive(Debug, Clone, Default)]
struct Upload {
    user: String,
    files: Vec<Item>,
}

#[derive(Debug, Clone, Default)]
struct Item {
    name: String,
    progress: Progress,
    /// Address of the result, or what went wrong.
    done: Option<Result<String, String>>,
}

impl Upload {
    fn is_done(&self) -> bool {
        self.files.iter().all(|file| file.done.is_some())
    }

    /// How far they are, all together.
    fn progress(&self) -> Progress {
        self.files.iter().fold(Progress::default(), |sum, file| Progress {
            bytes_read: sum.bytes_read + file.progress.bytes_read,
            bytes_total: sum.bytes_total + file.progress.bytes_total,
            logs: sum.logs + file.progress.logs,
            errors: sum.errors + file.progress.errors,
        })
    }
}

impl Uploads {
    fn update_file(&self, token: &str, index: usize, change: impl FnOnce(&mut Item)) {
        self.update(token, |upload| {
            if let Some(file) = upload.files.get_mut(index) {
                change(file);
            }
        });
    }

    fn update(&self, token: &str, change: impl FnOnce(&mut Upload)) {
        let mut uploads = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if uploads.len() > REMEMBERED {
            uploads.retain(|_, upload| !upload.is_done());
        }
        change(uploads.entry(token.to_owned()).or_default());
    }

    fn find(&self, token: &str, user: &str) -> Option<Upload> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner).get(token).filter(|upload| upload.user == user).cloned()
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
    let branches = services.store.list_branches().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
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
        done: None,
    };
    let files = received.files.iter().map(item).collect();
    uploads.update(&token, |upload| *upload = Upload { user: viewer.user.name.clone(), files });
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
        tokio::spawn(async move {
            let turn = uploads.turns.acquire().await;
            let (shown, key) = (uploads.clone(), own.clone());
            let on_progress = Arc::new(move |progress| shown.update_file(&key, index, |file| file.progress = progress));
            let done = match services.ingest_file(request, on_progress).await {
                Ok(done) => Ok(format!("/files/{}{}", done.file.id, if done.again { "?again=1" } else { "" })),
                Err(error) => Err(error.to_string()),
            };
            drop((turn, file));
            uploads.update_file(&own, index, |file| file.done = Some(done));
        });
    }
    Ok(see(&format!("/uploads/{token}")))
}

/// Removes what killed servers left in the spool folder.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_BEHIND)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "cannot remove an old upload");
        }
    }
}

#[derive(Template)]
#[template(path = "progress.html")]
struct Following {
    frame: Frame,
    token: String,
    name: String,
    percent: u64,
    logs: u64,
    errors: u64,
    files: Vec<Followed>,
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
}

impl Followed {
    fn of(file: &Item) -> Self {
        let (result, problem) = match &file.done {
            Some(Ok(address)) => (Some(address.clone()), None),
            Some(Err(problem)) => (None, Some(problem.clone())),
            None => (None, None),
        };
        let Progress { bytes_read, logs, errors, .. } = file.progress;
        Self { name: file.name.clone(), percent: percent(file.progress), bytes: bytes_read, logs, errors, result, problem }
    }
}

/// `GET /uploads/{token}`; whoever uploaded it.
pub(super) async fn follow(viewer: Viewer, uploads: web::Data<Uploads>, token: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Some(upload) = uploads.find(&token, &viewer.user.name) else { return Err(PageError::NotFound(viewer.frame)) };
    if let [Item { done: Some(Ok(address)), .. }] = upload.files.as_slice() {
        return Ok(see(address));
    }
    let progress = upload.progress();
    let name = match upload.files.as_slice() {
        [only] => only.name.clone(),
        files => viewer.frame.say("upload.files", &[("n", &files.len().to_string())]),
    };
    let template = Following {
        frame: viewer.frame,
        token: token.into_inner(),
        name,
        percent: percent(progress),
        logs: progress.logs,
        errors: progress.errors,
        is_done: upload.is_done(),
        files: upload.files.iter().map(Followed::of).collect(),
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
        "percent": percent(progress), "logs": progress.logs, "errors": progress.errors, "done": upload.is_done(),
        "files": files.iter().map(file).collect::<Vec<_>>(), "finished": upload.files.iter().filter(|file| file.done.is_some()).count(),
    })))
}

fn percent(progress: Progress) -> u64 {
    (progress.bytes_read * 100 / progress.bytes_total.max(1)).min(100)
}
