//! Uploaded files, looked for by name, branch and state, and what came of each.

use std::{collections::HashMap, hash::Hash};

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    escape::percent,
    quarantine,
    session::{Frame, Viewer},
};
use crate::{
    domain::{Answer, BranchCode, FileState, KnownError, KnownErrorId, LogFile, LogFileId, Quarantined},
    store::{FileCursor, GroupText},
    usecase::{
        Services,
        files::{self, FilesAsked},
    },
};

/// Files on a page.
const PAGE: usize = 100;
/// Words of a search that are looked for.
const MAX_WORDS: usize = 8;
/// Known errors, and groups of unknown ones, shown of a file.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "files.html")]
struct List {
    frame: Frame,
    asked: Looked,
    files: Vec<LogFile>,
    /// Branches to choose from.
    branches: Vec<String>,
    /// The address of further files.
    next: Option<String>,
    /// More files were looked at than are for one page, and the search goes on behind `next`.
    incomplete: bool,
}

/// What the address of the list asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Looked {
    search: String,
    branch: String,
    state: String,
    after: String,
}

impl Looked {
    fn is_narrowed(&self) -> bool {
        [&self.search, &self.branch, &self.state].iter().any(|field| !field.trim().is_empty())
    }

    /// The states, and whether each is asked for.
    fn states(&self) -> impl Iterator<Item = (&'static str, bool)> {
        FileState::ALL.into_iter().map(|state| (state.as_str(), self.state == state.as_str()))
    }

    /// The address of what comes behind a place.
    fn address(&self, after: FileCursor) -> String {
        let fields = [("search", self.search.trim()), ("branch", self.branch.trim()), ("state", self.state.trim())];
        let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let query: String = said.map(|(name, value)| format!("{name}={}&", percent(value))).collect();
        format!("/files?{query}after={after}")
    }
}

/// `GET /files`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Looked>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let asked = asked.into_inner();
    let only: Option<BranchCode> = asked.branch.trim().parse().ok();
    let all_reads = viewer.reads(&services);
    let reads = only.map_or_else(|| all_reads.clone(), |branch| all_reads.only(&branch));
    let words = asked.search.to_lowercase().split_whitespace().take(MAX_WORDS).map(str::to_owned).collect();
    let looked_for = FilesAsked { words, state: FileState::named(&asked.state) };
    let found = files::find(&reads, &looked_for, asked.after.parse().ok(), PAGE).await.map_err(failed)?;
    let branches = all_reads.list_branches().await.map_err(failed)?.into_iter().map(|branch| branch.code);
    let template = List {
        branches: branches.map(|branch| branch.to_string()).collect(),
        next: found.next.map(|next| asked.address(next)),
        files: found.files,
        incomplete: found.incomplete,
        asked,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

#[derive(Template)]
#[template(path = "file.html")]
struct Page {
    frame: Frame,
    file: LogFile,
    again: bool,
    /// Known errors, how often, and their answers, what worked best first.
    known: Vec<(KnownError, i64, Vec<Answer>)>,
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
    let mut answers: HashMap<KnownErrorId, Vec<Answer>> = HashMap::new();
    for answer in services.store.find_answers(&known_ids).await.map_err(failed)? {
        answers.entry(answer.known_error_id.clone()).or_default().push(answer);
    }
    answers.values_mut().for_each(|answers| Answer::sort_by_success(answers));
    let mut groups = by(reads.list_group_texts(&group_ids).await.map_err(failed)?, |group| group.id);
    let mut given = |id: &KnownErrorId| answers.remove(id).unwrap_or_default();
    let known = tally.known.into_iter().filter_map(|(id, n)| Some((entries.remove(&id)?, n, given(&id)))).collect();
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
