//! Joining by the link of an invitation: it works once and ends.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use askama::Template;
use bson::DateTime;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    error::{PageError, page_as, see},
    form, people,
    session::Frame,
};
use crate::{domain::Invitation, usecase::Services};

#[derive(Template)]
#[template(path = "join.html")]
struct Page {
    frame: Frame,
    invitation: Invitation,
    problem: Option<String>,
}

async fn render(frame: Frame, services: &Services, secret: &str, problem: Option<String>) -> Result<HttpResponse, PageError> {
    let found = crate::usecase::people::invitation(services, secret, DateTime::now()).await;
    let found = found.map_err(|error| PageError::failed(frame.clone(), error))?;
    let invitation = found.ok_or_else(|| PageError::NotFound(frame.clone()))?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = Page { frame, invitation, problem };
    page_as(status, &template.frame, &template)
}

/// `GET /join/{token}`; whoever has the link.
pub(super) async fn show(
    request: HttpRequest,
    services: web::Data<Services>,
    secret: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    render(Frame::of(&request), &services, &secret, None).await
}

#[derive(Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    password: SecretString,
}

/// `POST /join/{token}`; whoever has the link. Nobody else can know it, so the form needs no other token.
pub(super) async fn submit(
    request: HttpRequest,
    services: web::Data<Services>,
    secret: web::Path<String>,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    let frame = Frame::of(&request);
    match crate::usecase::people::join(&services, &secret, form.password, DateTime::now()).await {
        Ok(_) => Ok(see("/sign-in")),
        Err(error) => {
            let problem = people::refusal(&frame, error)?;
            render(frame, &services, &secret, Some(problem)).await
        }
    }
}
