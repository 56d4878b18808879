//! Sending what was written down, a few messages at a time, until it is taken or its time is over.

use std::{sync::Arc, time::Duration};

use bson::DateTime;
use tokio::sync::Semaphore;

use crate::{
    domain::{Delivery, DeliveryState, HOUR_MS},
    notify::{self, Fault, Outcome},
    store,
    usecase::{Services, retry},
};

/// Messages sent at once: one receiver that hangs holds up no other.
const AT_ONCE: usize = 4;
/// How often an empty outbox is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How long a message is this process's. No attempt takes longer.
const LEASE_MS: i64 = 5 * 60_000;
/// How long a store that does not answer is waited for when an attempt is to be noted.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends what is due, again and again.
pub(super) async fn keep_sending(services: &Arc<Services>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        if let Err(error) = send_due(services, &places).await {
            tracing::warn!(%error, "messages to branches cannot be sent yet");
        }
        // Woken or not, it is looked again.
        let _ = tokio::time::timeout(LOOK, services.teller.to_send.notified()).await;
    }
}

async fn send_due(services: &Arc<Services>, places: &Arc<Semaphore>) -> store::Result<()> {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        let now = DateTime::now();
        let until = DateTime::from_millis(now.timestamp_millis() + LEASE_MS);
        let Some(delivery) = services.store.take_delivery(&services.teller.holder, now, until).await? else { return Ok(()) };
        let services = services.clone();
        tokio::spawn(async move {
            if let Err(error) = attempt(&services, delivery).await {
                tracing::warn!(%error, "what became of a message to a branch cannot be noted");
            }
            drop(place);
        });
    }
}

/// Sends a message and notes what became of it.
async fn attempt(services: &Arc<Services>, mut delivery: Delivery) -> store::Result<()> {
    let outcome = match services.store.find_subscription(&delivery.subscription).await? {
        None => Outcome::Refused(Fault::Nobody.to_string()),
        Some(subscription) => {
            // It may go elsewhere than it did when the message was made.
            delivery.target = subscription.channel.target();
            let (services, delivery) = (services.clone(), delivery.clone());
            let sending = tokio::task::spawn_blocking(move || notify::send(&services.config.notify, &subscription, &delivery));
            sending.await.unwrap_or_else(|_| Outcome::Later(Fault::Interrupted.to_string()))
        }
    };
    let (branch, id) = (&delivery.branch, delivery.id);
    match &outcome {
        Outcome::Taken => tracing::info!(%branch, delivery.id = %id, attempts = delivery.attempts, "a message was taken"),
        Outcome::Later(fault) | Outcome::Refused(fault) => tracing::warn!(%branch, delivery.id = %id, fault, "a message was not taken"),
    }
    let give_up_ms = i64::from(services.config.notify.give_up_hours) * HOUR_MS;
    // Without a source of chance, all wait for longest.
    settle(&mut delivery, outcome, give_up_ms, DateTime::now(), getrandom::u64().unwrap_or(1000));
    retry(PATIENCE, "note what became of a message", || services.store.update_delivery(&delivery, &services.teller.holder)).await.map(drop)
}

/// What becomes of a message after an attempt.
fn settle(delivery: &mut Delivery, outcome: Outcome, give_up_ms: i64, now: DateTime, random: u64) {
    delivery.lease = None;
    let wait_ms = i64::try_from(notify::pause(delivery.attempts, random).as_millis()).unwrap_or(i64::MAX);
    let next = now.timestamp_millis().saturating_add(wait_ms);
    let over = next > delivery.created_at.timestamp_millis().saturating_add(give_up_ms);
    let (state, fault) = match outcome {
        Outcome::Taken => (DeliveryState::Sent, None),
        Outcome::Refused(fault) => (DeliveryState::Failed, Some(fault)),
        Outcome::Later(fault) if over => (DeliveryState::Failed, Some(fault)),
        Outcome::Later(fault) => (DeliveryState::Waiting, Some(fault)),
    };
    let waits = state == DeliveryState::Waiting;
    (delivery.state, delivery.fault) = (state, fault);
    delivery.due = waits.then(|| DateTime::from_millis(next));
    delivery.settled_at = (!waits).then_some(now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DeliveryId, Lease, SubscriptionId};

    #[test]
    fn a_message_is_tried_until_it_is_taken_refused_or_too_old() {
        let at = DateTime::from_millis;
        let day = 24 * HOUR_MS;
        let later = || Outcome::Later("no".into());
        for (outcome, age_ms, state, due) in [
            (Outcome::Taken, 10, DeliveryState::Sent, None),
            (Outcome::Refused("no".into()), 10, DeliveryState::Failed, None),
            (later(), 10, DeliveryState::Waiting, Some(10 + 60_000)),
            (later(), day - 60_000, DeliveryState::Waiting, Some(day)),
            (later(), day - 59_999, DeliveryState::Failed, None),
        ] {
            let mut delivery = Delivery {
                id: DeliveryId::from_content(&[]),
                subscription: SubscriptionId::from_content(&[]),
                branch: "K01".parse().unwrap(),
                target: String::new(),
                to: 1,
                news: Vec::new(),
                state: DeliveryState::Sending,
                attempts: 2,
                due: Some(at(age_ms)),
                lease: Some(Lease { holder: String::new(), until: at(age_ms) }),
                created_at: at(0),
                settled_at: None,
                fault: None,
            };
            let taken = outcome == Outcome::Taken;
            settle(&mut delivery, outcome, day, at(age_ms), 1000);
            assert_eq!((delivery.state, delivery.due, delivery.lease), (state, due.map(at), None));
            assert_eq!(delivery.settled_at.is_some(), state != DeliveryState::Waiting);
            assert_eq!(delivery.fault.is_none(), taken);
        }
    }
}
