//! One Log: request and response side by side, its error, the advice.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::Bson;
use serde::Deserialize;

use super::{
    columns::{Row, Table},
    error::{PageError, page},
    escape::{percent, restored},
    json::{Piece, pieces},
    known, logs,
    session::{Frame, Viewer},
    view::View,
    zone::{Clock, Shown},
};
use crate::{
    domain::{Log, LogId},
    query::Filter,
    store::ScopedStore,
    usecase::{
        Services,
        around::{self, Scope, Span},
        diagnose::{self, Advice},
    },
};

#[derive(Template)]
#[template(path = "log.html")]
struct Page {
    frame: Frame,
    log: Log,
    method: String,
    /// The address of all of it as JSON.
    whole: String,
    request: Option<(Vec<Piece>, bool)>,
    response: Option<(Vec<Piece>, bool)>,
    detail: Option<(Vec<Piece>, bool)>,
    advice: Option<(String, Advice)>,
    group: Option<String>,
    request_date: Shown,
    response_date: Shown,
    /// The Logs that were asked for, to which a click adds.
    back: String,
    around: Events,
}

/// What happened around the Log.
struct Events {
    before: Vec<Row>,
    after: Vec<Row>,
    incomplete: bool,
    /// What the events share with it, and how many are shown: word or number, address, whether it is chosen.
    shared: Vec<(&'static str, String, bool)>,
    counts: Vec<(usize, String, bool)>,
}

/// Numbers of events that can be shown on each side.
const COUNTS: [usize; 3] = [5, 20, 50];

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    around: String,
    #[serde(default)]
    n: String,
}

/// The words for what events share.
const SHARED: [(&str, Scope); 3] = [("session", Scope::Session), ("server", Scope::Server), ("branch", Scope::Branch)];

async fn events(viewer: &Viewer, reads: &ScopedStore, clock: &Clock, log: &Log, asked: &Asked) -> Result<Events, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let usual = if log.session_key.is_some() { Scope::Session } else { Scope::Server };
    let asked_for = SHARED.iter().find(|(word, _)| *word == asked.around).map(|(_, shared)| *shared);
    let mut chosen = asked_for.unwrap_or(usual);
    let n = COUNTS.into_iter().find(|n| n.to_string() == asked.n).unwrap_or(COUNTS[0]);
    let mut found = around::around(reads, log, chosen, Span::Logs(n)).await.map_err(failed)?;
    if asked_for.is_none() && found.before.is_empty() && found.after.is_empty() && chosen == Scope::Session {
        // A session of one exchange tells nothing of what led to it.
        chosen = Scope::Server;
        found = around::around(reads, log, chosen, Span::Logs(n)).await.map_err(failed)?;
    }
    let view = View {
        columns: ["date", "server", "request.method", "state", "duration_ms", "error"].map(str::to_owned).to_vec(),
        ..View::default()
    };
    let table = Table { frame: &viewer.frame, clock, view: &view, filter: &Filter::All };
    let rows = |documents: &[bson::RawDocumentBuf]| -> Result<Vec<Row>, PageError> {
        let row = |document: &bson::RawDocumentBuf| {
            let log: Log =
                bson::deserialize_from_slice(document.as_bytes()).map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
            // What is asked elsewhere is of no use for the events around one Log.
            let mut row = table.row(&log, document);
            row.cells.iter_mut().for_each(|cell| cell.sides.clear());
            Ok(row)
        };
        documents.iter().map(row).collect()
    };
    let address = |shared: &str, n: usize| format!("/logs/{}?filter={}&around={shared}&n={n}#around", log.id, percent(&asked.filter));
    let word = SHARED.iter().find(|(_, shared)| *shared == chosen).map_or("", |(word, _)| word);
    let there = |shared: Scope| shared != Scope::Session || log.session_key.is_some();
    Ok(Events {
        before: rows(&found.before)?,
        after: rows(&found.after)?,
        incomplete: found.incomplete,
        shared: SHARED
            .into_iter()
            .filter(|(_, shared)| there(*shared))
            .map(|(word, shared)| (word, address(word, n), shared == chosen))
            .collect(),
        counts: COUNTS.map(|count| (count, address(word, count), count == n)).to_vec(),
    })
}

async fn find(viewer: &Viewer, services: &Services, id: &str) -> Result<Log, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogId = id.parse().map_err(|_| missing())?;
    let log = viewer.reads(services).find_log(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    log.ok_or_else(missing)
}

/// `GET /logs/{id}`; whoever is signed in, branch operators their own.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let log = find(&viewer, &services, &id).await?;
    let base: Filter = restored(&asked.filter).parse().unwrap_or(Filter::All);
    let clock = Clock::of(&viewer.frame, &viewer.reads(&services)).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let around = events(&viewer, &viewer.reads(&services), &clock, &log, &asked).await?;
    let advice = diagnose::advice(&services, &log).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let body = |body: &Option<bson::RawBson>, path: &str| {
        let value = Bson::try_from(body.clone()?).ok()?.into_relaxed_extjson();
        Some(pieces(&value, path, &base))
    };
    let detail = log.error.as_ref().and_then(|fault| fault.detail.clone());
    let detail = detail.map(|detail| pieces(&detail.into_relaxed_extjson(), "error.detail", &base));
    let method = match &log.request {
        Some(bson::RawBson::Document(request)) => request.get_str("method").unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let template = Page {
        method,
        whole: format!("/logs/{}/json", log.id),
        request: body(&log.request, "request"),
        response: body(&log.response, "response"),
        detail,
        advice: advice.map(|advice| (known::address(&advice.known_error.id), advice)),
        group: log.verdict.as_ref().and_then(|verdict| verdict.group_id).map(|group| group.to_string()),
        request_date: clock.tell(log.request_date.as_ref(), &log.branch),
        response_date: clock.tell(log.response_date.as_ref(), &log.branch),
        back: if base == Filter::All { "/logs".to_owned() } else { logs::address(&base.to_string()) },
        around,
        log,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

/// `GET /logs/{id}/json`; whoever is signed in, branch operators their own.
pub(super) async fn json(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let log = find(&viewer, &services, &id).await?;
    let document = bson::serialize_to_document(&log).map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(HttpResponse::Ok().json(Bson::Document(document).into_relaxed_extjson()))
}
