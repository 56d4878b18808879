//! Uploaded files and what came of each.

use std::{collections::HashMap, hash::Hash};

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    quarantine,
    session::{Frame, Viewer},
};
use crate::{
    domain::{KnownError, KnownErrorId, LogFile, LogFileId, Quarantined},
    store::GroupText,
    usecase::Services,
};

/// Known errors, and groups of unknown ones, shown of a file.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "files.html")]
struct List {
    frame: Frame,
    files: Vec<LogFile>,
}

/// `GET /files`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let files = viewer.reads(&services).list_log_files(200).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    page(&viewer.frame.clone(), &List { frame: viewer.frame, files })
}

#[derive(Template)]
#[template(path = "file.html")]
struct Page {
    frame: Frame,
    file: LogFile,
    again: bool,
    known: Vec<(KnownError, i64, usize)>,
    unknown: Vec<(GroupText, i64)>,
    quarantine: Vec<(Quarantined, String)>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    again: Option<String>,
}

/// Rows by what they are looked for with.
fn by<K: Eq + Hash, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
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
    let reads = viewer.reads(&services);
    let file = reads.find_log_file(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let tally = reads.tally_log_file(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let known_ids: Vec<_> = tally.known.iter().take(SHOWN).map(|(id, _)| id.clone()).collect();
    let group_ids: Vec<_> = tally.unknown.iter().take(SHOWN).map(|(id, _)| *id).collect();
    let mut entries = by(services.store.find_known_errors(&known_ids).await.map_err(failed)?, |entry| entry.id.clone());
    let answers = by(services.store.count_answers(&known_ids).await.map_err(failed)?, |(id, _)| id.clone());
    let mut groups = by(reads.list_group_texts(&group_ids).await.map_err(failed)?, |group| group.id);
    let n_answers = |id: &KnownErrorId| answers.get(id).map_or(0, |(_, n)| *n);
    let known = tally.known.into_iter().filter_map(|(id, n)| Some((entries.remove(&id)?, n, n_answers(&id)))).collect();
    let unknown = tally.unknown.into_iter().filter_map(|(id, n)| Some((groups.remove(&id)?, n))).collect();
    let quarantine = reads.list_quarantined(&id, 50).await.map_err(failed)?;
    let shown = |piece: Quarantined| {
        let text = quarantine::text(&piece, &file.encoding, 400);
        (piece, text)
    };
    let quarantine = quarantine.into_iter().map(shown).collect();
    let template = Page { file, again: asked.again.is_some(), known, unknown, quarantine, frame: viewer.frame };
    page(&template.frame, &template)
}
