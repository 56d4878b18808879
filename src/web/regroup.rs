//! Merging and splitting groups of unknown errors.

use actix_web::{HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, see},
    errors,
    escape::restored,
    form,
    session::{Frame, Viewer},
};
use crate::{
    domain::{GroupId, GroupRuleId},
    usecase::{
        Services,
        regroup::{self, RegroupError, Rule, RuleError},
    },
};

#[derive(Deserialize)]
pub(super) struct Merge {
    csrf: String,
    /// Id or address of the other group.
    #[serde(default)]
    into: String,
}

/// `POST /errors/{id}/merge`; expert analysts.
pub(super) async fn merge(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Merge>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    let Some(into) = other(&form.into) else {
        let problem = viewer.frame.t("regroup.no_id");
        return errors::refused(viewer, &services, &id, problem).await;
    };
    hold(viewer, &services, &id, Rule::Merge { group, into }).await
}

/// The group that its id or the address of its page names.
pub(super) fn other(text: &str) -> Option<GroupId> {
    text.trim().trim_end_matches('/').rsplit('/').next()?.split(['?', '#']).next()?.parse().ok()
}

#[derive(Deserialize)]
pub(super) struct Split {
    csrf: String,
    place: usize,
    value: String,
}

/// `POST /errors/{id}/split`; expert analysts.
pub(super) async fn split(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Split>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    hold(viewer, &services, &id, Rule::Split { group, place: form.place, value: restored(&form.value) }).await
}

/// Has the rule hold, and goes to the group that has its messages.
async fn hold(viewer: Viewer, services: &Services, id: &str, rule: Rule) -> Result<HttpResponse, PageError> {
    let problem = match regroup::regroup(services, rule, &viewer.user.name, DateTime::now()).await {
        Ok(done) => return Ok(see(&format!("/errors/{}?moved={}", done.group, done.n_logs))),
        Err(RegroupError::NotFound(other)) if other.to_string() == id => return Err(PageError::NotFound(viewer.frame)),
        Err(error) => told(&viewer.frame, error)?,
    };
    errors::refused(viewer, services, id, problem).await
}

/// The id of a rule in an address.
pub(super) fn rule(frame: &Frame, id: &str) -> Result<GroupRuleId, PageError> {
    id.parse().map_err(|_| PageError::NotFound(frame.clone()))
}

/// What came of asking for a rule, where there is such a one.
pub(super) fn of_rule<T>(frame: &Frame, came: Result<Option<T>, RegroupError>) -> Result<T, PageError> {
    match came {
        Ok(Some(done)) => Ok(done),
        Ok(None) => Err(PageError::NotFound(frame.clone())),
        Err(error) => Err(PageError::Invalid(frame.clone(), told(frame, error)?)),
    }
}

/// Why a rule does not hold, in words; a failure of ours is no such thing.
pub(super) fn told(frame: &Frame, error: RegroupError) -> Result<String, PageError> {
    Ok(match error {
        RegroupError::Store(error) => return Err(PageError::failed(frame.clone(), error)),
        RegroupError::NotFound(_) => frame.t("regroup.no_group"),
        RegroupError::Known(_) => frame.t("regroup.known"),
        RegroupError::Rule(RuleError::Circle(_)) => frame.t("regroup.circle"),
        RegroupError::Rule(RuleError::Merged { .. }) => frame.t("regroup.merged"),
    })
}
