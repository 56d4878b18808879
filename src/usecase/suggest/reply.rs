//! One conversation with a backend: a prompt goes in, the whole reply comes out, and whoever waits hears of it in between. Dropping the
//! future ends the conversation.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Progress;
use crate::{
    config::LlmConfig,
    suggest::{Backend, Event, Fault, MAX_REPLY, Preview, Priority, Prompt, Request, Usage},
    usecase::Services,
};

/// What a backend that keeps no time is given beyond the deadline, which begins with its turn.
const GRACE: Duration = Duration::from_secs(15);

/// Has the backend reply to a prompt, for whoever waits, with this seed; `tell` hears of the reply so far, as it is and as it can be shown.
///
/// # Errors
/// When there is no (whole) reply.
pub(super) async fn reply(
    services: &Services,
    backend: &dyn Backend,
    request: (Prompt, Priority, u64),
    tell: &(dyn Fn(&str, Progress) + Sync),
) -> Result<(String, Usage), Fault> {
    let reply = whole(&services.config.llm, backend, request, tell).await;
    services.drafts.counters.note(&reply);
    reply
}

async fn whole(
    config: &LlmConfig,
    backend: &dyn Backend,
    (prompt, priority, seed): (Prompt, Priority, u64),
    tell: &(dyn Fn(&str, Progress) + Sync),
) -> Result<(String, Usage), Fault> {
    let deadline = Duration::from_secs(config.deadline_seconds);
    let mut drafting = backend.submit(Request { prompt, priority, deadline, seed })?;
    let (mut reply, mut until) = (String::new(), None);
    loop {
        let event = match until {
            None => drafting.events.recv().await,
            Some(until) => timeout_at(until, drafting.events.recv()).await.map_err(|_| Fault::Deadline)?,
        };
        match event {
            Some(Event::Queued { ahead }) => tell("", Progress::Queued(ahead)),
            Some(Event::Started) => {
                until = Instant::now().checked_add(deadline.saturating_add(GRACE));
                tell("", Progress::Reading);
            }
            Some(Event::Text(piece)) => {
                reply.push_str(&piece);
                if reply.len() > MAX_REPLY {
                    return Err(Fault::Broken("the reply does not end".to_owned()));
                }
                tell(&reply, Progress::Text(Preview::of(&reply)));
            }
            Some(Event::Done(usage)) => return Ok((reply, usage)),
            Some(Event::Failed(fault)) => return Err(fault),
            None => return Err(Fault::Broken("the model broke off".to_owned())),
        }
    }
}
