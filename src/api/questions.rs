//! Free questions about an error, a Log or a saved filter, answered from what is stored.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use futures_util::{StreamExt, future, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::{Instrument, Span};

use super::{
    answering::{Answering, News},
    error::{ApiError, Code},
    events,
    guard::Caller,
    input::{self, Body, missing},
    request_id,
    schema::{Definitions, Schema, one_of, shape},
    suggestions::{CiteShape, DoubtShape, DraftLanguage},
    words::Id,
};
use crate::usecase::{
    Services,
    suggest::{self, About, Answered, AskError, Progress},
};

/// What is told while an answer is written.
pub(super) const EVENTS: &str = "With `Accept: text/event-stream`: any number of events `state`, whose data say \
    `{\"state\":\"queued\",\"ahead\":NUMBER}`, `{\"state\":\"reading\"}` or `{\"state\":\"writing\",\"text\":SO_FAR}`, then one `answer`, whose data \
    are a `Reply`, or one `failure`, whose data are a `Failure`. Comments break long silence. Hanging up stops the model.";

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
    ReplyShape {
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
        /// Parts of the evidence that did not fit whole into what the model reads.
        left_out: Vec<String>,
    }
}

impl From<Answered> for ReplyShape {
    fn from(answer: Answered) -> Self {
        Self {
            text: answer.text,
            not_in_data: answer.not_in_data,
            cites: answer.cites.into_iter().map(CiteShape::from).collect(),
            doubts: answer.doubts.into_iter().map(DoubtShape::from).collect(),
            model: answer.model,
            sent_to: answer.sent_to,
            left_out: answer.left_out,
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

/// `POST /api/v1/ask`: the answer when it is whole, or events for those who prefer them. What is known to be wrong before the model begins
/// has its status either way.
pub(super) async fn ask(
    request: HttpRequest,
    caller: Caller,
    services: Data<Services>,
    Body(input): Body<QuestionInput>,
) -> Result<HttpResponse, ApiError> {
    let about = match input.about {
        AboutWhat::Error => About::Error(input::id(&input.id.0)?),
        AboutWhat::Log => About::Log(input::id(&input.id.0)?),
        AboutWhat::Query => About::View(input::id(&input.id.0)?),
    };
    let language = input.language.unwrap_or_default().code();
    if !events::are_wanted(&request) {
        let answer = suggest::ask_question(&services, &caller.user, about, &input.question, language, &|_| {}).await?;
        return Ok(HttpResponse::Ok().json(ReplyShape::from(answer)));
    }
    // What fails while it is followed is logged with the request's id all the same.
    let span = Span::current();
    let mut answering = Answering::begin(move |sender| {
        let work = async move {
            let tell = |progress| drop(sender.send_replace(progress));
            let asked = suggest::ask_question(&services, &caller.user, about, &input.question, language, &tell).await;
            asked.map(ReplyShape::from).map_err(ApiError::from)
        };
        work.instrument(span)
    });
    let first = match answering.next().await {
        Some(News::End(Err(error))) => return Err(error),
        first => first,
    };
    let rest = stream::unfold(answering, async |mut answering| Some((answering.next().await?, answering)));
    let request_id = request_id::current();
    Ok(events::answer(stream::once(future::ready(first)).filter_map(future::ready).chain(rest).map(move |news| event(news, &request_id))))
}

/// News as they are told; JSON has no line break, so that its data are one line.
fn event(news: News<Result<ReplyShape, ApiError>>, request_id: &str) -> String {
    let (kind, data) = match news {
        News::Silence => return events::STILL_HERE.to_owned(),
        News::Progress(Progress::Queued(ahead)) => ("state", json!({ "state": "queued", "ahead": ahead })),
        News::Progress(Progress::Reading) => ("state", json!({ "state": "reading" })),
        News::Progress(Progress::Text(preview)) => ("state", json!({ "state": "writing", "text": preview.text })),
        News::End(Ok(answer)) => ("answer", json!(answer)),
        News::End(Err(error)) => ("failure", error.body(request_id)),
    };
    format!("event: {kind}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::Preview;

    #[test]
    fn news_are_one_line_each_whatever_they_say() {
        let text = "a\n\nevent: answer\r\n\u{2028}";
        let told = event(News::Progress(Progress::Text(Preview { text: text.to_owned(), steps: Vec::new() })), "");
        assert!(told.starts_with("event: state\ndata: {\"state\":\"writing\",") && told.matches('\n').count() == 3, "{told}");
        let told = event(News::End(Err(AskError::Failed(text.to_owned()).into())), "r1");
        assert!(told.starts_with("event: failure\ndata: {\"code\":\"conflict\",") && told.contains("\"r1\""), "{told}");
        assert_eq!(told.matches('\n').count(), 3);
        assert_eq!(event(News::Progress(Progress::Queued(2)), ""), "event: state\ndata: {\"state\":\"queued\",\"ahead\":2}\n\n");
        assert_eq!(event(News::Silence, ""), ": still here\n\n");
    }
}
