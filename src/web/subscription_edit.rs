//! A subscription is changed: where it goes, how often, in which language, what it tells.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;

use super::{
    error::{PageError, page, page_as},
    form,
    session::{Frame, Viewer},
    subscriptions::{self, Fields, Told, named},
};
use crate::{
    domain::{Branch, Role, SubscriptionId},
    usecase::{
        Services,
        tell::{Edit, EditError, SubscribeError},
    },
};

#[derive(Template)]
#[template(path = "subscription.html")]
struct Page {
    frame: Frame,
    branch: Branch,
    id: SubscriptionId,
    fields: Fields,
    problem: Option<String>,
}

fn drawn(viewer: &Viewer, branch: Branch, id: SubscriptionId, fields: Fields, problem: Option<String>) -> Result<HttpResponse, PageError> {
    let frame = viewer.frame.clone();
    let invalid = problem.is_some();
    let template = Page { frame: frame.clone(), branch, id, fields, problem };
    if invalid { page_as(StatusCode::UNPROCESSABLE_ENTITY, &frame, &template) } else { page(&frame, &template) }
}

/// `GET /branches/{code}/subscriptions/{id}`; system administrators.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    let subscription = named(&viewer, &services, &place).await?;
    let branch = subscriptions::branch(&viewer, &services, &place.0).await?;
    drawn(&viewer, branch, subscription.id, Fields::of(&subscription), None)
}

/// `POST /branches/{code}/subscriptions/{id}`; system administrators.
pub(super) async fn save(
    viewer: Viewer,
    services: web::Data<Services>,
    place: web::Path<(String, String)>,
    form::Form(fields): form::Form<Fields>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    viewer.check_csrf(fields.csrf())?;
    let subscription = named(&viewer, &services, &place).await?;
    let branch = subscriptions::branch(&viewer, &services, &place.0).await?;
    let (Some(wish), Ok(version)) = (fields.wish(), fields.version.parse()) else {
        let problem = viewer.frame.t("subs.problem.form");
        return drawn(&viewer, branch, subscription.id, fields, Some(problem));
    };
    let edit = Edit { wish, new_secret: fields.new_secret.is_some(), version };
    match services.edit_subscription(&subscription.id, edit).await {
        Ok(edited) => {
            let target = edited.subscription.channel.target();
            let done = viewer.frame.say("subs.edited", &[("target", target.as_str())]);
            let secret = edited.secret.map(|secret| secret.expose().to_owned());
            subscriptions::drawn(viewer, &services, branch, Told { done: Some(done), secret, ..Told::default() }).await
        }
        Err(EditError::NotFound) => Err(PageError::NotFound(viewer.frame.clone())),
        Err(EditError::Stale(_)) => {
            // What somebody else wrote is shown, so that it is not taken back unseen.
            let problem = viewer.frame.t("subs.problem.stale");
            let newer = named(&viewer, &services, &place).await?;
            drawn(&viewer, branch, newer.id, Fields::of(&newer), Some(problem))
        }
        Err(EditError::Wish(SubscribeError::Store(error))) => Err(PageError::failed(viewer.frame.clone(), error)),
        Err(EditError::Wish(SubscribeError::Secret(error))) => Err(PageError::failed(viewer.frame.clone(), error)),
        Err(EditError::Wish(error)) => {
            let problem = subscriptions::problem(&viewer.frame, &error);
            drawn(&viewer, branch, subscription.id, fields, Some(problem))
        }
    }
}
