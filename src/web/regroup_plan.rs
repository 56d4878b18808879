//! Before groups are merged or split: which groups say nearly the same, and what the rule would do.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page_as},
    escape::restored,
    regroup::{self, other, told},
    session::{Frame, Viewer},
};
use crate::{
    domain::{GroupId, LogError, LogId, Role},
    usecase::{
        Services,
        regroup::{RegroupError, Rule},
        regroup_plan::{self, Plan},
    },
};

/// A group to merge with.
struct Near {
    group: LogError,
    /// Share of the words that both have, in per cent.
    share: f64,
}

/// What would be done.
struct Step {
    /// Where the form is sent, its fields, and what its button says.
    action: String,
    fields: Vec<(&'static str, String)>,
    button: String,
    /// What it would do, in words, and what holds for what comes later.
    said: String,
    about: String,
    /// The other group.
    other: Option<LogError>,
    /// How many Logs were looked at, where not all were.
    seen: Option<String>,
    examples: Vec<(LogId, String)>,
}

#[derive(Template)]
#[template(path = "regroup.html")]
struct Page {
    frame: Frame,
    group: LogError,
    /// Groups to choose from; for merging.
    nearest: Vec<Near>,
    chooses: bool,
    step: Option<Step>,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Merge {
    #[serde(default)]
    into: String,
}

/// `GET /errors/{id}/merge`; expert analysts. Which groups are near, and what merging into the one that is named would do.
pub(super) async fn merge(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Merge>,
) -> Result<HttpResponse, PageError> {
    let group = group(&viewer, &services, &id).await?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let near = regroup_plan::nearest(&services, group.id).await.map_err(failed)?;
    let nearest = near.into_iter().map(|(group, share)| Near { group, share: (share * 100.0).round() }).collect();
    if asked.into.trim().is_empty() {
        return render(Page { frame: viewer.frame, group, nearest, chooses: true, step: None, problem: None });
    }
    let Some(into) = other(&asked.into) else {
        let problem = Some(viewer.frame.t("regroup.no_id"));
        return render(Page { frame: viewer.frame, group, nearest, chooses: true, step: None, problem });
    };
    match planned(&viewer.frame, &services, &group, &Rule::Merge { group: group.id, into }).await? {
        Ok(plan) => {
            let other = services.store.find_log_error(&into).await.map_err(failed)?;
            let n = |n: i64| viewer.frame.number(&n);
            let theirs = other.as_ref().map_or(0, |other| other.count);
            let step = Step {
                action: format!("/errors/{}/merge", group.id),
                fields: vec![("into", into.to_string())],
                button: viewer.frame.t("group.merge"),
                said: viewer.frame.say("regroup.plan.merge", &[("n", &n(plan.n_logs)), ("theirs", &n(theirs))]),
                about: viewer.frame.t("regroup.plan.about"),
                other,
                seen: None,
                examples: plan.examples,
            };
            render(Page { frame: viewer.frame, group, nearest: Vec::new(), chooses: false, step: Some(step), problem: None })
        }
        Err(problem) => render(Page { frame: viewer.frame, group, nearest, chooses: true, step: None, problem: Some(problem) }),
    }
}

#[derive(Deserialize)]
pub(super) struct Split {
    #[serde(default)]
    place: usize,
    #[serde(default)]
    value: String,
}

/// `GET /errors/{id}/split`; expert analysts. What making a value a group of its own would do.
pub(super) async fn split(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Split>,
) -> Result<HttpResponse, PageError> {
    let group = group(&viewer, &services, &id).await?;
    let (frame, value) = (viewer.frame, restored(&asked.value));
    let rule = Rule::Split { group: group.id, place: asked.place, value: value.clone() };
    match planned(&frame, &services, &group, &rule).await? {
        Ok(plan) => {
            let rest = (group.count - plan.n_logs).max(0);
            let values = [("n", frame.number(&plan.n_logs)), ("rest", frame.number(&rest)), ("value", value.clone())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let step = Step {
                action: format!("/errors/{}/split", group.id),
                fields: vec![("place", asked.place.to_string()), ("value", value.clone())],
                button: frame.t("group.split"),
                said: frame.say("regroup.plan.split", &values),
                about: frame.t("regroup.plan.about"),
                other: None,
                seen: seen(&frame, &plan),
                examples: plan.examples,
            };
            render(Page { frame, group, nearest: Vec::new(), chooses: false, step: Some(step), problem: None })
        }
        Err(problem) => render(Page { frame, group, nearest: Vec::new(), chooses: false, step: None, problem: Some(problem) }),
    }
}

/// How many Logs were looked at, where not all were.
fn seen(frame: &Frame, plan: &Plan) -> Option<String> {
    let number = |n: usize| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
    plan.of_newest.map(|n| frame.say("regroup.plan.newest", &[("n", &number(n))]))
}

#[derive(Deserialize)]
pub(super) struct Withdraw {
    /// The group on whose page the button was; blank on the page of the rules.
    #[serde(default)]
    group: String,
}

/// `GET /errors/rules/{id}/withdraw`; expert analysts. What taking a rule back would do.
pub(super) async fn withdraw(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Withdraw>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let id = regroup::rule(&viewer.frame, &id)?;
    let (rule, plan) = regroup::of_rule(&viewer.frame, regroup_plan::plan_withdrawal(&services, &id).await)?;
    let (Rule::Merge { group: source, .. } | Rule::Split { group: source, .. }) = &rule;
    let group = group(&viewer, &services, &source.to_string()).await?;
    let other = services.store.find_log_error(&rule.target()).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let frame = viewer.frame;
    let step = Step {
        action: format!("/errors/rules/{id}/withdraw"),
        fields: vec![("group", asked.into_inner().group)],
        button: frame.t("rules.withdraw"),
        said: frame.say("regroup.plan.back", &[("n", &frame.number(&plan.n_logs))]),
        about: frame.t("regroup.plan.back.about"),
        other,
        seen: seen(&frame, &plan),
        examples: plan.examples,
    };
    render(Page { frame, group, nearest: Vec::new(), chooses: false, step: Some(step), problem: None })
}

async fn group(viewer: &Viewer, services: &Services, id: &str) -> Result<LogError, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let found = services.store.find_log_error(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    found.ok_or_else(missing)
}

/// What the rule would do, or why it cannot hold, in words.
async fn planned(frame: &Frame, services: &Services, group: &LogError, rule: &Rule) -> Result<Result<Plan, String>, PageError> {
    match regroup_plan::plan(services, rule).await {
        Ok(plan) => Ok(Ok(plan)),
        Err(RegroupError::NotFound(missing)) if missing == group.id => Err(PageError::NotFound(frame.clone())),
        Err(error) => told(frame, error).map(Err),
    }
}

fn render(template: Page) -> Result<HttpResponse, PageError> {
    let status = if template.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_as(status, &template.frame, &template)
}
