//! What happened around an occurrence of an error: a part of the error's page, and the same part alone for a script that puts it in place.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    session::{Frame, Viewer},
};
use crate::{
    domain::{GroupId, Log, LogState, Role},
    store::{self, ScopedStore},
    usecase::{
        Services,
        around::{self, Around, Scope, Span},
        values::{self, Occurrence},
    },
};

/// The scopes by the words of the address.
const SCOPES: [(&str, Scope); 3] = [("session", Scope::Session), ("server", Scope::Server), ("branch", Scope::Branch)];
/// The spans by the words of the address.
const SPANS: [(&str, Span); 6] = [
    ("5", Span::Logs(5)),
    ("20", Span::Logs(20)),
    ("100", Span::Logs(around::MAX_LOGS)),
    ("10s", Span::Seconds(10)),
    ("60s", Span::Seconds(60)),
    ("600s", Span::Seconds(600)),
];

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The occurrence.
    pub(super) near: String,
    /// `session`, `server` or `branch`.
    pub(super) by: String,
    /// `20` Logs or `60s`.
    pub(super) span: String,
}

/// What happened, as it is shown.
pub(super) struct View {
    pub(super) scopes: Vec<Way>,
    pub(super) spans: Vec<Way>,
    pub(super) rows: Vec<Row>,
    pub(super) incomplete: bool,
    /// Other occurrences of the same error.
    pub(super) latest: Vec<Way>,
}

/// Another way to look at it.
pub(super) struct Way {
    pub(super) name: String,
    pub(super) address: String,
    /// This is the way that is shown.
    pub(super) is_shown: bool,
}

/// A Log.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) date: String,
    /// Seconds before or after.
    pub(super) distance: String,
    pub(super) is_middle: bool,
    pub(super) server: String,
    pub(super) method: String,
    /// `ok`, `known`, `unknown`, `request_only`, `response_only`.
    pub(super) status: &'static str,
    pub(super) message: String,
}

#[derive(Template)]
#[template(path = "around.html")]
struct Fragment {
    frame: Frame,
    around: Option<View>,
}

/// A span in words.
fn span_name(frame: &Frame, word: &str) -> String {
    match word.strip_suffix('s') {
        Some(seconds) => frame.say("around.seconds", &[("n", seconds)]),
        None => frame.say("around.logs", &[("n", word)]),
    }
}

/// What was read around an occurrence.
pub(super) struct Happened {
    log: Log,
    /// The words of scope and span.
    by: &'static str,
    span: &'static str,
    found: Around,
}

/// Reads what happened around an occurrence of the group: the one that is asked for, else `example`.
pub(super) async fn happened(reads: &ScopedStore, group: GroupId, example: Option<&Log>, asked: &Asked) -> store::Result<Option<Happened>> {
    let wanted = match asked.near.parse() {
        Ok(id) => reads.find_log(&id).await?,
        Err(_) => None,
    };
    let is_of_group = |log: &Log| log.verdict.as_ref().is_some_and(|verdict| verdict.group_id == Some(group));
    let Some(log) = wanted.filter(is_of_group).or_else(|| example.cloned()) else { return Ok(None) };
    let mut scopes = scopes(&log);
    let wanted = scopes.clone().find(|(word, _)| *word == asked.by);
    let (mut by, scope) = wanted.or_else(|| scopes.next()).unwrap_or(SCOPES[2]);
    let (span_word, span) = SPANS.into_iter().find(|(word, _)| *word == asked.span).unwrap_or(SPANS[0]);
    let mut found = around::around(reads, &log, scope, span).await?;
    if wanted.is_none() && scope == Scope::Session && found.before.is_empty() && found.after.is_empty() {
        // Nobody asked for the session, and it tells nothing.
        by = SCOPES[1].0;
        found = around::around(reads, &log, SCOPES[1].1, span).await?;
    }
    Ok(Some(Happened { log, by, span: span_word, found }))
}

/// The scopes in which there is something around a Log.
fn scopes(log: &Log) -> impl Iterator<Item = (&'static str, Scope)> + Clone + use<> {
    let has_session = log.session_key.is_some();
    SCOPES.into_iter().filter(move |(_, scope)| has_session || *scope != Scope::Session)
}

impl Happened {
    /// As it is shown; `latest` are the group's latest occurrences.
    pub(super) fn view(&self, frame: &Frame, group: GroupId, latest: &[Occurrence]) -> store::Result<View> {
        let Self { log, by, span, found } = self;
        let near = log.id.to_string();
        let way = |name: String, near: &str, by: &str, span: &str, is_shown| {
            let address = format!("/errors/{group}?near={near}&by={by}&span={span}#around");
            Way { name, address, is_shown }
        };
        let scope_way = |word: &str| way(frame.t(&format!("around.by.{word}")), &near, word, span, word == *by);
        let span_way = |word: &str| way(span_name(frame, word), &near, by, word, word == *span);
        let other = |other: &Occurrence| {
            let name = format!("{} {}", other.branch, frame.date(&other.date));
            way(name, &other.log.to_string(), by, span, other.log == log.id)
        };
        let (before, after) = (around::decoded(&found.before)?, around::decoded(&found.after)?);
        Ok(View {
            scopes: scopes(log).map(|(word, _)| scope_way(word)).collect(),
            spans: SPANS.iter().map(|(word, _)| span_way(word)).collect(),
            rows: before.iter().chain([log]).chain(&after).map(|other| row(frame, other, log)).collect(),
            incomplete: found.incomplete,
            latest: latest.iter().map(other).collect(),
        })
    }
}

fn row(frame: &Frame, log: &Log, middle: &Log) -> Row {
    let method = match &log.request {
        Some(bson::RawBson::Document(request)) => request.get_str("method").unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let is_known = log.verdict.as_ref().is_some_and(|verdict| verdict.known_error_id.is_some());
    let status = match (&log.error, is_known, log.state) {
        (Some(_), true, _) => "known",
        (Some(_), false, _) => "unknown",
        (None, _, LogState::Complete) => "ok",
        (None, _, half) => half.as_str(),
    };
    let distance = match (log.date, middle.date) {
        (Some(at), Some(middle)) => {
            let millis = at.timestamp_millis().saturating_sub(middle.timestamp_millis());
            let sign = if millis < 0 { '−' } else { '+' };
            format!("{sign}{}.{:03} s", millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000)
        }
        _ => String::new(),
    };
    Row {
        id: log.id.to_string(),
        date: frame.date(&log.date),
        distance,
        is_middle: log.id == middle.id,
        server: log.server.clone(),
        method,
        status,
        message: log.error.as_ref().map(|fault| fault.message.chars().take(160).collect()).unwrap_or_default(),
    }
}

/// `GET /errors/{id}/around`; programmers and analysts. The part alone.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let group = services.store.find_log_error(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let reads = viewer.reads(&services);
    let around = async {
        let example = reads.find_log(&group.example_log_id).await?;
        happened(&reads, id, example.as_ref(), &asked).await
    };
    let (around, latest) = tokio::try_join!(around, values::latest(&services, id)).map_err(failed)?;
    let around = around.map(|around| around.view(&viewer.frame, id, &latest)).transpose().map_err(failed)?;
    let template = Fragment { around, frame: viewer.frame };
    page(&template.frame, &template)
}
