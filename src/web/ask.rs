//! A free question about an error, a Log or a saved view, and the answer with what it rests on.

use actix_web::{HttpResponse, http, web};
use askama::Template;
use serde::Deserialize;

use super::{
    error::{PageError, page_as},
    escape::restored,
    form,
    marked::{self, Piece},
    session::{Frame, Viewer},
    suggestion_panel,
};
use crate::{
    domain::{AskedPrompt, Role},
    usecase::{
        Services,
        suggest::{self, About, Answered, AskError, Progress},
    },
};

/// What is asked about, as addresses and forms say it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    csrf: String,
    /// `error`, `log` or `view`.
    about: String,
    id: String,
    pub(super) question: String,
}

impl Asked {
    fn read(&self) -> Option<About> {
        match self.about.as_str() {
            "error" => self.id.parse().ok().map(About::Error),
            "log" => self.id.parse().ok().map(About::Log),
            "view" => self.id.parse().ok().map(About::View),
            _ => None,
        }
    }

    /// What is asked about, where this person may ask at all.
    pub(super) fn allowed(&self, viewer: &Viewer) -> Result<About, PageError> {
        viewer.check_csrf(&self.csrf)?;
        self.visible(viewer)
    }

    fn visible(&self, viewer: &Viewer) -> Result<About, PageError> {
        let Some(about) = self.read() else { return Err(PageError::NotFound(viewer.frame.clone())) };
        if matches!(about, About::Error(_)) {
            viewer.require(Role::ProgrammerDeveloper)?;
        }
        Ok(about)
    }
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    /// The page that the question is about.
    back: String,
    outcome: Outcome,
    /// The model on another machine that the evidence goes to.
    sent_to: Option<String>,
    max: usize,
}

/// What came of a question: nothing before it is asked.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) problem: Option<String>,
    pub(super) answer: Option<Shown>,
}

/// The answer as it is shown.
pub(super) struct Shown {
    pub(super) text: Vec<Piece>,
    pub(super) not_in_data: bool,
    pub(super) has_doubts: bool,
    pub(super) cites: Vec<(String, String)>,
    pub(super) model: String,
    pub(super) sent_to: Option<String>,
    /// That not all evidence fitted, and which; blank where all did.
    pub(super) left_out: String,
    /// What the model was asked, for administrators.
    pub(super) prompt: Option<AskedPrompt>,
}

fn shown(services: &Services, frame: &Frame, answer: Answered) -> Shown {
    Shown {
        text: marked::pieces(&answer.text, &answer.doubts),
        not_in_data: answer.not_in_data,
        has_doubts: !answer.doubts.is_empty(),
        cites: suggestion_panel::cites(services, frame, &answer.cites),
        model: suggestion_panel::writer(frame, &answer.model),
        sent_to: answer.sent_to.map(|place| suggestion_panel::writer(frame, &place)),
        left_out: suggestion_panel::left_out(frame, &answer.left_out),
        prompt: answer.prompt.filter(|_| frame.may_manage()),
    }
}

/// The page that something stands on.
fn back(about: About) -> String {
    match about {
        About::Error(id) => format!("/errors/{id}"),
        About::Log(id) => format!("/logs/{id}"),
        About::View(_) => "/logs".to_owned(),
    }
}

impl Outcome {
    /// Asks; `tell` hears how far the answer is.
    pub(super) async fn of(
        services: &Services,
        viewer: &Viewer,
        about: About,
        question: &str,
        tell: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, PageError> {
        let frame = &viewer.frame;
        let problem = match suggest::ask_question(services, &viewer.user, about, &restored(question), frame.language.code(), tell).await {
            Ok(answer) => return Ok(Self { answer: Some(shown(services, frame, answer)), problem: None }),
            Err(AskError::NotFound) => return Err(PageError::NotFound(frame.clone())),
            Err(AskError::Store(error)) => return Err(PageError::failed(frame.clone(), error)),
            Err(AskError::Question) => frame.say("ask.question", &[("n", &suggest::MAX_QUESTION.to_string())]),
            Err(AskError::NoModel) => frame.t("ask.no_model"),
            Err(AskError::Busy) => frame.t("ask.busy"),
            Err(error @ AskError::Failed(_)) => frame.say("ask.failed", &[("reason", &error.to_string())]),
        };
        Ok(Self { problem: Some(problem), answer: None })
    }
}

fn page_of(viewer: Viewer, services: &Services, asked: Asked, about: About, outcome: Outcome) -> Result<HttpResponse, PageError> {
    let status = if outcome.problem.is_some() { http::StatusCode::UNPROCESSABLE_ENTITY } else { http::StatusCode::OK };
    let sent_to = suggestion_panel::goes_to(services, &viewer.frame);
    let template = Page { back: back(about), asked, outcome, sent_to, max: suggest::MAX_QUESTION, frame: viewer.frame };
    page_as(status, &template.frame, &template)
}

/// `GET /ask`; whoever is signed in, of what they may see. The form.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let about = asked.visible(&viewer)?;
    page_of(viewer, &services, asked.into_inner(), about, Outcome::default())
}

/// `POST /ask`; whoever is signed in, of what they may see. The answer, when it is whole.
pub(super) async fn submit(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Asked>,
) -> Result<HttpResponse, PageError> {
    let about = form.allowed(&viewer)?;
    let outcome = Outcome::of(&services, &viewer, about, &form.question, &|_| {}).await?;
    page_of(viewer, &services, form, about, outcome)
}
