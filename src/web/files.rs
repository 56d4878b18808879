//! Uploaded files and what came of each.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    quarantine,
    session::{Frame, Viewer},
};
use crate::{
    domain::{KnownError, LogError, LogFile, LogFileId, Quarantined},
    usecase::Services,
};

#[derive(Template)]
#[template(path = "files.html")]
struct List {
    frame: Frame,
    files: Vec<LogFile>,
}

/// `GET /files`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let files =
        services.store.list_log_files(viewer.branches(), 200).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    page(&viewer.frame.clone(), &List { frame: viewer.frame, files })
}

#[derive(Template)]
#[template(path = "file.html")]
struct Page {
    frame: Frame,
    file: LogFile,
    again: bool,
    known: Vec<(KnownError, i64, usize)>,
    unknown: Vec<(LogError, i64)>,
    quarantine: Vec<(Quarantined, String)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    again: Option<String>,
}

/// `GET /files/{id}`; whoever is signed in, branch operators their own.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogFileId = id.parse().map_err(|_| missing())?;
    let file = services.store.find_log_file(&id).await.map_err(failed)?.filter(|file| viewer.sees(&file.branch)).ok_or_else(missing)?;
    let tally = services.store.tally_log_file(&id).await.map_err(failed)?;
    let mut known = Vec::new();
    for (id, n) in tally.known.into_iter().take(50) {
        if let Some(entry) = services.store.find_known_error(&id).await.map_err(failed)? {
            let answers = services.store.list_answers(Some(&id)).await.map_err(failed)?.len();
            known.push((entry, n, answers));
        }
    }
    let mut unknown = Vec::new();
    for (id, n) in tally.unknown.into_iter().take(50) {
        unknown.extend(services.store.find_log_error(&id).await.map_err(failed)?.map(|group| (group, n)));
    }
    let quarantine = services.store.list_quarantined(&id, 50).await.map_err(failed)?;
    let shown = |piece: Quarantined| {
        let text = quarantine::text(&piece, &file.encoding, 400);
        (piece, text)
    };
    let quarantine = quarantine.into_iter().map(shown).collect();
    let template = Page { file, again: asked.again.is_some(), known, unknown, quarantine, frame: viewer.frame };
    page(&template.frame, &template)
}
