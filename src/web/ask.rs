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
    domain::Role,
    usecase::{
        Services,
        suggest::{self, About, Answered, AskError},
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
    question: String,
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
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    /// The page that the question is about.
    back: String,
    problem: Option<String>,
    answer: Option<Shown>,
    max: usize,
}

/// The answer as it is shown.
struct Shown {
    text: Vec<Piece>,
    not_in_data: bool,
    has_doubts: bool,
    cites: Vec<(String, String)>,
    model: String,
    sent_to: Option<String>,
}

fn shown(services: &Services, frame: &Frame, answer: Answered) -> Shown {
    Shown {
        text: marked::pieces(&answer.text, &answer.doubts),
        not_in_data: answer.not_in_data,
        has_doubts: !answer.doubts.is_empty(),
        cites: suggestion_panel::cites(services, frame, &answer.cites),
        model: answer.model,
        sent_to: answer.sent_to,
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

/// `GET /ask`; whoever is signed in, of what they may see. The form.
pub(super) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let asked = asked.into_inner();
    let Some(about) = asked.read() else { return Err(PageError::NotFound(viewer.frame)) };
    if matches!(about, About::Error(_)) {
        viewer.require(Role::ProgrammerDeveloper)?;
    }
    let template = Page { back: back(about), asked, problem: None, answer: None, max: suggest::MAX_QUESTION, frame: viewer.frame };
    page_as(http::StatusCode::OK, &template.frame, &template)
}

/// `POST /ask`; whoever is signed in, of what they may see. The answer, when it is whole.
pub(super) async fn submit(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Asked>,
) -> Result<HttpResponse, PageError> {
    viewer.check_csrf(&form.csrf)?;
    let Some(about) = form.read() else { return Err(PageError::NotFound(viewer.frame)) };
    if matches!(about, About::Error(_)) {
        viewer.require(Role::ProgrammerDeveloper)?;
    }
    let frame = &viewer.frame;
    let found = suggest::ask_question(&services, &viewer.user, about, &restored(&form.question), frame.language.code()).await;
    let (answer, problem, status) = match found {
        Ok(answer) => (Some(shown(&services, frame, answer)), None, http::StatusCode::OK),
        Err(AskError::NotFound) => return Err(PageError::NotFound(viewer.frame)),
        Err(AskError::Store(error)) => return Err(PageError::failed(viewer.frame, error)),
        Err(error) => {
            let problem = match &error {
                AskError::Question => frame.say("ask.question", &[("n", &suggest::MAX_QUESTION.to_string())]),
                AskError::NoModel => frame.t("ask.no_model"),
                AskError::Busy => frame.t("ask.busy"),
                error => frame.say("ask.failed", &[("reason", &error.to_string())]),
            };
            (None, Some(problem), http::StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let template = Page { back: back(about), asked: form, problem, answer, max: suggest::MAX_QUESTION, frame: viewer.frame };
    page_as(status, &template.frame, &template)
}
