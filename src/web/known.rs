//! The knowledge base for reading.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    escape::percent,
    session::{Frame, Viewer},
};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, StatusError},
    query::{Filter, Operator, Test, Value},
    store::LogPage,
    usecase::{
        Services,
        diagnose::{self, Advice},
    },
};

/// The address of a known error's page.
pub(super) fn address(id: &KnownErrorId) -> String {
    format!("/known/{}", percent(id.as_str()))
}

#[derive(Template)]
#[template(path = "known.html")]
struct List {
    frame: Frame,
    search: String,
    total: usize,
    entries: Vec<(String, KnownError, Option<StatusError>)>,
}

impl List {
    /// Whether the knowledge base has no entries at all.
    fn is_empty(&self) -> bool {
        self.total == 0
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    search: String,
}

/// `GET /known`; whoever is signed in.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let statuses = services.store.list_status_errors().await.map_err(failed)?;
    let mut entries = services.store.list_known_errors().await.map_err(failed)?;
    let total = entries.len();
    let wanted = asked.search.trim().to_lowercase();
    entries.retain(|entry| {
        let texts = [Some(&entry.title), entry.title_uk.as_ref(), Some(&entry.text)];
        wanted.is_empty() || texts.into_iter().flatten().chain(&entry.keywords).any(|text| text.to_lowercase().contains(&wanted))
    });
    entries.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.title.cmp(&b.title)));
    entries.truncate(500);
    let row = |entry: KnownError| {
        let status = statuses.iter().find(|status| Some(status.code) == entry.status).cloned();
        (address(&entry.id), entry, status)
    };
    let template = List { search: asked.search.clone(), total, entries: entries.into_iter().map(row).collect(), frame: viewer.frame };
    page(&template.frame, &template)
}

#[derive(Template)]
#[template(path = "known_error.html")]
struct Page {
    frame: Frame,
    entry: KnownError,
    status_path: Vec<StatusError>,
    answers: Vec<Answer>,
    approved: Option<i64>,
    /// Why the latest Log matched.
    latest: Option<(String, Advice)>,
}

#[derive(Deserialize)]
pub(super) struct Approved {
    approved: Option<i64>,
}

/// `GET /known/{id}`; whoever is signed in.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Approved>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let id = KnownErrorId(id.into_inner());
    let entry = services.store.find_known_error(&id).await.map_err(failed)?.ok_or_else(|| PageError::NotFound(viewer.frame.clone()))?;
    let answers = services.store.list_answers(Some(&id)).await.map_err(failed)?;
    let mut latest = None;
    if let Ok(path) = "verdict.known_error_id".parse() {
        let own = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Text(id.to_string()) });
        let filter = viewer.within(own);
        let found =
            services.store.list_logs(&LogPage { filter: &filter, limit: 1, after: None, scan_limit: 100_000 }).await.map_err(failed)?;
        if let Some(log) = found.logs.first().and_then(|log| bson::deserialize_from_slice::<crate::domain::Log>(log.as_bytes()).ok()) {
            latest = diagnose::advice(&services, &log).await.map_err(failed)?.map(|advice| (log.id.to_string(), advice));
        }
    }
    let status_path = entry.status.map(|code| services.knowledge.status_path(code)).unwrap_or_default();
    let template = Page { entry, status_path, answers, approved: asked.approved, latest, frame: viewer.frame };
    page(&template.frame, &template)
}
