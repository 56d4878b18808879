//! The answer to a question while it is written, as server-sent events: how far it is, what can be shown of it, and in the end the answer
//! as the page shows it. Whoever hangs up stops the model at its next token.

use std::{pin::Pin, time::Duration};

use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::stream;
use serde_json::json;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    ask::{Asked, Outcome},
    error::PageError,
    events, form,
    session::{Frame, Viewer},
    suggestion_stream::state,
};
use crate::usecase::{Services, suggest::Progress};

/// The shortest time between two events.
const PACE: Duration = Duration::from_millis(80);
/// Silence after which a comment is sent: without one nobody would see that the reader is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

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
    let (sender, progress) = watch::channel(Progress::Queued(0));
    let frame = viewer.frame.clone();
    let answering = async move {
        let tell = |progress| drop(sender.send_replace(progress));
        Outcome::of(&services, &viewer, about, &form.question, &tell).await
    };
    let follower = Follower { answering: Box::pin(answering), progress, frame, told: String::new(), over: false };
    let told = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((event, follower))
    });
    Ok(events::answer(told))
}

struct Follower {
    /// The answer; it goes on only while it is waited for here.
    answering: Pin<Box<dyn Future<Output = Result<Outcome, PageError>>>>,
    progress: watch::Receiver<Progress>,
    frame: Frame,
    /// The last event, which is not repeated.
    told: String,
    over: bool,
}

impl Follower {
    /// The next event; none behind the end.
    async fn next(&mut self) -> Option<String> {
        if self.told.is_empty() {
            self.told = state(&self.frame, &self.progress.borrow_and_update());
            return Some(self.told.clone());
        }
        while !self.over {
            let heard = timeout(KEEP_ALIVE, async {
                tokio::select! {
                    biased;
                    outcome = &mut self.answering => Some(outcome),
                    () = changed(&mut self.progress) => None,
                }
            });
            let event = match heard.await {
                Ok(Some(outcome)) => {
                    self.over = true;
                    return Some(self.end(outcome));
                }
                Ok(None) => state(&self.frame, &self.progress.borrow_and_update()),
                Err(_) => return Some(": still here\n\n".to_owned()),
            };
            if event != self.told {
                self.told.clone_from(&event);
                return Some(event);
            }
        }
        None
    }

    /// The end: the part of the page that shows what came of it; where there is none, the form is to be sent as it is without script.
    fn end(&self, outcome: Result<Outcome, PageError>) -> String {
        let html = outcome.ok().and_then(|outcome| Fragment { frame: &self.frame, outcome }.render().ok());
        format!("event: end\ndata: {}\n\n", json!({ "html": html }))
    }
}

/// Waits for news, and a moment more, so that several are told as one; for ever where there will be none.
async fn changed(progress: &mut watch::Receiver<Progress>) {
    match progress.changed().await {
        Ok(()) => sleep(PACE).await,
        Err(_) => std::future::pending().await,
    }
}
