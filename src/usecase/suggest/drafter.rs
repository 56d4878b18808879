//! The drafter: takes what waits, has it written, and asks ahead for what nobody has asked for yet.
//!
//! Several processes may draft from one store: each takes work under a lease, and what one held when it died is taken again. An analyst
//! never waits for a draft made ahead: those are written one at a time, and only while nobody waits.

use std::{sync::Arc, time::Duration};

use bson::DateTime;
use tokio::{task::JoinSet, time::Instant};

use super::{ahead, write};
use crate::{domain::Suggestion, store, usecase::Services};

/// Drafts that people wait for, handed to the backend at once: as many as one writes side by side at most, and its queue shows the place.
const AT_ONCE: usize = 8;
/// How often it is looked whether there is work, where nobody says so.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is looked what could be made ahead.
const PLAN: Duration = Duration::from_secs(30);
/// How long a lease lasts; it is lengthened long before.
const LEASE_MS: i64 = 30_000;

/// When a lease that is taken now ends.
pub(super) fn lease_end() -> DateTime {
    DateTime::from_millis(DateTime::now().timestamp_millis().saturating_add(LEASE_MS))
}

/// Drafts for as long as it is let; what is under way when it is dropped is taken up again by whoever drafts next.
pub async fn run(services: Arc<Services>) {
    let mut under_way = JoinSet::new();
    let (mut plan, mut next_plan) = (ahead::Plan::default(), Instant::now());
    loop {
        if let Err(error) = take(&services, &mut under_way).await {
            tracing::warn!(%error, "cannot look for drafts to write");
        }
        if Instant::now() >= next_plan {
            next_plan = Instant::now() + PLAN;
            if let Err(error) = plan.step(&services, DateTime::now()).await {
                tracing::warn!(%error, "cannot ask ahead for drafts");
            }
        }
        tokio::select! {
            () = services.drafts.wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            // One that broke down was told to our log by the runtime, and its lease runs out.
            Some(_) = under_way.join_next() => {}
        }
    }
}

/// Takes what there is room for.
async fn take(services: &Arc<Services>, under_way: &mut JoinSet<()>) -> store::Result<()> {
    while under_way.len() < AT_ONCE {
        let Some(next) = next(services, true).await? else { break };
        start(services, under_way, next);
    }
    if under_way.is_empty()
        && let Some(next) = next(services, false).await?
    {
        start(services, under_way, next);
    }
    Ok(())
}

async fn next(services: &Services, urgent: bool) -> store::Result<Option<Suggestion>> {
    services.store.take_suggestion(&services.drafts.holder, urgent, DateTime::now(), lease_end()).await
}

fn start(services: &Arc<Services>, under_way: &mut JoinSet<()>, next: Suggestion) {
    let services = services.clone();
    under_way.spawn(async move { write::write(&services, next).await });
}
