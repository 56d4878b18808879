//! What analysts decided about groups: which are one, and which value is a group of its own; each can be taken back.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    form, regroup,
    session::{Frame, Viewer},
};
use crate::{
    domain::{GroupId, GroupRule, Role},
    usecase::{
        Services,
        regroup::Rule,
        regroup_plan::{self, rules},
    },
};

/// Rules on a page.
const PAGE: usize = 200;

/// A rule in words.
struct Row {
    id: String,
    by: String,
    at: String,
    /// The group that it is about, and its common text.
    group: (String, String),
    /// The group that has its messages.
    into: (String, String),
    /// The value that is a group of its own.
    value: Option<String>,
}

#[derive(Template)]
#[template(path = "group_rules.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// There are more rules than are shown.
    more: bool,
}

/// `GET /errors/rules`; programmers and analysts.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let mut rules = rules(&services).await.map_err(failed)?;
    let more = rules.len() > PAGE;
    rules.truncate(PAGE);
    let ids: Vec<GroupId> = rules.iter().flat_map(|(_, rule)| [source(rule), rule.target()]).collect();
    let groups = services.store.find_log_errors(&ids).await.map_err(failed)?;
    let frame = viewer.frame;
    let named = |id: GroupId| {
        let group = groups.iter().find(|group| group.id == id);
        (id.to_string(), group.map_or_else(|| id.to_string(), |group| frame.headline(&group.template.replace("<*>", "…"))))
    };
    let row = |(kept, rule): &(GroupRule, Rule)| Row {
        id: kept.id.to_string(),
        by: kept.by.clone(),
        at: frame.moment(&kept.created_at),
        group: named(source(rule)),
        into: named(rule.target()),
        value: match rule {
            Rule::Merge { .. } => None,
            Rule::Split { value, .. } => Some(value.clone()),
        },
    };
    let rows = rules.iter().map(row).collect();
    page(&frame.clone(), &Page { frame, rows, more })
}

/// The group that a rule is about.
fn source(rule: &Rule) -> GroupId {
    match rule {
        Rule::Merge { group, .. } | Rule::Split { group, .. } => *group,
    }
}

#[derive(Deserialize)]
pub(super) struct Withdraw {
    csrf: String,
    /// The group on whose page the button was; blank on the page of the rules.
    #[serde(default)]
    group: String,
}

/// `POST /errors/rules/{id}/withdraw`; expert analysts.
pub(super) async fn withdraw(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Withdraw>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let id = regroup::rule(&viewer.frame, &id)?;
    let back = form.group.parse::<GroupId>().map_or_else(|_| "/errors/rules".to_owned(), |group| format!("/errors/{group}#activity"));
    regroup::of_rule(&viewer.frame, regroup_plan::withdraw(&services, &id, &viewer.user.name, DateTime::now()).await)?;
    Ok(see(&back))
}
