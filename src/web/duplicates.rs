//! Known errors that seem to be one, side by side, and their merging.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    form, known,
    known_life::refused,
    session::{Frame, Viewer},
};
use crate::{
    domain::{KnownError, KnownErrorId, Role},
    usecase::{
        Services, aside,
        duplicates::{self, Seen},
        revise,
    },
};

/// Pairs on the page.
const PAIRS: usize = 50;

/// One of a pair, with its address and the number of its answers.
struct Side {
    address: String,
    entry: KnownError,
    n_answers: usize,
}

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Page {
    frame: Frame,
    n_found: usize,
    /// How surely, and the two.
    pairs: Vec<(f64, [Side; 2])>,
}

/// `GET /knowledge/duplicates`; expert analysts.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    services.knowledge.refresh(services.store.as_ref()).await.map_err(failed)?;
    let shared = services.clone().into_inner();
    let found = aside::aside(async move { duplicates::duplicates(&shared) }).await.unwrap_or_default();
    let mut pairs = Vec::new();
    for pair in found.iter().take(PAIRS) {
        let (one, other) = (side(&viewer, &services, &pair.one).await?, side(&viewer, &services, &pair.other).await?);
        pairs.extend(one.zip(other).map(|(one, other)| ((pair.score * 100.0).round(), [one, other])));
    }
    page(&viewer.frame.clone(), &Page { frame: viewer.frame, n_found: found.len(), pairs })
}

async fn side(viewer: &Viewer, services: &Services, id: &KnownErrorId) -> Result<Option<Side>, PageError> {
    let found = revise::load(services.store.as_ref(), id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    Ok(found.map(|(entry, answers)| Side { address: known::address(id), entry, n_answers: answers.len() }))
}

#[derive(Deserialize)]
pub(super) struct Merge {
    csrf: String,
    #[serde(default)]
    gone: String,
    #[serde(default)]
    into: String,
    #[serde(default)]
    gone_seen: i64,
    #[serde(default)]
    into_seen: i64,
}

/// `POST /knowledge/merge`; expert analysts.
pub(super) async fn merge(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Merge>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let (gone, into) = (KnownErrorId(form.gone), KnownErrorId(form.into));
    let (left, right) = (Seen { id: &gone, version: form.gone_seen }, Seen { id: &into, version: form.into_seen });
    match duplicates::merge(&services, left, right, &viewer.user.name, DateTime::now()).await {
        Ok(version) => {
            aside::judge(&services, &gone).await;
            aside::judge(&services, &into).await;
            Ok(see(&format!("{}?changed={version}", known::address(&into))))
        }
        Err(error) => Err(refused(viewer.frame, error)),
    }
}
