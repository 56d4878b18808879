//! Saved views of the queue of unknown errors: kept under a name, for oneself or for everyone.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::{
    error::PageError,
    escape::restored,
    form,
    queue_view::View,
    saved::{self, Delete, Rename},
    session::Viewer,
};
use crate::{
    domain::{QueryConfigId, Role, ViewKind},
    usecase::{
        Services,
        views::{self, Draft, Shown},
    },
};

#[derive(Deserialize)]
pub(super) struct Save {
    csrf: String,
    #[serde(default)]
    name: String,
    /// The query of the queue's address.
    #[serde(default)]
    query: String,
    #[serde(default)]
    shared: Option<String>,
    #[serde(default)]
    pinned: Option<String>,
}

/// `POST /errors/views`; programmers and analysts. Only analysts share.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Save>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    viewer.check_csrf(&form.csrf)?;
    let draft = Draft {
        kind: ViewKind::Errors,
        name: restored(&form.name),
        shared: form.shared.is_some(),
        pinned: form.pinned.is_some(),
        // What says the same is saved alike, so that a change is seen as one.
        filter: View::of_query(&form.query).query(),
        ..Draft::default()
    };
    saved::keep(viewer, &services, draft, DateTime::now()).await
}

/// `POST /errors/views/{id}/rename`; whoever saved it.
pub(super) async fn rename(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Rename>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    saved::renamed(viewer, &services, ViewKind::Errors, &id, form).await
}

/// `POST /errors/views/{id}/delete`; whoever saved it.
pub(super) async fn delete(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Delete>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    saved::deleted(viewer, &services, ViewKind::Errors, &id, form).await
}

/// `GET /errors/views/{id}/count`; programmers and analysts who see the view: how many groups it has.
pub(super) async fn count(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let Shown { config, .. } = views::find(&services, &viewer.user, ViewKind::Errors, &id).await.map_err(failed)?.ok_or_else(missing)?;
    let queue = View::saved(&config).asked(&services, &viewer.user.name, 0, DateTime::now()).await.map_err(failed)?;
    let (n, more) = views::count_queue(&services, &queue).await.map_err(failed)?;
    let text = format!("{}{}", viewer.frame.number(&i64::try_from(n).unwrap_or(i64::MAX)), if more { "+" } else { "" });
    Ok(HttpResponse::Ok().json(json!({ "count": n, "more": more, "text": text })))
}
