//! One group of unknown errors.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use serde::Deserialize;

use super::{
    activity, around,
    chart::Chart,
    error::{PageError, page_as},
    examples::Exchange,
    explain::{Form, Proposed, Shown},
    group_parts, known,
    queue_view::View,
    session::{Frame, Viewer},
    statuses, suggestion_panel, times,
    values::{self, Part},
};
use crate::{
    domain::{GroupId, GroupState, KnownError, LifeCycle, Log, LogError, Role, User},
    usecase::{
        Services,
        diagnose::{self, Match, Reason, Why},
        four_eyes,
    },
};

/// Known errors further away than this are no hint by their text.
const NEAR: f64 = 0.05;
/// Hints of each kind that are shown.
const HINTS: usize = 3;

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    frame: Frame,
    /// The queue that was looked at last.
    back: String,
    group: LogError,
    example: Option<Log>,
    nearest: Vec<Nearest>,
    written: Vec<Written>,
    statuses: Vec<statuses::Node>,
    /// The common text in parts, and its variables with the values that they take.
    parts: Vec<Part>,
    variables: Vec<values::Shown>,
    /// How many Logs the values were taken from.
    sampled: String,
    chart: Chart,
    around: Option<around::View>,
    panel: suggestion_panel::Panel,
    /// Another person has to approve what is written here.
    four_eyes: bool,
    /// Address and title of what explains it once another person has approved it.
    waiting: Option<(String, String)>,
    activities: Vec<activity::Said>,
    more_activities: bool,
    /// Who can be asked to deal with it.
    people: Vec<String>,
    /// Who set it aside until when.
    aside: Option<String>,
    /// A rate above what was usual lately.
    suggested_rate: i64,
    form: Form,
    problem: Option<String>,
    /// Logs that a rule about groups moved here.
    moved: Option<String>,
    preview: Option<Shown>,
    exchanges: Vec<Exchange>,
    proposed: Proposed,
}

/// A known error that is near.
struct Nearest {
    address: String,
    title: String,
    score: f64,
    reasons: Vec<String>,
}

/// A known error whose text is not like this one, and about which words of it are written.
struct Written {
    address: String,
    title: String,
    reason: String,
}

/// What a page about a group says beside the group.
#[derive(Default)]
pub(super) struct Said {
    pub(super) form: Option<Form>,
    pub(super) problem: Option<String>,
    pub(super) moved: Option<i64>,
    pub(super) preview: Option<Shown>,
    pub(super) around: around::Asked,
}

impl Said {
    /// What is wrong with a form, which is to be filled in again.
    pub(super) fn refused(form: Form, problem: String) -> Self {
        Self { form: Some(form), problem: Some(problem), ..Self::default() }
    }
}

/// The group that an analyst's form is about.
pub(super) fn asked_about(viewer: &Viewer, csrf: &str, id: &str) -> Result<GroupId, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(csrf)?;
    id.parse().map_err(|_| PageError::NotFound(viewer.frame.clone()))
}

/// The page of a group with what was wrong with a request.
pub(super) async fn refused(viewer: Viewer, services: &Services, id: &str, problem: String) -> Result<HttpResponse, PageError> {
    render(viewer, services, id, Said { problem: Some(problem), ..Said::default() }).await
}

/// The page of a group.
pub(super) async fn render(viewer: Viewer, services: &Services, id: &str, said: Said) -> Result<HttpResponse, PageError> {
    let Said { form, problem, moved, preview, around: asked } = said;
    let reads = viewer.reads(services);
    let frame = viewer.frame;
    let failed = |error| PageError::failed(frame.clone(), error);
    let missing = || PageError::NotFound(frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let group = services.store.find_log_error(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let parts = group_parts::read(services, &frame, &reads, &group, &asked).await.map_err(failed)?;
    let draft = parts.panel.latest.as_ref();
    let form = form.unwrap_or_else(|| Form {
        answers: draft.map(|draft| draft.answer.clone()).unwrap_or_default(),
        status: draft.filter(|draft| !draft.answer.is_empty()).map(|draft| draft.status.clone()).unwrap_or_default(),
        title: frame.headline(&group.template.replace("<*>", "…")),
        text: group.message.clone(),
        ..Form::default()
    });
    let status = if problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let given = group.status.map(|code| code.to_string()).unwrap_or_default();
    let own = services.groups.variables(id, &group.message);
    let n_logs = frame.number(&i64::try_from(parts.sample.n_logs).unwrap_or(i64::MAX));
    let template = Page {
        back: View::last(&frame.queue).address(),
        proposed: Proposed::of(services, &frame, &group, parts.sample.shared.as_ref()),
        parts: values::parts(&group.template, own.len()),
        variables: values::shown(&frame, id, &own, &parts.sample.values),
        sampled: frame.say("values.sample", &[("n", &n_logs)]),
        chart: times::chart(&frame, id, &parts.times),
        four_eyes: four_eyes::is_on(services),
        waiting: waiting(&frame, services, &group),
        activities: activity::stream(&frame, &group, &parts.activities, &parts.rules),
        people: parts.people.into_iter().filter(User::may_triage).map(|user| user.name).collect(),
        aside: aside(&frame, &group),
        suggested_rate: (parts.times.busiest_hour() * 2).max(10),
        written: written(&frame, services, &parts.near),
        nearest: nearest(&frame, services, parts.near),
        statuses: statuses::offered(parts.statuses, &given),
        moved: moved.map(|n| frame.say("group.moved", &[("n", &frame.number(&n))])),
        exchanges: parts.exchanges,
        around: parts.around,
        panel: parts.panel,
        more_activities: parts.more_activities,
        example: parts.example,
        group,
        form,
        problem,
        preview,
        frame,
    };
    page_as(status, &template.frame, &template)
}

/// The nearest known errors, and why they are near.
fn nearest(frame: &Frame, services: &Services, found: Vec<Match>) -> Vec<Nearest> {
    let found = found.into_iter().filter(|found| found.score >= NEAR).take(HINTS);
    let found = found.filter_map(|found| {
        let entry = services.knowledge.entry(&found.id)?;
        let title = frame.either(&entry.title, &entry.title_uk).to_owned();
        let reasons = found.reasons.into_iter().map(|reason| frame.why(&diagnose::why(services, reason))).collect();
        Some(Nearest { address: known::address(&found.id), title, score: (found.score * 100.0).round(), reasons })
    });
    found.collect()
}

/// The known errors that only what is written about them speaks for: how near they are nobody says.
fn written(frame: &Frame, services: &Services, found: &[Match]) -> Vec<Written> {
    let found = found.iter().filter(|found| found.score < NEAR).filter_map(|found| {
        let described = found.reasons.iter().find(|reason| matches!(reason, Reason::Described(_)))?;
        let entry = services.knowledge.entry(&found.id)?;
        let (title, reason) = (frame.either(&entry.title, &entry.title_uk).to_owned(), frame.why(&Why::Text(described.clone())));
        Some(Written { address: known::address(&found.id), title, reason })
    });
    found.take(HINTS).collect()
}

/// What was written of a group and waits for another person's approval.
fn waiting(frame: &Frame, services: &Services, group: &LogError) -> Option<(String, String)> {
    if group.known_error_id.is_some() {
        return None;
    }
    let named = |entry: &KnownError| (known::address(&entry.id), frame.either(&entry.title, &entry.title_uk).to_owned());
    let waits = |entry: &KnownError| entry.from_group == Some(group.id) && entry.state == LifeCycle::Review;
    services.knowledge.select(waits, named).pop()
}

/// Who set a group aside until when, in words.
fn aside(frame: &Frame, group: &LogError) -> Option<String> {
    if group.state != GroupState::Ignored {
        return None;
    }
    Some(match &group.triage.ignored {
        Some(ignored) => frame.say("triage.aside", &[("by", &ignored.by), ("until", &activity::until(frame, &ignored.until))]),
        None => frame.t("triage.aside.always"),
    })
}

/// `GET /errors/{id}`; programmers and analysts.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let Asked { moved, near, by, span } = asked.into_inner();
    render(viewer, &services, &id, Said { moved, around: around::Asked { near, by, span }, ..Said::default() }).await
}

/// What the address of a group's page may say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Logs that a rule about groups moved here.
    moved: Option<i64>,
    near: String,
    by: String,
    span: String,
}
