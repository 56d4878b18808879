//! Writes one suggestion that was taken: composes its draft while it keeps the lease, and keeps what came of it.

use std::sync::{Mutex, PoisonError};

use bson::DateTime;
use tokio::time::{Duration, sleep};

use super::{Progress, compose, drafter, gather, live::UnderWay};
use crate::{
    domain::{Suggestion, SuggestionId, SuggestionState},
    store,
    suggest::Priority,
    usecase::Services,
};

use compose::{Composed, Order, Outcome};

/// How often the lease is lengthened and what was written so far is kept.
const KEEP: Duration = Duration::from_secs(2);
/// How often one is begun: what takes the process down each time is given up.
const MAX_BEGUN: i32 = 3;
/// How long one that found the model busy rests.
const REST: Duration = Duration::from_secs(2);

/// Writes a suggestion that this process holds.
pub(super) async fn write(services: &Services, suggestion: Suggestion) {
    let id = suggestion.id;
    let under_way = services.drafts.live.begin(id);
    let done = match compose_held(services, &suggestion, &under_way).await {
        Ok(Some(is)) => services.store.update_suggestion(&is, SuggestionState::Drafting, Some(&services.drafts.holder)).await.map(drop),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::warn!(suggestion.id = %id, %error, "cannot keep a draft; it is written again when its lease is over");
    }
}

/// What the suggestion becomes; `None` where it is no longer this process's.
async fn compose_held(services: &Services, suggestion: &Suggestion, under_way: &UnderWay<'_>) -> store::Result<Option<Suggestion>> {
    let group = services.store.find_log_error(&suggestion.group).await?;
    let Some(group) = group.filter(|group| group.known_error_id.is_none()) else {
        return Ok(Some(suggestion.clone().settled(SuggestionState::Cancelled, "", DateTime::now())));
    };
    if suggestion.n_begun > MAX_BEGUN {
        let failed = suggestion.clone().settled(SuggestionState::Failed, "", DateTime::now());
        return Ok(Some(Suggestion { fault: "begun".to_owned(), ..failed }));
    }
    let mut evidence = gather::for_draft(services, &group, &suggestion.context, &suggestion.language).await?;
    if let Some(earlier) = &suggestion.continues {
        evidence.earlier = services.store.find_suggestion(earlier).await?.as_ref().map(gather::said).unwrap_or_default();
    }
    let priority = if suggestion.urgent { Priority::Analyst } else { Priority::Background };
    let seed = u64::try_from(suggestion.attempt).unwrap_or_default();
    let order = Order { language: &suggestion.language, priority, seed };
    let so_far = Mutex::new(String::new());
    let tell = |reply: &str, progress: Progress| {
        reply.clone_into(&mut so_far.lock().unwrap_or_else(PoisonError::into_inner));
        under_way.tell(progress);
    };
    let composed = tokio::select! {
        composed = compose::compose(services, &evidence, order, &tell) => composed,
        () = under_way.stopped() => return Ok(None),
        () = keep(services, suggestion.id, &so_far) => return Ok(None),
    };
    if composed.outcome == Outcome::Busy {
        sleep(REST).await;
        let n_begun = suggestion.n_begun.saturating_sub(1);
        return Ok(Some(Suggestion { state: SuggestionState::Queued, lease: None, n_begun, ..suggestion.clone() }));
    }
    Ok(Some(settled(suggestion.clone(), composed, DateTime::now())))
}

/// Keeps the lease, and what was written so far, until the suggestion is no longer this process's.
async fn keep(services: &Services, id: SuggestionId, so_far: &Mutex<String>) {
    loop {
        sleep(KEEP).await;
        let text = so_far.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match services.store.touch_suggestion(&id, &services.drafts.holder, drafter::lease_end(), &text).await {
            Ok(true) => {}
            Ok(false) => return,
            // The lease is long enough for another attempt.
            Err(error) => tracing::warn!(suggestion.id = %id, %error, "cannot lengthen a lease"),
        }
    }
}

/// The suggestion with what came of it.
fn settled(suggestion: Suggestion, composed: Composed, now: DateTime) -> Suggestion {
    let (state, reason, fault) = match &composed.outcome {
        Outcome::Draft(..) => (SuggestionState::Done, "", ""),
        Outcome::Insufficient(reason) => (SuggestionState::Insufficient, reason.as_str(), ""),
        Outcome::Failed(fault, reason) => (SuggestionState::Failed, reason.as_str(), *fault),
        Outcome::Busy => (SuggestionState::Failed, "", "overloaded"),
    };
    let mut settled = suggestion.settled(state, reason, now);
    settled.fault = fault.to_owned();
    if let Outcome::Draft(proposal, doubts) = composed.outcome {
        (settled.proposal, settled.doubts) = (Some(proposal), doubts);
    }
    (settled.sources, settled.model, settled.sent_to) = (composed.sources, composed.model, composed.sent_to);
    (settled.prompt, settled.left_out, settled.cost) = (composed.prompt, composed.left_out, composed.cost);
    settled
}
