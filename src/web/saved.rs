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
    domain::QueryConfigId,
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
    let filter = restored(&form.filter);
    let draft = Draft {
        name: restored(&form.name),
        shared: form.shared.is_some(),
        pinned: form.pinned.is_some(),
        columns: columns(&form.columns),
        range: form.range,
        filter: filter.clone(),
    };
    let saved = views::save(&services, &viewer.user, draft, DateTime::now()).await;
    match saved.map_err(|error| PageError::failed(viewer.frame.clone(), error))? {
        Ok(config) => Ok(see(&format!("/logs?view={}", config.id))),
        Err(Fault::Name) => Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("logs.save.name_missing"))),
        Err(Fault::Filter) => {
            let problem = filter.parse::<Filter>().err().map(|error| told::filter(&viewer.frame, &error)).unwrap_or_default();
            Err(PageError::Invalid(viewer.frame, problem))
        }
        Err(Fault::Columns) => Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("logs.save.columns"))),
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
    viewer.check_csrf(&form.csrf)?;
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let deleted = views::delete(&services, &viewer.user, &id).await;
    if deleted.map_err(|error| PageError::failed(viewer.frame.clone(), error))? { Ok(see("/logs")) } else { Err(missing()) }
}

/// `GET /logs/saved/{id}/count`; whoever sees the view: how many of the Logs that they see it finds.
pub(super) async fn count(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let Shown { config, .. } = views::find(&services, &viewer.user, &id).await.map_err(failed)?.ok_or_else(missing)?;
    let filter: Filter = config
        .filter
        .parse()
        .map_err(|error: crate::query::FilterError| PageError::Invalid(viewer.frame.clone(), told::filter(&viewer.frame, &error)))?;
    let filter = viewer.within(View::saved(&config).within(filter, DateTime::now()));
    let (n, more) = views::count(&services, &filter).await.map_err(failed)?;
    let text = format!("{}{}", viewer.frame.number(&i64::try_from(n).unwrap_or(i64::MAX)), if more { "+" } else { "" });
    Ok(HttpResponse::Ok().json(json!({ "count": n, "more": more, "text": text })))
}
