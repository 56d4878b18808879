//! One Log: request and response side by side, its error, the advice.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::Bson;

use super::{
    error::{PageError, page},
    json::{Piece, pieces},
    known,
    session::{Frame, Viewer},
};
use crate::{
    domain::{Log, LogId},
    usecase::{
        Services,
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
}

async fn find(viewer: &Viewer, services: &Services, id: &str) -> Result<Log, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: LogId = id.parse().map_err(|_| missing())?;
    let log = services.store.find_log(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    log.filter(|log| viewer.sees(&log.branch)).ok_or_else(missing)
}

/// `GET /logs/{id}`; whoever is signed in, branch operators their own.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let log = find(&viewer, &services, &id).await?;
    let advice = diagnose::advice(&services, &log).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let body = |body: &Option<bson::RawBson>, path: &str| {
        let value = Bson::try_from(body.clone()?).ok()?.into_relaxed_extjson();
        Some(pieces(&value, path))
    };
    let detail = log.error.as_ref().and_then(|fault| fault.detail.clone());
    let detail = detail.map(|detail| pieces(&detail.into_relaxed_extjson(), "error.detail"));
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
