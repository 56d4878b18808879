//! Reading a file again: what that would change, and doing it.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{
    error::{PageError, page, see},
    form,
    session::{Frame, Viewer},
    upload::Uploads,
};
use crate::{
    domain::{LogFile, LogFileId, Role},
    parse::FormatChoice,
    usecase::{
        Services, audit,
        reprocess::{self, Preview, Refused},
        sign_in,
    },
};

/// A larger file is not read for a preview: nobody waits that long for a page.
const PREVIEWED: i64 = 256 << 20;
/// Previews made at a time.
static TURNS: Semaphore = Semaphore::const_new(1);

#[derive(Template)]
#[template(path = "reprocess.html")]
struct Page {
    frame: Frame,
    file: LogFile,
    /// Why it cannot be read again.
    refused: Option<String>,
    preview: Option<Preview>,
    /// What counts are called, what they are, what they would be.
    counts: Vec<(&'static str, i64, i64)>,
    keep_days: String,
}

/// `GET /files/{id}/reprocess`; expert analysts.
pub(super) async fn ask(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let file = find(&viewer, &services, &id).await?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (mut refused, mut found) = (None, None);
    if file.counts.bytes <= PREVIEWED {
        let _turn = TURNS.acquire().await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
        match reprocess::preview(&services, &file.id, FormatChoice::Auto).await.map_err(failed)? {
            Ok(preview) => found = Some(preview),
            Err(reason) => refused = Some(told(&viewer.frame, reason)),
        }
    }
    let counts = found.as_ref().map(counts).unwrap_or_default();
    let keep_days = services.config.raw.keep_days.to_string();
    let template = Page { file, refused, preview: found, counts, keep_days, frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct Fields {
    csrf: String,
}

/// `POST /files/{id}/reprocess`; expert analysts.
pub(super) async fn submit(
    viewer: Viewer,
    services: web::Data<Services>,
    uploads: web::Data<Uploads>,
    id: web::Path<String>,
    form::Form(form): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let file = find(&viewer, &services, &id).await?;
    let token = sign_in::new_secret().map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    uploads.begin_one(&token, &viewer.user.name, &file.name, u64::try_from(file.size_bytes).unwrap_or_default());
    let (services, uploads, own, frame) = (services.into_inner(), uploads.into_inner(), token.clone(), viewer.frame);
    // On a task of its own: a browser that goes away does not leave it half done.
    audit::spawn(async move {
        let (shown, key) = (uploads.clone(), own.clone());
        let on_progress = Arc::new(move |progress| shown.show_one(&key, progress));
        let done = match reprocess::reprocess(&services, &file.id, FormatChoice::Auto, on_progress).await {
            Ok(Ok(done)) => Ok(format!("/files/{}", done.file.id)),
            Ok(Err(refused)) => Err(told(&frame, refused)),
            Err(error) => Err(error.to_string()),
        };
        uploads.end_one(&own, done);
    });
    Ok(see(&format!("/uploads/{token}")))
}

async fn find(viewer: &Viewer, services: &Services, id: &str) -> Result<LogFile, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogFileId = id.parse().map_err(|_| missing())?;
    viewer.reads(services).find_log_file(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?.ok_or_else(missing)
}

/// Why a file is not read again, in the reader's language.
fn told(frame: &Frame, refused: Refused) -> String {
    frame.t(match refused {
        Refused::Missing => "reprocess.missing",
        Refused::Stream => "reprocess.stream",
        Refused::Busy => "reprocess.busy",
        Refused::NotKept => "reprocess.not_kept",
    })
}

fn counts(preview: &Preview) -> Vec<(&'static str, i64, i64)> {
    let (before, after) = (&preview.before, &preview.after);
    vec![
        ("reprocess.records", before.records, after.records),
        ("file.objects", before.logs, after.logs),
        ("complete", before.complete, after.complete),
        ("file.malformed", before.malformed, after.malformed),
        ("file.quarantine", before.quarantined, after.quarantined),
        ("home.known", before.errors_known, after.errors_known),
        ("home.unknown", before.errors_unknown, after.errors_unknown),
        ("reprocess.groups", before.groups, after.groups),
    ]
}
