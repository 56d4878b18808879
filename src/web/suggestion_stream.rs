//! A draft while it is written, as server-sent events: what is written in this process as it comes, what another process writes as often
//! as it is kept. A comment now and then keeps the connection; the end is said, so that a browser does not ask again.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web};
use futures_util::stream;
use serde_json::json;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    error::PageError,
    session::{Frame, Viewer},
    suggestion::{self, Of},
    suggestion_panel::says,
};
use crate::{
    api::events,
    domain::{Role, Suggestion, SuggestionId},
    suggest::Preview,
    usecase::{
        Services,
        suggest::{self, Progress},
    },
};

/// How often the store is asked.
const POLL: Duration = Duration::from_secs(1);
/// The shortest time between two events.
const PACE: Duration = Duration::from_millis(80);
/// Silence after which a comment is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// After this a browser asks again, and says again who it is.
const LONGEST: Duration = Duration::from_secs(600);

/// `GET /errors/{id}/suggestion/stream`; programmers and analysts.
pub(super) async fn follow(
    viewer: Viewer,
    services: web::Data<Services>,
    id: web::Path<String>,
    of: web::Query<Of>,
) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let found = suggestion::named(&viewer, &services, &id, &of.of).await?;
    let follower = Follower {
        services: services.into_inner(),
        frame: viewer.frame,
        id: found.id,
        live: None,
        told: String::new(),
        began: Instant::now(),
        over: false,
    };
    let told = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((event, follower))
    });
    Ok(events::answer(told))
}

struct Follower {
    services: Arc<Services>,
    frame: Frame,
    id: SuggestionId,
    live: Option<watch::Receiver<Progress>>,
    /// The last event, which is not repeated.
    told: String,
    began: Instant,
    over: bool,
}

impl Follower {
    /// The next event; none behind the end.
    async fn next(&mut self) -> Option<String> {
        if self.over || self.began.elapsed() > LONGEST {
            return None;
        }
        let silent_since = Instant::now();
        while silent_since.elapsed() < KEEP_ALIVE {
            let event = match self.live.take() {
                Some(live) => self.hear_live(live).await,
                None => self.read_store().await,
            };
            if let Some(event) = event.filter(|event| *event != self.told) {
                self.told.clone_from(&event);
                return Some(event);
            }
        }
        Some(events::STILL_HERE.to_owned())
    }

    async fn hear_live(&mut self, mut live: watch::Receiver<Progress>) -> Option<String> {
        sleep(PACE).await;
        match timeout(POLL, live.changed()).await {
            Ok(Ok(())) => {
                let event = state(&self.frame, &live.borrow_and_update());
                self.live = Some(live);
                Some(event)
            }
            // It ended here; the store says how.
            Ok(Err(_)) => None,
            Err(_) => {
                self.live = Some(live);
                None
            }
        }
    }

    async fn read_store(&mut self) -> Option<String> {
        let found = self.services.store.find_suggestion(&self.id).await;
        let Ok(Some(found)) = found else {
            // A store that does not answer is asked again by the browser, as one that forgot the draft is.
            self.over = true;
            return Some(end());
        };
        if !found.state.is_open() {
            self.over = true;
            return Some(end());
        }
        if let Some(mut live) = self.services.drafts.follow(&self.id) {
            let event = state(&self.frame, &live.borrow_and_update());
            self.live = Some(live);
            return Some(event);
        }
        let event = self.kept(&found).await;
        if event == self.told {
            sleep(POLL).await;
        }
        Some(event)
    }

    /// How far it is as another process kept it.
    async fn kept(&self, found: &Suggestion) -> String {
        let ahead = suggest::ahead(&self.services, found).await.unwrap_or_default();
        event(&says(&self.frame, found, ahead), &Preview::of(&found.so_far))
    }
}

/// How far what this process writes is.
pub(super) fn state(frame: &Frame, progress: &Progress) -> String {
    let nothing = Preview::default();
    match progress {
        Progress::Queued(n) => event(&frame.say("suggest.says.queued", &[("n", &n.to_string())]), &nothing),
        Progress::Reading => event(&frame.t("suggest.reading"), &nothing),
        Progress::Text(preview) => event(&frame.t("suggest.says.drafting"), preview),
    }
}

/// How far it is; JSON has no line break, so that it is one line of an event.
fn event(says: &str, preview: &Preview) -> String {
    format!("event: state\ndata: {}\n\n", json!({ "says": says, "cause": preview.text, "steps": preview.steps }))
}

fn end() -> String {
    "event: end\ndata: {}\n\n".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_a_model_writes() {
        let preview = Preview { text: "a\n\ndata: b\r\nevent: end".to_owned(), steps: vec!["\u{2028}<b>".to_owned()] };
        let event = event("says", &preview);
        assert_eq!(event.matches('\n').count(), 3);
        assert!(event.starts_with("event: state\ndata: {") && event.ends_with("}\n\n"));
    }
}
