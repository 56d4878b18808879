//! Uploading a file: it is streamed to disk, then ingested in the background while the page shows how far it is.

use std::{
    collections::HashMap,
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use askama::Template;
use futures_util::TryStreamExt;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    error::{PageError, page, see},
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
/// Bytes of the form beside the file.
const MAX_FIELDS: u64 = 64 << 10;
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

#[derive(Debug, Clone, Default)]
struct Upload {
    user: String,
    name: String,
    progress: Progress,
    /// Address of the result, or what went wrong.
    done: Option<Result<String, String>>,
}

impl Uploads {
    fn update(&self, token: &str, change: impl FnOnce(&mut Upload)) {
        let mut uploads = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if uploads.len() > REMEMBERED {
            uploads.retain(|_, upload| upload.done.is_none());
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
}

/// `GET /upload`; expert analysts.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let branches = services.store.list_branches().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    page(&viewer.frame.clone(), &Page { frame: viewer.frame, branches })
}

/// `POST /upload`; expert analysts. The fields `csrf` and `branch` come before the file.
pub(super) async fn submit(
    viewer: Viewer,
    request: HttpRequest,
    services: web::Data<Services>,
    uploads: web::Data<Uploads>,
    mut form: Multipart,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let invalid = |key: &str| PageError::Invalid(viewer.frame.clone(), viewer.frame.t(key));
    let failed = |error: anyhow::Error| PageError::failed(viewer.frame.clone(), error);
    let limit = services.config.server.max_upload_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit.saturating_add(MAX_FIELDS)) {
        return Err(PageError::TooLarge(viewer.frame));
    }
    let (mut csrf, mut branch, mut new_branch) = (String::new(), String::new(), String::new());
    let mut received = None;
    while let Some(mut field) = form.try_next().await.map_err(|_| invalid("upload.broken"))? {
        match field.name().unwrap_or_default() {
            "file" => {
                viewer.check_csrf(&csrf)?;
                let name = field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default();
                let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
                let folder = services.spool_dir();
                let made = std::fs::create_dir_all(&folder).and_then(|()| tempfile::NamedTempFile::new_in(&folder));
                let mut file = made.map_err(|error| failed(error.into()))?;
                let mut size = 0_u64;
                while let Some(chunk) = field.try_next().await.map_err(|_| invalid("upload.broken"))? {
                    size += chunk.len() as u64;
                    if size > limit {
                        return Err(PageError::TooLarge(viewer.frame));
                    }
                    // Writing a block to a local file is shorter than handing it to another thread.
                    file.write_all(&chunk).map_err(|error| failed(error.into()))?;
                }
                received = Some((name, file));
            }
            name @ ("csrf" | "branch" | "new_branch") => {
                let to = match name {
                    "csrf" => &mut csrf,
                    "branch" => &mut branch,
                    _ => &mut new_branch,
                };
                while let Some(chunk) = field.try_next().await.map_err(|_| invalid("upload.broken"))? {
                    if to.len() + chunk.len() > 4096 {
                        return Err(invalid("upload.broken"));
                    }
                    to.push_str(&String::from_utf8_lossy(&chunk));
                }
            }
            _ => {}
        }
    }
    viewer.check_csrf(&csrf)?;
    let Some((name, file)) = received.filter(|(name, _)| !name.is_empty()) else { return Err(invalid("upload.no_file")) };
    let code = if new_branch.trim().is_empty() { branch } else { new_branch };
    let branch: BranchCode =
        code.trim().parse().map_err(|error: crate::domain::BranchCodeError| PageError::Invalid(viewer.frame.clone(), error.to_string()))?;
    let token = sign_in::new_secret().map_err(|error| failed(error.into()))?;
    uploads.update(&token, |upload| (upload.user, upload.name) = (viewer.user.name.clone(), name.clone()));
    let request =
        IngestRequest { branch, name, path: file.path().to_owned(), format: FormatChoice::Auto, uploaded_by: viewer.user.name.clone() };
    let (services, uploads, own) = (services.into_inner(), uploads.into_inner(), token.clone());
    tokio::spawn(async move {
        let turn = uploads.turns.acquire().await;
        let (shown, key) = (uploads.clone(), own.clone());
        let on_progress = Arc::new(move |progress| shown.update(&key, |upload| upload.progress = progress));
        let done = match services.ingest_file(request, on_progress).await {
            Ok(done) => Ok(format!("/files/{}{}", done.file.id, if done.again { "?again=1" } else { "" })),
            Err(error) => Err(error.to_string()),
        };
        drop((turn, file));
        uploads.update(&own, |upload| upload.done = Some(done));
    });
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
    logs: i64,
    errors: i64,
    problem: Option<String>,
}

/// `GET /uploads/{token}`; whoever uploaded it.
pub(super) async fn follow(viewer: Viewer, uploads: web::Data<Uploads>, token: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Some(upload) = uploads.find(&token, &viewer.user.name) else { return Err(PageError::NotFound(viewer.frame)) };
    let problem = match upload.done {
        Some(Ok(address)) => return Ok(see(&address)),
        Some(Err(problem)) => Some(problem),
        None => None,
    };
    let template = Following {
        frame: viewer.frame,
        token: token.into_inner(),
        name: upload.name,
        percent: percent(upload.progress),
        logs: upload.progress.logs as i64,
        errors: upload.progress.errors as i64,
        problem,
    };
    page(&template.frame, &template)
}

/// `GET /uploads/{token}/progress`; whoever uploaded it.
pub(super) async fn progress(viewer: Viewer, uploads: web::Data<Uploads>, token: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Some(upload) = uploads.find(&token, &viewer.user.name) else { return Err(PageError::NotFound(viewer.frame)) };
    let progress = upload.progress;
    Ok(HttpResponse::Ok().json(json!({
        "percent": percent(progress), "logs": progress.logs, "errors": progress.errors, "done": upload.done.is_some(),
    })))
}

fn percent(progress: Progress) -> u64 {
    (progress.bytes_read * 100 / progress.bytes_total.max(1)).min(100)
}
