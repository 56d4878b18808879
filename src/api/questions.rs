//! Free questions about an error, a Log or a saved filter, answered from what is stored.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Body, missing},
    schema::{Definitions, Schema, one_of, shape},
    suggestions::{CiteShape, DoubtShape, DraftLanguage},
    words::Id,
};
use crate::usecase::{
    Services,
    suggest::{self, About, Answered, AskError},
};

/// What a question is about.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AboutWhat {
    /// A group of unknown errors.
    Error,
    /// A Log.
    Log,
    /// A saved filter.
    Query,
}

impl Schema for AboutWhat {
    fn schema(_: &mut Definitions) -> Value {
        one_of(&["error", "log", "query"])
    }
}

shape! {
    /// A free question.
    QuestionInput {
        /// What it is about.
        about: AboutWhat,
        /// Which one.
        id: Id,
        /// The question.
        question: String,
        /// The language of the answer; `en` where nothing is said.
        language: Option<DraftLanguage>,
    }
    /// The answer from the stored data.
    AnswerShape {
        /// The answer; where the data do not say it, what is missing.
        text: String,
        /// The data do not say it.
        not_in_data: bool,
        /// What it rests on.
        cites: Vec<CiteShape>,
        /// What the evidence does not bear out.
        doubts: Vec<DoubtShape>,
        /// The model.
        model: String,
        /// Where the evidence was sent; null where it stayed on the machine.
        sent_to: Option<String>,
    }
}

impl From<Answered> for AnswerShape {
    fn from(answer: Answered) -> Self {
        Self {
            text: answer.text,
            not_in_data: answer.not_in_data,
            cites: answer.cites.into_iter().map(CiteShape::from).collect(),
            doubts: answer.doubts.into_iter().map(DoubtShape::from).collect(),
            model: answer.model,
            sent_to: answer.sent_to,
        }
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        let told = error.to_string();
        match error {
            AskError::NotFound => missing(),
            AskError::Question => Self::new(Code::Invalid, told),
            AskError::NoModel | AskError::Failed(_) => Self::new(Code::Conflict, told),
            AskError::Busy => Self::new(Code::TooManyRequests, told),
            AskError::Store(error) => error.into(),
        }
    }
}

/// `POST /api/v1/ask`.
pub(super) async fn ask(caller: Caller, services: Data<Services>, Body(input): Body<QuestionInput>) -> Result<Json<AnswerShape>, ApiError> {
    let about = match input.about {
        AboutWhat::Error => About::Error(input::id(&input.id.0)?),
        AboutWhat::Log => About::Log(input::id(&input.id.0)?),
        AboutWhat::Query => About::View(input::id(&input.id.0)?),
    };
    let language = input.language.unwrap_or_default().code();
    Ok(Json(suggest::ask_question(&services, &caller.user, about, &input.question, language, &|_| {}).await?.into()))
}
