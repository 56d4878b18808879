//! One decision for the selected rows of the queue: what it would do, doing it, taking it back.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    activity,
    error::{PageError, page, see},
    form,
    session::{Frame, Viewer},
    triage::{self, UntilForm},
};
use crate::{
    domain::{BulkId, GroupId, LogError, Role},
    usecase::{
        Services,
        regroup::RegroupError,
        triage::{
            Decision,
            bulk::{self, BulkError, ForAll, MAX_GROUPS},
        },
    },
};

#[derive(Template)]
#[template(path = "bulk.html")]
struct Page {
    frame: Frame,
    /// What is to be done, in words.
    said: String,
    /// What it would change, in words.
    change: String,
    groups: Vec<LogError>,
    /// Where the form is sent, what its button says, and the fields that it repeats.
    action: String,
    button: String,
    fields: Vec<(String, String)>,
    back: String,
    /// Groups that it would leave alone.
    left: Option<String>,
}

/// What the form of the queue says. A name may come several times, which a struct of fields cannot say.
struct Asked {
    groups: Vec<GroupId>,
    decision: Option<ForAll>,
    fields: Vec<(String, String)>,
    csrf: String,
    token: String,
    back: String,
}

impl Asked {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let field = |name: &str| pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let named = pairs.iter().filter(|(name, _)| name == "group").filter_map(|(_, value)| value.parse().ok());
        // One more than may be changed is enough to say so.
        let groups: Vec<GroupId> = named.take(MAX_GROUPS + 1).collect();
        let until = UntilForm { until: field("until"), more: field("more"), date: field("date"), rate: field("rate") };
        let decision = match field("do").as_str() {
            "assign" => Some(ForAll::Each(Decision::Assign(triage::assignee(&field("to"))))),
            "ignore" => until.read().map(|until| ForAll::Each(Decision::Ignore(until))),
            "reopen" => Some(ForAll::Each(Decision::Reopen)),
            "merge" => field("into").parse().ok().or(groups.first().copied()).map(ForAll::Merge),
            _ => None,
        };
        let back =
            Some(field("back")).filter(|back| back == "/errors" || back.starts_with("/errors?")).unwrap_or_else(|| "/errors".to_owned());
        let (csrf, token) = (field("csrf"), field("token"));
        let repeated = ["do", "to", "until", "more", "date", "rate"];
        let fields = pairs.into_iter().filter(|(name, _)| repeated.contains(&name.as_str())).collect();
        Self { groups, decision, fields, csrf, token, back }
    }
}

/// What an expert analyst asks for, and what is to be done.
fn permitted(viewer: &Viewer, pairs: Vec<(String, String)>) -> Result<(Asked, ForAll), PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let mut asked = Asked::read(pairs);
    viewer.check_csrf(&asked.csrf)?;
    let unreadable = || PageError::Invalid(viewer.frame.clone(), viewer.frame.t("until.unreadable"));
    let decision = asked.decision.take().ok_or_else(unreadable)?;
    Ok((asked, decision))
}

/// `POST /errors/bulk`; expert analysts. What a decision would do; nothing is changed.
pub(super) async fn count(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let (asked, decision) = permitted(&viewer, pairs)?;
    let now = DateTime::now();
    let found = match bulk::dry_run(&services, &asked.groups, &decision, &viewer.user.name, now).await {
        Ok(found) => found,
        Err(error) => return Err(told(viewer.frame, error)),
    };
    let frame = viewer.frame;
    let number = |n: usize| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
    let mut fields = asked.fields;
    fields.extend(found.groups.iter().map(|group| ("group".to_owned(), group.id.to_string())));
    if let ForAll::Merge(into) = &decision {
        fields.push(("into".to_owned(), into.to_string()));
    }
    fields.push(("token".to_owned(), now.timestamp_millis().to_string()));
    let template = Page {
        said: said(&frame, &decision),
        change: frame.say("bulk.count", &[("n", &number(found.groups.len())), ("logs", &frame.number(&found.n_logs))]),
        left: (found.n_left > 0).then(|| frame.say("bulk.left", &[("n", &number(found.n_left))])),
        groups: found.groups,
        action: "/errors/bulk/apply".to_owned(),
        button: frame.t("bulk.apply"),
        fields,
        back: asked.back,
        frame,
    };
    page(&template.frame, &template)
}

/// What is to be done, in words.
fn said(frame: &Frame, decision: &ForAll) -> String {
    match decision {
        ForAll::Each(Decision::Assign(None)) => frame.t("bulk.assign.nobody"),
        ForAll::Each(Decision::Assign(Some(to))) => frame.say("bulk.assign", &[("to", to)]),
        ForAll::Each(Decision::Ignore(until)) => frame.say("bulk.ignore", &[("until", &activity::until(frame, until))]),
        ForAll::Each(Decision::Reopen) => frame.t("bulk.reopen"),
        ForAll::Merge(into) => frame.say("bulk.merge", &[("into", &into.to_string())]),
    }
}

/// `POST /errors/bulk/apply`; expert analysts.
pub(super) async fn apply(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(pairs): form::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let (asked, decision) = permitted(&viewer, pairs)?;
    match bulk::apply(&services, &asked.groups, &decision, &asked.token, &viewer.user.name, DateTime::now()).await {
        Ok(done) => Ok(see(&with(&asked.back, &format!("done={}", done.id)))),
        Err(error) => Err(told(viewer.frame, error)),
    }
}

#[derive(Deserialize)]
pub(super) struct UndoAsked {
    #[serde(default)]
    back: String,
}

/// `GET /errors/bulk/{id}/undo`; whoever made the change, and administrators. What taking it back would do; nothing is changed.
pub(super) async fn plan_undo(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<UndoAsked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    let id: BulkId = id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    let found = match bulk::plan_undo(&services, &id, &viewer.user).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(PageError::NotFound(viewer.frame)),
        Err(error) => return Err(told(viewer.frame, error)),
    };
    let frame = viewer.frame;
    let number = |n: usize| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
    let merges = found.groups.iter().any(|group| group.triage.merged_into.is_some());
    let mut change = frame.say("bulk.undo.count", &[("n", &number(found.groups.len()))]);
    if merges {
        change = format!("{change} {}", frame.t("bulk.undo.merged"));
    }
    let template = Page {
        said: frame.t("bulk.undo.title"),
        change,
        left: (found.n_left > 0).then(|| frame.say("bulk.undo.left", &[("n", &number(found.n_left))])),
        groups: found.groups,
        action: format!("/errors/bulk/{id}/undo"),
        button: frame.t("bulk.undo"),
        fields: Vec::new(),
        back: Asked::read(vec![("back".to_owned(), asked.into_inner().back)]).back,
        frame,
    };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct Undo {
    csrf: String,
    #[serde(default)]
    back: String,
}

/// `POST /errors/bulk/{id}/undo`; whoever made the change, and administrators.
pub(super) async fn undo(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Undo>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let id: BulkId = id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))?;
    let back = Asked::read(vec![("back".to_owned(), form.back)]).back;
    match bulk::undo(&services, &id, &viewer.user, DateTime::now()).await {
        Ok(Some(undone)) => Ok(see(&with(&back, &format!("done={id}&back={}", undone.n_back)))),
        Ok(None) => Err(PageError::NotFound(viewer.frame)),
        Err(error) => Err(told(viewer.frame, error)),
    }
}

/// An address with something more in its query.
fn with(address: &str, more: &str) -> String {
    format!("{address}{}{more}", if address.contains('?') { '&' } else { '?' })
}

fn told(frame: Frame, error: BulkError) -> PageError {
    let said = match error {
        BulkError::Store(error) | BulkError::Triage(crate::usecase::triage::TriageError::Store(error)) => {
            return PageError::failed(frame, error);
        }
        BulkError::Merge(RegroupError::Store(error)) => return PageError::failed(frame, error),
        BulkError::Another => return PageError::Forbidden(frame),
        BulkError::Number => frame.say("bulk.number", &[("n", &MAX_GROUPS.to_string())]),
        BulkError::Triage(error) => triage::told(&frame, &error),
        BulkError::Merge(RegroupError::Known(_)) => frame.t("regroup.known"),
        BulkError::Merge(RegroupError::NotFound(_)) => frame.t("regroup.no_group"),
        BulkError::Merge(RegroupError::Rule(_)) => frame.t("regroup.circle"),
    };
    PageError::Invalid(frame, said)
}
