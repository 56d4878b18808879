//! Saved filters: kept under a name, for oneself or for everyone.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, see},
    form, logs,
    session::Viewer,
    told,
};
use crate::{
    domain::{QueryConfig, QueryConfigId, Role},
    query::Filter,
    usecase::Services,
};

#[derive(Deserialize)]
pub(super) struct Save {
    csrf: String,
    name: String,
    filter: String,
    #[serde(default)]
    shared: Option<String>,
}

/// `POST /logs/save`; whoever is signed in. Only analysts share.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Save>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let name = form.name.trim();
    if name.is_empty() || name.len() > 200 {
        return Err(PageError::Invalid(viewer.frame.clone(), viewer.frame.t("logs.save.name_missing")));
    }
    if let Err(error) = form.filter.parse::<Filter>() {
        let problem = told::filter(&viewer.frame, &error);
        return Err(PageError::Invalid(viewer.frame, problem));
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
    Ok(see(&logs::address(&form.filter)))
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
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: QueryConfigId = id.parse().map_err(|_| missing())?;
    let visible = services.store.list_query_configs(&viewer.user.name).await.map_err(failed)?;
    visible.iter().find(|config| config.id == id && config.owner == viewer.user.name).ok_or_else(missing)?;
    services.store.delete_query_config(&id).await.map_err(failed)?;
    Ok(see("/logs"))
}
