//! Browsing and filtering Logs.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    session::{Frame, Viewer},
};
use crate::{
    domain::{Log, LogId, LogQuery, QueryConfig, Role},
    query::Filter,
    store::{LogCursor, LogPage},
    usecase::Services,
};

/// Logs on a page.
const PAGE: usize = 50;
/// Documents looked at for one page where no index helps.
const SCAN: usize = 200_000;

#[derive(Template)]
#[template(path = "logs.html")]
struct Page {
    frame: Frame,
    filter: String,
    problem: Option<String>,
    rows: Vec<Row>,
    /// Query of the next page.
    next: Option<String>,
    incomplete: bool,
    properties: Vec<LogQuery>,
    saved: Vec<(String, QueryConfig)>,
}

struct Row {
    log: Log,
    method: String,
    /// `ok`, `known` or `unknown`.
    verdict: &'static str,
    message: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    filter: String,
    after: Option<String>,
}

/// `GET /logs`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (filter, problem) = match asked.filter.parse::<Filter>() {
        Ok(filter) => (Some(viewer.within(filter)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let mut found = crate::store::LogsFound::default();
    if let Some(filter) = &filter {
        let after = asked.after.as_deref().and_then(cursor);
        found = services.store.list_logs(&LogPage { filter, limit: PAGE, after, scan_limit: SCAN }).await.map_err(failed)?;
    }
    let decoded = found.logs.iter().map(|log| bson::deserialize_from_slice::<Log>(log.as_bytes()));
    let logs = decoded.collect::<Result<Vec<_>, _>>().map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let escaped = escape(&asked.filter);
    let next = found.next.map(|next| format!("/logs?filter={escaped}&after={}_{}", next.date.timestamp_millis(), next.id));
    let saved = services.store.list_query_configs(&viewer.user.name).await.map_err(failed)?;
    let mut properties = services.store.list_log_queries().await.map_err(failed)?;
    if viewer.branches().is_some() {
        // The catalogue is of all branches: its example values are not for an operator of one.
        properties.iter_mut().for_each(|property| property.examples.clear());
    }
    let template = Page {
        filter: asked.filter.clone(),
        problem,
        rows: logs.into_iter().map(row).collect(),
        next,
        incomplete: found.incomplete,
        properties,
        saved: saved.into_iter().map(|config| (format!("/logs?filter={}", escape(&config.filter)), config)).collect(),
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

fn row(log: Log) -> Row {
    let method = match &log.request {
        Some(bson::RawBson::Document(request)) => request.get_str("method").unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let known = log.verdict.as_ref().is_some_and(|verdict| verdict.known_error_id.is_some());
    let verdict = match (&log.error, known) {
        (None, _) => "ok",
        (Some(_), true) => "known",
        (Some(_), false) => "unknown",
    };
    let message = log.error.as_ref().map(|fault| fault.message.chars().take(160).collect()).unwrap_or_default();
    Row { log, method, verdict, message }
}

/// `1462691865000_<id>`.
fn cursor(text: &str) -> Option<LogCursor> {
    let (date, id) = text.split_once('_')?;
    let id: LogId = id.parse().ok()?;
    Some(LogCursor { date: DateTime::from_millis(date.parse().ok()?), id })
}

fn escape(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[derive(Deserialize)]
pub(super) struct Save {
    csrf: String,
    name: String,
    filter: String,
    #[serde(default)]
    shared: Option<String>,
}

/// `POST /logs/save`; whoever is signed in. Only analysts share.
pub(super) async fn save(viewer: Viewer, services: web::Data<Services>, form: web::Form<Save>) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let name = form.name.trim();
    if name.is_empty() || name.len() > 200 {
        return Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("logs.save.name_missing")));
    }
    if let Err(error) = form.filter.parse::<Filter>() {
        return Err(PageError::Invalid(viewer.frame, error.to_string()));
    }
    let owner = viewer.user.name.clone();
    let config = QueryConfig {
        id: QueryConfig::id_for(&owner, name),
        name: name.to_owned(),
        owner,
        shared: form.shared.is_some() && viewer.user.role >= Role::ExpertAnalyst,
        filter: form.filter.clone(),
        columns: Vec::new(),
        updated_at: DateTime::now(),
    };
    services.store.save_query_config(&config).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(see(&format!("/logs?filter={}", escape(&form.filter))))
}
