//! One conversation with a backend: a prompt goes in, the whole reply comes out, and whoever waits hears of it in between. Dropping the
//! future ends the conversation.

use std::time::Duration;

use tokio::time::timeout;

use super::Progress;
use crate::{
    config::LlmConfig,
    suggest::{Backend, Event, Fault, MAX_REPLY, Preview, Priority, Prompt, Request, Usage},
    usecase::Services,
};

/// What a backend that keeps no time is given beyond the deadline.
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
    let listen = async {
        let mut reply = String::new();
        while let Some(event) = drafting.events.recv().await {
            match event {
                Event::Queued { ahead } => tell("", Progress::Queued(ahead)),
                Event::Started => tell("", Progress::Reading),
                Event::Text(piece) => {
                    reply.push_str(&piece);
                    if reply.len() > MAX_REPLY {
                        return Err(Fault::Broken("the reply does not end".to_owned()));
                    }
                    tell(&reply, Progress::Text(Preview::of(&reply)));
                }
                Event::Done(usage) => return Ok((reply, usage)),
                Event::Failed(fault) => return Err(fault),
            }
        }
        Err(Fault::Broken("the model broke off".to_owned()))
    };
    timeout(deadline.saturating_add(GRACE), listen).await.unwrap_or(Err(Fault::Deadline))
}
