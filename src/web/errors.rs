//! One group of unknown errors, and its approval.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    activity, around,
    chart::Chart,
    error::{PageError, page_as, see},
    escape::restored,
    form, known,
    session::{Frame, Viewer},
    statuses, suggestion_panel, times, told,
    values::{self, Part},
};
use crate::{
    domain::{GroupId, GroupState, KnownError, KnownErrorId, LifeCycle, Log, LogError, LogId, Role, StatusCode, StatusError, User},
    usecase::{
        Services,
        approve::{self, Approval, ApproveError, DraftError, StatusChoice},
        diagnose::{self, Unexplained, Why},
        four_eyes,
        preview::{self, Draft, Preview, PreviewError},
        values as sampling,
    },
};

/// Errors that a preview looks at, the newest.
const PREVIEW_ERRORS: u64 = 200_000;
/// Entries of the stream on a page.
const ACTIVITIES: usize = 200;
/// Known errors further away than this are no hint.
const NEAR: f64 = 0.05;

/// What stands in the form; kept when it has to be filled in again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    csrf: String,
    status: String,
    new_code: String,
    new_title: String,
    new_parent: String,
    title: String,
    text: String,
    keywords: String,
    answers: String,
    /// A preview looks at the last so many days; at all where there is no number.
    days: String,
}

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    frame: Frame,
    group: LogError,
    example: Option<Log>,
    nearest: Vec<Nearest>,
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
}

/// A known error that is near.
struct Nearest {
    address: String,
    title: String,
    score: f64,
    reasons: Vec<String>,
}

/// A preview in words.
struct Shown {
    /// What it catches of what nobody knew.
    unknown: String,
    /// What it takes from others: address, title, how many.
    taken: Vec<(String, String, String)>,
    /// How many errors were looked at.
    seen: String,
    examples: Vec<(LogId, String)>,
}

impl Shown {
    fn new(frame: &Frame, services: &Services, found: Preview) -> Self {
        let number = |n: u64| frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
        let n_unknown = found.unknown.iter().map(|(_, n)| n).sum();
        let named = |(id, n): &(KnownErrorId, u64)| {
            let title = services.knowledge.entry(id).map_or_else(|| id.to_string(), |entry| entry.title);
            (known::address(id), title, number(*n))
        };
        let seen = if found.incomplete { "group.preview.newest" } else { "group.preview.all" };
        Self {
            unknown: frame.say("group.preview.unknown", &[("n", &number(n_unknown))]),
            taken: found.taken.iter().map(named).collect(),
            seen: frame.say(seen, &[("n", &number(found.n_errors))]),
            examples: found.examples,
        }
    }
}

/// What a page about a group says beside the group.
#[derive(Default)]
struct Said {
    form: Option<Form>,
    problem: Option<String>,
    moved: Option<i64>,
    preview: Option<Shown>,
    around: around::Asked,
}

impl Said {
    /// What is wrong with a form, which is to be filled in again.
    fn refused(form: Form, problem: String) -> Self {
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

async fn render(viewer: Viewer, services: &Services, id: &str, said: Said) -> Result<HttpResponse, PageError> {
    let Said { form, problem, moved, preview, around: asked } = said;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let group = services.store.find_log_error(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let example = services.store.find_log(&group.example_log_id).await.map_err(failed)?;
    let nearest = nearest(&viewer.frame, services, Unexplained::of_group(&group, example.as_ref())).await;
    let given = group.status.map(|code| code.to_string()).unwrap_or_default();
    let statuses = statuses::offered(services.store.list_status_errors().await.map_err(failed)?, &given);
    let panel = suggestion_panel::panel(services, &viewer.frame, &group, example.as_ref()).await.map_err(failed)?;
    let draft = panel.latest.as_ref();
    let form = form.unwrap_or_else(|| Form {
        answers: draft.map(|draft| draft.answer.clone()).unwrap_or_default(),
        status: draft.filter(|draft| !draft.answer.is_empty()).map(|draft| draft.status.clone()).unwrap_or_default(),
        title: viewer.frame.headline(&group.template.replace("<*>", "…")),
        text: group.message.clone(),
        ..Form::default()
    });
    let status = if problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let moved = moved.map(|n| viewer.frame.say("group.moved", &[("n", &viewer.frame.number(&n))]));
    let frame = viewer.frame;
    let failed = |error| PageError::failed(frame.clone(), error);
    let sample = sampling::sample(services, id).await.map_err(failed)?;
    let times = services.store.find_times(&id).await.map_err(failed)?;
    let mut activities = services.store.list_activities(&id, ACTIVITIES + 1).await.map_err(failed)?;
    let more_activities = activities.len() > ACTIVITIES;
    activities.truncate(ACTIVITIES);
    let people = if frame.may_explain() { services.store.list_users().await.map_err(failed)? } else { Vec::new() };
    let own = services.groups.variables(id, &group.message);
    let n_logs = frame.number(&i64::try_from(sample.n_logs).unwrap_or(i64::MAX));
    let around = around::view(services, &frame, id, example.clone(), sample.latest, &asked).await.map_err(failed)?;
    let template = Page {
        parts: values::parts(&group.template, own.len()),
        variables: values::shown(&frame, id, &own, &sample.values),
        sampled: frame.say("values.sample", &[("n", &n_logs)]),
        chart: times::chart(&frame, id, &times),
        around,
        panel,
        four_eyes: four_eyes::is_on(services),
        waiting: waiting(&frame, services, &group),
        activities: activity::stream(&frame, &group, &activities),
        more_activities,
        people: people.into_iter().filter(User::may_triage).map(|user| user.name).collect(),
        aside: aside(&frame, &group),
        suggested_rate: (times.busiest_hour() * 2).max(10),
        group,
        example,
        nearest,
        statuses,
        form,
        problem,
        moved,
        preview,
        frame,
    };
    page_as(status, &template.frame, &template)
}

/// The nearest known errors, and why they are near.
async fn nearest(frame: &Frame, services: &Services, error: Unexplained) -> Vec<Nearest> {
    let found = diagnose::nearest_in_meaning(services, error).await.into_iter().take(3).filter(|found| found.score >= NEAR);
    let found = found.filter_map(|found| {
        let title = services.knowledge.entry(&found.id)?.title;
        let reasons = found.reasons.into_iter().map(|reason| frame.why(&Why::Text(reason))).collect();
        Some(Nearest { address: known::address(&found.id), title, score: (found.score * 100.0).round(), reasons })
    });
    found.collect()
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

/// `POST /errors/{id}/preview`; expert analysts. What the rule in the form would have caught lately; nothing is saved.
pub(super) async fn preview(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ExpertAnalyst)?;
    viewer.check_csrf(&form.csrf)?;
    let keywords = form::words(&restored(&form.keywords));
    let draft = Draft { title: form.title.clone(), text: restored(&form.text), keywords, ..Draft::default() };
    let entry = preview::on_trial(draft, DateTime::now());
    let since = preview::since(form.days.trim().parse().ok(), DateTime::now());
    match preview::preview(&services, &entry, since, PREVIEW_ERRORS).await {
        Ok(found) => {
            let preview = Some(Shown::new(&viewer.frame, &services, found));
            render(viewer, &services, &id, Said { form: Some(form), preview, ..Said::default() }).await
        }
        Err(PreviewError::Rule(error)) => {
            let problem = told::draft(&viewer.frame, &DraftError::Rule(error));
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(PreviewError::Condition(error)) => {
            let problem = told::filter(&viewer.frame, &error);
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(PreviewError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
    }
}

/// `POST /errors/{id}/approve`; expert analysts.
pub(super) async fn approve(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Form>,
) -> Result<HttpResponse, PageError> {
    let group = asked_about(&viewer, &form.csrf, &id)?;
    let Some(status) = choice(&form) else {
        let problem = viewer.frame.t("group.status.missing");
        return render(viewer, &services, &id, Said::refused(form, problem)).await;
    };
    let approval = Approval {
        group,
        status,
        title: form.title.clone(),
        text: restored(&form.text),
        keywords: form::words(&restored(&form.keywords)),
        answers: form::paragraphs(&form.answers),
        by: viewer.user.name.clone(),
    };
    match approve::approve(&services, approval, DateTime::now()).await {
        Ok(done) if done.waits => Ok(see(&known::address(&done.known_error_id))),
        Ok(done) => Ok(see(&format!("{}?approved={}", known::address(&done.known_error_id), done.n_logs))),
        Err(ApproveError::NotFound(_)) => Err(PageError::NotFound(viewer.frame)),
        Err(ApproveError::AlreadyKnown(known)) => Ok(see(&known::address(&known))),
        Err(ApproveError::Invalid(error)) => {
            let problem = told::draft(&viewer.frame, &error);
            render(viewer, &services, &id, Said::refused(form, problem)).await
        }
        Err(ApproveError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
    }
}

/// The status that the form names: a new one where its number or title is given. `None` when there is no readable number.
fn choice(form: &Form) -> Option<StatusChoice> {
    let number = |text: &str| text.trim().parse().map(StatusCode).ok();
    if form.new_code.trim().is_empty() && form.new_title.trim().is_empty() {
        return number(&form.status).map(StatusChoice::Existing);
    }
    Some(StatusChoice::New(StatusError {
        code: number(&form.new_code)?,
        title: form.new_title.trim().to_owned(),
        title_uk: None,
        parent: number(&form.new_parent),
        keywords: Vec::new(),
        colour: None,
        meaning: None,
        meaning_uk: None,
        retired: false,
    }))
}
