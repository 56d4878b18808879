//! The answer to a question while it is written, as server-sent events: how far it is, what can be shown of it, and in the end the answer
//! as the page shows it. Whoever hangs up stops the model at its next token.

use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::{StreamExt, future, stream};
use serde_json::json;

use super::{
    ask::{Asked, Outcome},
    error::PageError,
    form,
    session::{Frame, Viewer},
    suggestion_stream::state,
};
use crate::{
    api::{
        answering::{Answering, News},
        events,
    },
    usecase::{Services, suggest::Progress},
};

#[derive(Template)]
#[template(path = "ask_answer.html")]
struct Fragment<'a> {
    frame: &'a Frame,
    outcome: Outcome,
}

/// `POST /ask/stream`; whoever is signed in, of what they may see.
pub(super) async fn follow(
    viewer: Viewer,
    services: web::Data<Services>,
    form::Form(form): form::Form<Asked>,
) -> Result<HttpResponse, PageError> {
    let about = form.allowed(&viewer)?;
    let frame = viewer.frame.clone();
    let begun = state(&frame, &Progress::Queued(0));
    let answering = Answering::begin(async move |sender| {
        let tell = |progress| drop(sender.send_replace(progress));
        Outcome::of(&services, &viewer, about, &form.question, &tell).await
    });
    let told = stream::unfold((answering, frame), async |(mut answering, frame)| {
        let event = match answering.next().await? {
            News::Progress(progress) => state(&frame, &progress),
            News::Silence => events::STILL_HERE.to_owned(),
            News::End(outcome) => end(&frame, outcome),
        };
        Some((event, (answering, frame)))
    });
    Ok(events::answer(stream::once(future::ready(begun)).chain(told)))
}

/// The end: the part of the page that shows what came of it; where there is none, the form is to be sent as it is without script.
fn end(frame: &Frame, outcome: Result<Outcome, PageError>) -> String {
    let html = outcome.ok().and_then(|outcome| Fragment { frame, outcome }.render().ok());
    format!("event: end\ndata: {}\n\n", json!({ "html": html }))
}
