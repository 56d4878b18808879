//! What is done to a known error by a button: it is led on in its life, and people say how its answers worked.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, see},
    form, known, moment,
    session::{Frame, Viewer},
    told,
};
use crate::{
    domain::{AnswerId, KnownErrorId, LifeCycle, Role},
    usecase::{
        Services, aside, feedback,
        revise::{self, LifeError, Reviewer, ReviseError},
    },
};

#[derive(Deserialize)]
pub(super) struct Lead {
    csrf: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    to: String,
    #[serde(default)]
    fixed_at: String,
}

/// `POST /known/{id}/life`; programmers hand drafts in, analysts review, administrators revive.
pub(super) async fn lead(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Lead>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    viewer.check_csrf(&form.csrf)?;
    let id = KnownErrorId(id.into_inner());
    let states = [LifeCycle::Draft, LifeCycle::Review, LifeCycle::Approved, LifeCycle::Fixed, LifeCycle::Retired];
    let Some(to) = states.into_iter().find(|state| state.as_str() == form.to) else {
        return Err(PageError::Unreadable(viewer.frame));
    };
    let fixed_at = moment::from_field(&form.fixed_at)
        .map_err(|text| PageError::Invalid(viewer.frame.clone(), viewer.frame.say("known.no_moment", &[("text", &text)])))?;
    let reviewer = Reviewer { name: &viewer.user.name, role: viewer.user.role };
    match revise::lead(&services, &id, form.seen, (to, fixed_at), reviewer, DateTime::now()).await {
        Ok(version) => {
            aside::judge(&services, &id).await;
            Ok(see(&format!("{}?changed={version}", known::address(&id))))
        }
        Err(ReviseError::Life(LifeError::NoMove { .. })) => Err(PageError::Forbidden(viewer.frame)),
        Err(error) => Err(refused(viewer.frame, error)),
    }
}

/// A change that did not take place, as a page.
pub(super) fn refused(frame: Frame, error: ReviseError) -> PageError {
    match error {
        ReviseError::NotFound => PageError::NotFound(frame),
        ReviseError::Store(error) => PageError::failed(frame, error),
        error => {
            let problem = problem(&frame, &error);
            PageError::Invalid(frame, problem)
        }
    }
}

/// Why a change did not take place, in words.
pub(super) fn problem(frame: &Frame, error: &ReviseError) -> String {
    match error {
        ReviseError::Invalid(error) | ReviseError::Life(LifeError::Incomplete(error)) => told::draft(frame, error),
        ReviseError::Stale { by, number } => frame.say("known.stale", &[("by", by), ("version", &number.to_string())]),
        ReviseError::Life(LifeError::NoMove { .. }) => frame.t("error.forbidden.next"),
        ReviseError::OwnWork { approvers } if approvers.is_empty() => frame.t("eyes.nobody"),
        ReviseError::OwnWork { approvers } => frame.say("eyes.own", &[("names", &approvers.join(", "))]),
        ReviseError::NotFound | ReviseError::Store(_) => frame.t("error.not_found"),
    }
}

#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    worked: String,
}

/// `POST /known/{id}/feedback`; whoever is signed in, once an answer.
pub(super) async fn feedback(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Said>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id = KnownErrorId(id.into_inner());
    let answer: AnswerId = form.answer.parse().map_err(|_| missing())?;
    let said = feedback::say(&services, &id, answer, form.worked == "yes", &viewer.user.name, DateTime::now());
    if said.await.map_err(failed)? { Ok(see(&known::address(&id))) } else { Err(missing()) }
}
