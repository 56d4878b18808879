//! The draft on an error's page: shown, asked for, called off, turned down; and for administrators, what was asked.
//!
//! What a model wrote is a stranger's text: it is shown as text.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page, see},
    errors,
    escape::restored,
    form,
    session::{Frame, Viewer},
    suggestion_panel::{Panel, panel, writer},
};
use crate::{
    domain::{GroupId, LogError, Objection, Role, Suggestion},
    usecase::{
        Services,
        diagnose::{self, Unexplained},
        suggest::{self, SuggestError, TurnedDown, Wish},
    },
};

#[derive(Template)]
#[template(path = "suggestion.html")]
struct Fragment {
    frame: Frame,
    panel: Panel,
}

#[derive(Template)]
#[template(path = "suggestion_prompt.html")]
struct PromptPage {
    frame: Frame,
    group: GroupId,
    model: String,
    sent_to: Option<String>,
    system: String,
    user: String,
}

async fn group_of(viewer: &Viewer, services: &Services, id: &str) -> Result<LogError, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let id: GroupId = id.parse().map_err(|_| missing())?;
    let found = services.store.find_log_error(&id).await.map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    found.ok_or_else(missing)
}

/// `GET /errors/{id}/suggestion`; programmers and analysts. The panel alone.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let group = group_of(&viewer, &services, &id).await?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let example = viewer.reads(&services).find_log(&group.example_log_id).await.map_err(failed)?;
    let near = diagnose::nearest_in_meaning(&services, Unexplained::of_group(&group, example.as_ref())).await;
    let panel = panel(&services, &viewer.frame, &group, example.as_ref(), &near).await.map_err(failed)?;
    let template = Fragment { panel, frame: viewer.frame };
    page(&template.frame, &template)
}

/// Which suggestion.
#[derive(Deserialize)]
pub(super) struct Of {
    #[serde(default)]
    pub(super) of: String,
}

/// The suggestion that an address or a form names.
pub(super) async fn named(viewer: &Viewer, services: &Services, group: &str, of: &str) -> Result<Suggestion, PageError> {
    let missing = || PageError::NotFound(viewer.frame.clone());
    let (group, of) = (group.parse().map_err(|_| missing())?, of.parse().map_err(|_| missing())?);
    match suggest::find(services, &group, &of).await {
        Ok(found) => Ok(found),
        Err(SuggestError::Store(error)) => Err(PageError::failed(viewer.frame.clone(), error)),
        Err(_) => Err(missing()),
    }
}

/// `GET /errors/{id}/suggestion/prompt`; administrators. What was asked, to the letter.
pub(super) async fn prompt(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    of: web::Query<Of>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::SystemAdministrator)?;
    let found = named(&viewer, &services, &id, &of.of).await?;
    let Some(asked) = found.prompt else { return Err(PageError::NotFound(viewer.frame)) };
    let template = PromptPage {
        group: found.group,
        model: writer(&viewer.frame, &found.model),
        sent_to: found.sent_to.map(|place| writer(&viewer.frame, &place)),
        system: asked.system,
        user: asked.user,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

#[derive(Deserialize)]
pub(super) struct AskForm {
    csrf: String,
    #[serde(default)]
    context: String,
}

/// `POST /errors/{id}/suggestion`; expert analysts.
pub(super) async fn ask(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<AskForm>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    let language = viewer.frame.language.code().to_owned();
    let wish = Wish { group, language, context: restored(&form.context), by: viewer.user.name.clone() };
    let done = suggest::ask(&services, &wish, DateTime::now()).await.map(drop);
    answer(viewer, &services, group, done).await
}

#[derive(Deserialize)]
pub(super) struct SettleForm {
    csrf: String,
    #[serde(default)]
    of: String,
    #[serde(default)]
    objection: String,
    #[serde(default)]
    reason: String,
}

/// `POST /errors/{id}/suggestion/cancel`; expert analysts.
pub(super) async fn cancel(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<SettleForm>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    let found = named(&viewer, &services, &id, &form.of).await?;
    let done = suggest::cancel(&services, &group, &found.id, &viewer.user.name, DateTime::now()).await.map(drop);
    answer(viewer, &services, group, done).await
}

/// `POST /errors/{id}/suggestion/reject`; expert analysts.
pub(super) async fn reject(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    form::Form(form): form::Form<SettleForm>,
) -> Result<HttpResponse, PageError> {
    let group = errors::asked_about(&viewer, &form.csrf, &id)?;
    let found = named(&viewer, &services, &id, &form.of).await?;
    let why = TurnedDown { objection: Objection::named(&form.objection), reason: &restored(&form.reason) };
    let done = suggest::reject(&services, &group, &found.id, why, &viewer.user.name, DateTime::now()).await.map(drop);
    answer(viewer, &services, group, done).await
}

async fn answer(viewer: Viewer, services: &Services, group: GroupId, done: Result<(), SuggestError>) -> Result<HttpResponse, PageError> {
    let problem = match done {
        // What was settled meanwhile is seen on the page.
        Ok(()) | Err(SuggestError::Settled(_) | SuggestError::Known) => return Ok(see(&format!("/errors/{group}#suggestion"))),
        Err(SuggestError::NotFound) => return Err(PageError::NotFound(viewer.frame)),
        Err(SuggestError::Store(error)) => return Err(PageError::failed(viewer.frame, error)),
        Err(SuggestError::Overloaded(n)) => viewer.frame.say("suggest.overloaded", &[("n", &n.to_string())]),
        Err(SuggestError::TooLong) => viewer.frame.say("suggest.too_long", &[("n", &suggest::MAX_WORDS.to_string())]),
    };
    errors::refused(viewer, services, &group.to_string(), problem).await
}
