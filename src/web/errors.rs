//! Unknown errors: the list, one group, and its approval.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, page_as, see},
    escape::restored,
    form, known,
    session::{Frame, Viewer},
    statuses, told,
};
use crate::{
    domain::{GroupId, GroupState, KnownErrorId, Log, LogError, LogId, Role, StatusCode, StatusError},
    usecase::{
        Services,
        approve::{self, Approval, ApproveError, DraftError, StatusChoice},
        diagnose,
        groups::Variable,
        preview::{self, Draft, Preview, PreviewError},
    },
};

/// Errors that a preview looks at, the newest.
const PREVIEW_ERRORS: u64 = 200_000;
/// Groups on a page.
const PAGE: usize = 500;
/// Groups that can be leafed through.
const MAX_SEEN: usize = 50_000;
/// Known errors further away than this are no hint.
const NEAR: f64 = 0.05;

#[derive(Template)]
#[template(path = "errors.html")]
struct List {
    frame: Frame,
    state: &'static str,
    groups: Vec<LogError>,
    /// Address of the next page.
    next: Option<String>,
}

impl List {
    /// Whether groups in this state are shown.
    fn is(&self, state: &str) -> bool {
        self.state == state
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    after: Option<String>,
}

/// The last group of a page: the next one begins behind it, whatever was counted in the meantime.
#[derive(Clone, Copy)]
struct Cursor {
    count: i64,
    id: GroupId,
    /// Groups on this page and those before.
    seen: usize,
}

impl Cursor {
    /// `23_<id>_500`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let (count, id, seen) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { count, id, seen })
    }

    /// Whether the group comes later in the order of the list: the most frequent first.
    fn is_before(&self, group: &LogError) -> bool {
        (std::cmp::Reverse(self.count), self.id) < (std::cmp::Reverse(group.count), group.id)
    }
}

/// `GET /errors`; programmers and analysts.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let state =
        [GroupState::Known, GroupState::Ignored].into_iter().find(|state| state.as_str() == asked.state).unwrap_or(GroupState::Unknown);
    let after = asked.after.as_deref().and_then(Cursor::parse);
    let seen = after.map_or(0, |cursor| cursor.seen.min(MAX_SEEN));
    let found = services.store.list_log_errors(Some(state), seen + PAGE + 1).await;
    let mut groups = found.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    groups.retain(|group| after.is_none_or(|cursor| cursor.is_before(group)));
    let more = groups.len() > PAGE;
    groups.truncate(PAGE);
    let next = groups.last().filter(|_| more).map(|last| {
        let (state, seen) = (state.as_str(), seen + PAGE);
        format!("/errors?state={state}&after={}_{}_{seen}", last.count, last.id)
    });
    page(&viewer.frame.clone(), &List { frame: viewer.frame, state: state.as_str(), groups, next })
}

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
}

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    frame: Frame,
    group: LogError,
    example: Option<Log>,
    nearest: Vec<(String, String, f64)>,
    statuses: Vec<statuses::Node>,
    /// The values in the first message.
    variables: Vec<Variable>,
    form: Form,
    problem: Option<String>,
    /// Logs that a rule about groups moved here.
    moved: Option<String>,
    preview: Option<Shown>,
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
    let Said { form, problem, moved, preview } = said;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let group = services.store.find_log_error(&id).await.map_err(failed)?.ok_or_else(missing)?;
    let example = services.store.find_log(&group.example_log_id).await.map_err(failed)?;
    let nearest = diagnose::nearest(services, &group.message).into_iter().take(3).filter(|found| found.score >= NEAR).filter_map(|found| {
        let entry = services.knowledge.entry(&found.id)?;
        Some((known::address(&found.id), entry.title, (found.score * 100.0).round()))
    });
    let nearest = nearest.collect();
    let statuses = statuses::tree(services.store.list_status_errors().await.map_err(failed)?);
    let form = form.unwrap_or_else(|| Form {
        title: viewer.frame.headline(&group.template.replace("<*>", "…")),
        text: group.message.clone(),
        ..Form::default()
    });
    let status = if problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let moved = moved.map(|n| viewer.frame.say("group.moved", &[("n", &viewer.frame.number(&n))]));
    let variables = services.groups.variables(id, &group.message);
    let template = Page { group, example, nearest, statuses, variables, form, problem, moved, preview, frame: viewer.frame };
    page_as(status, &template.frame, &template)
}

/// `GET /errors/{id}`; programmers and analysts.
pub(super) async fn show(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    asked: web::Query<Moved>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    render(viewer, &services, &id, Said { moved: asked.moved, ..Said::default() }).await
}

#[derive(Deserialize)]
pub(super) struct Moved {
    moved: Option<i64>,
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
    match preview::preview(&services, &entry, preview::ALWAYS, PREVIEW_ERRORS).await {
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

#[derive(Deserialize)]
pub(super) struct Ignore {
    csrf: String,
}

/// `POST /errors/{id}/ignore`; expert analysts.
pub(super) async fn ignore(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<Ignore>,
) -> Result<HttpResponse, PageError> {
    let group = asked_about(&viewer, &form.csrf, &id)?;
    match approve::ignore(&services, group).await {
        Ok(()) => Ok(see("/errors")),
        Err(ApproveError::Store(error)) => Err(PageError::failed(viewer.frame, error)),
        Err(_) => Err(PageError::NotFound(viewer.frame)),
    }
}
