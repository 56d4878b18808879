//! Ingestion keys of a branch: made, put in another's place, revoked. The answer that makes one shows it, and nothing later does.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{
    branches,
    error::{PageError, page, see},
    form,
    session::Viewer,
};
use crate::{
    domain::{BranchCode, IngestKey, Role},
    usecase::{Services, ingest_keys::NewKeyError},
};

/// How long the old key is taken beside the new one.
const OVERLAP: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
pub(super) struct Fields {
    csrf: String,
    #[serde(default)]
    name: String,
}

/// `POST /branches/{code}/keys`; system administrators.
pub(super) async fn add(
    viewer: Viewer,
    services: web::Data<Services>,
    code: web::Path<String>,
    form::Form(form): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let branch: BranchCode = code.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    let made = services.add_ingest_key(&branch, &form.name, &viewer.user.name, DateTime::now()).await;
    let made = made.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let template = branches::one(&viewer, &services, &code, Some(made.to_string())).await?;
    page(&template.frame, &template)
}

/// The key of this branch that the address names.
async fn key(viewer: &Viewer, services: &Services, (code, id): &(String, String)) -> Result<IngestKey, PageError> {
    let found = services.store.find_ingest_key(id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    found.filter(|key| key.branch.as_str() == code).ok_or_else(|| PageError::NotFound(viewer.frame.clone()))
}

/// `POST /branches/{code}/keys/{id}/rotate`; system administrators.
pub(super) async fn rotate(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
    form::Form(form): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let key = key(&viewer, &services, &place).await?;
    let made = services.rotate_ingest_key(&key.id, &viewer.user.name, OVERLAP, DateTime::now()).await;
    let made = match made {
        // Somebody was faster: the page says that it ended.
        Err(NewKeyError::Ended) => None,
        made => made.map_err(|error| PageError::failed(viewer.frame.clone(), error))?.map(|made| made.to_string()),
    };
    let template = branches::one(&viewer, &services, &place.0, made).await?;
    page(&template.frame, &template)
}

/// `POST /branches/{code}/keys/{id}/revoke`; system administrators.
pub(super) async fn revoke(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
    form::Form(form): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(&form.csrf)?;
    let key = key(&viewer, &services, &place).await?;
    services.end_ingest_key(&key.id, DateTime::now()).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(see(&format!("/branches/{}", key.branch)))
}
