//! Saved views of the Logs: kept under a name, for oneself or for everyone.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::{
    error::{PageError, see},
    escape::restored,
    form,
    session::Viewer,
    told,
    view::{View, columns},
};
use crate::{
    domain::{QueryConfigId, ViewKind},
    query::Filter,
    usecase::{
        Services,
        views::{self, Draft, Fault, Shown},
    },
};

#[derive(Deserialize)]
pub(super) struct Save {
    csrf: String,
    name: String,
    filter: String,
    #[serde(default)]
    columns: String,
    #[serde(default)]
    range: String,
    #[serde(default)]
    shared: Option<String>,
    #[serde(default)]
    pinned: Option<String>,
}

/// `POST /logs/save`; whoever is signed in. Only analysts share.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Save>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let draft = Draft {
        kind: ViewKind::Logs,
        name: restored(&form.name),
        shared: form.shared.is_some(),
        pinned: form.pinned.is_some(),
        columns: columns(&form.columns),
        range: form.range,
        filter: restored(&form.filter),
    };
    keep(viewer, &services, draft, DateTime::now()).await
}

/// The page that shows views of a kind.
fn home(kind: ViewKind) -> &'static str {
    match kind {
        ViewKind::Logs => "/logs",
        ViewKind::Errors => "/errors",
    }
}

/// Saves a view and shows it.
pub(super) async fn keep(viewer: Viewer, services: &Services, draft: Draft, now: DateTime) -> Result<HttpResponse, PageError> {
    let (kind, filter) = (draft.kind, draft.filter.clone());
    let kept = views::save(services, &viewer.user, draft, now).await;
    match kept.map_err(|error| PageError::failed(viewer.frame.clone(), error))? {
        Ok(config) => Ok(see(&format!("{}?view={}", home(kind), config.id))),
        Err(Fault::Filter) if kind == ViewKind::Logs => {
            let problem = filter.parse::<Filter>().err().map(|error| told::filter(&viewer.frame, &error)).unwrap_or_default();
            Err(PageError::Invalid(viewer.frame, problem))
        }
        Err(fault) => Err(refused(viewer, fault)),
    }
}

/// What is wrong with a view, as a page.
fn refused(viewer: Viewer, fault: Fault) -> PageError {
    let problem = match fault {
        Fault::Name => viewer.frame.t("logs.save.name_missing"),
        Fault::Filter => viewer.frame.t("view.too_long"),
        Fault::Columns => viewer.frame.t("logs.save.columns"),
        Fault::Taken => viewer.frame.t("view.taken"),
        Fault::TooMany => viewer.frame.say("view.too_many", &[("n", &views::MAX_VIEWS.to_string())]),
    };
    PageError::Invalid(viewer.frame, problem)
}

#[derive(Deserialize)]
pub(super) struct Rename {
    csrf: String,
    #[serde(default)]
    name: String,
}

/// `POST /logs/saved/{id}/rename`; whoever saved it.
pub(super) async fn rename(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Rename>,
) -> Result<HttpResponse, PageError> {
    renamed(viewer, &services, ViewKind::Logs, &id, form).await
}

/// Gives a view of the person's own another name.
pub(super) async fn renamed(
    viewer: Viewer,
    services: &Services,
    kind: ViewKind,
    id: &str,
    form: Rename,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let done = views::rename(services, &viewer.user, (kind, &id), &restored(&form.name), DateTime::now()).await;
    match done.map_err(|error| PageError::failed(viewer.frame.clone(), error))? {
        Ok(true) => Ok(see(&format!("{}?view={id}", home(kind)))),
        Ok(false) => Err(missing()),
        Err(fault) => Err(refused(viewer, fault)),
    }
}

#[derive(Deserialize)]
pub(super) struct Delete {
    csrf: String,
}

/// `POST /logs/saved/{id}/delete`; whoever saved it.
pub(super) async fn delete(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Delete>,
) -> Result<HttpResponse, PageError> {
    deleted(viewer, &services, ViewKind::Logs, &id, form).await
}

/// Deletes a view of the person's own.
pub(super) async fn deleted(
    viewer: Viewer,
    services: &Services,
    kind: ViewKind,
    id: &str,
    form: Delete,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let deleted = views::delete(services, &viewer.user, kind, &id).await;
    if deleted.map_err(|error| PageError::failed(viewer.frame.clone(), error))? { Ok(see(home(kind))) } else { Err(missing()) }
}

/// `GET /logs/saved/{id}/count`; whoever sees the view: how many of the Logs that they see it finds.
pub(super) async fn count(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let Shown { config, .. } = views::find(&services, &viewer.user, ViewKind::Logs, &id).await.map_err(failed)?.ok_or_else(missing)?;
    let filter: Filter = config
        .filter
        .parse()
        .map_err(|error: crate::query::FilterError| PageError::Invalid(viewer.frame.clone(), told::filter(&viewer.frame, &error)))?;
    let filter = View::saved(&config).within(filter, DateTime::now());
    let (n, more) = views::count(&viewer.reads(&services), &filter).await.map_err(failed)?;
    let text = format!("{}{}", viewer.frame.number(&i64::try_from(n).unwrap_or(i64::MAX)), if more { "+" } else { "" });
    Ok(HttpResponse::Ok().json(json!({ "count": n, "more": more, "text": text })))
}
