//! Telling branches what fails: what is new is noted once, notices become messages, messages are sent until they are taken.
//!
//! ```text
//! Logs ─► notice (first time, rise) ─► digest (per subscription) ─► outbox ─► notify ─► branch
//! ```
//!
//! Each step may run twice and in several processes with one effect: notices are named by branch and subject, a message by its
//! subscription and the place that this had reached, and one process at a time holds a message that is sent. Only a process that dies
//! between sending and noting that it did makes a message arrive twice, under one id.

mod digest;
mod edit;
mod news;
mod notice;
mod outbox;
mod rates;
mod subscribe;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bson::DateTime;
use tokio::sync::Notify;

pub use crate::notify::{Lack, Outcome};
pub use edit::{Edit, EditError};
pub use subscribe::{SUBSCRIPTIONS, SubscribeError, Subscribed, Target, Wish};

use super::{Services, advise::Adviser};
use crate::{
    domain::{BranchCode, DAY_MS, GroupId, Subscription},
    store::{self, QueueCursor},
};

/// Subscriptions of all branches that are served.
const SERVED: usize = 10_000;
/// Groups remembered to be looked at; beyond that the sweep finds them.
const HINTS: usize = 20_000;
/// How often it is looked whether something became more frequent.
const RISES: Duration = Duration::from_secs(300);
/// How often old messages are removed, and how old they become.
const PURGE: Duration = Duration::from_secs(3600);
const KEPT_MS: i64 = 30 * DAY_MS;

/// What this process knows of telling.
pub struct Teller {
    /// Under which name it takes messages.
    holder: String,
    /// Groups that had Logs since the last look.
    hints: Mutex<BTreeSet<GroupId>>,
    adviser: Adviser,
    /// There may be something to send.
    to_send: Notify,
}

impl Default for Teller {
    fn default() -> Self {
        let holder = bson::oid::ObjectId::new().to_hex();
        Self { holder, hints: Mutex::default(), adviser: Adviser::default(), to_send: Notify::new() }
    }
}

impl Teller {
    /// These groups had Logs: the next look sees whether a branch had them for the first time.
    pub(super) fn note(&self, groups: &[GroupId]) {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        if hints.len() < HINTS {
            hints.extend(groups);
        }
    }

    fn take_hints(&self) -> Vec<GroupId> {
        std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// Looks and sends until the process ends.
pub async fn run(services: Arc<Services>) {
    tokio::join!(keep_looking(&services), outbox::keep_sending(&services));
}

async fn keep_looking(services: &Services) {
    let mut tick = tokio::time::interval(Duration::from_secs(services.config.notify.look_seconds.max(1)));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watch = Watch::default();
    loop {
        tick.tick().await;
        if let Err(error) = watch.look(services, DateTime::now()).await {
            tracing::warn!(%error, "branches cannot be told yet");
        }
    }
}

/// How far looking is.
#[derive(Default)]
struct Watch {
    /// Where the sweep through all groups goes on.
    sweep: Option<QueueCursor>,
    rises: Option<Instant>,
    purged: Option<Instant>,
}

impl Watch {
    /// Notes what is new, and makes the messages that are due.
    async fn look(&mut self, services: &Services, now: DateTime) -> store::Result<()> {
        let store = services.store.as_ref();
        if is_due(&mut self.purged, PURGE) {
            store.delete_settled_deliveries(DateTime::from_millis(now.timestamp_millis() - KEPT_MS)).await?;
        }
        let hints = services.teller.take_hints();
        let subscriptions = store.list_subscriptions(None, SERVED).await?;
        if subscriptions.is_empty() {
            return Ok(());
        }
        let branches: BTreeSet<BranchCode> = subscriptions.iter().map(|subscription| subscription.branch.clone()).collect();
        let mut rates = rates::Rates::new(now);
        let noted = self.note(services, &branches, &hints, &mut rates).await;
        if noted.is_err() {
            services.teller.note(&hints);
        }
        noted?;
        if is_due(&mut self.rises, RISES) {
            notice::note_rises(services, &branches, &mut rates).await?;
        }
        make_digests(services, &subscriptions, now).await
    }

    async fn note(
        &mut self,
        services: &Services,
        branches: &BTreeSet<BranchCode>,
        hints: &[GroupId],
        rates: &mut rates::Rates,
    ) -> store::Result<()> {
        for branch in branches {
            notice::note_known(services, branch, rates).await?;
        }
        let mut groups = services.store.find_log_errors(hints).await?;
        let (swept, next) = notice::sweep(services, self.sweep).await?;
        groups.extend(swept);
        notice::note_groups(services, branches, &groups, rates).await?;
        self.sweep = next;
        Ok(())
    }
}

async fn make_digests(services: &Services, subscriptions: &[Subscription], now: DateTime) -> store::Result<()> {
    let branches = services.store.list_branches().await?;
    let zones: BTreeMap<&BranchCode, &str> = branches.iter().map(|branch| (&branch.code, branch.timezone.as_str())).collect();
    let mut made = false;
    for subscription in subscriptions {
        let zone = zones.get(&subscription.branch).copied().unwrap_or("UTC");
        made |= digest::make(services, subscription, zone, now).await?;
    }
    if made {
        services.teller.to_send.notify_one();
    }
    Ok(())
}

/// Whether so much time has passed since it was due last; then it counts from now.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= every);
    if due {
        *last = Some(Instant::now());
    }
    due
}

#[cfg(test)]
mod tests;
