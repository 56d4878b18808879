//! The audit log: who did what to what, before and after, and what was refused.
//!
//! Use cases say what they do; from where the request comes is kept for the length of the request, so that no use case has to hand it
//! on: a door wraps each request in [`during`] and names the person with [`identify`] once it knows who it is.

use std::{
    future::Future,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use bson::{Bson, DateTime};
use serde::Serialize;

use super::{Services, refusals::Kind};
pub use crate::domain::{AuditAction, Via};
use crate::{
    domain::{AuditEntry, AuditId},
    store::{self, AuditCursor, AuditPage},
};

/// Longest actor and target, in characters.
const MAX_WORDS: usize = 300;
/// Largest state before or after that is kept whole, in bytes.
const MAX_STATE: usize = 64 << 10;

/// Where a request comes from.
#[derive(Debug, Default)]
pub struct Origin {
    /// The client's address.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Who, once that is known.
    who: OnceLock<(String, Via)>,
    /// Something of a branch that they do not see was asked for.
    beyond: AtomicBool,
}

impl Clone for Origin {
    fn clone(&self) -> Self {
        let beyond = AtomicBool::new(self.beyond.load(Ordering::Relaxed));
        Self { address: self.address.clone(), request_id: self.request_id.clone(), who: self.who.clone(), beyond }
    }
}

impl Origin {
    /// Of somebody whose identity will be known later, if at all.
    pub fn new(address: Option<String>, request_id: Option<String>) -> Self {
        Self { address, request_id, ..Self::default() }
    }

    /// Of whoever uses the command line.
    pub fn command_line() -> Self {
        let name = ["SUDO_USER", "USER"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
        let who = OnceLock::from((name.unwrap_or_else(|| "command line".to_owned()), Via::CommandLine));
        Self { who, ..Self::default() }
    }
}

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Runs a request that comes from there.
pub async fn during<T>(origin: Origin, request: impl Future<Output = T>) -> T {
    ORIGIN.scope(origin, request).await
}

/// Starts a task that goes on for whoever makes this request, even when they go away.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    let origin = ORIGIN.try_with(Origin::clone).unwrap_or_default();
    tokio::spawn(ORIGIN.scope(origin, work))
}

/// Says who makes the request that this task answers.
pub fn identify(name: &str, via: Via) {
    // Whoever was named first stays: one request is one person's.
    let _ = ORIGIN.try_with(|origin| origin.who.set((name.to_owned(), via)));
}

/// Who makes the request that this task answers.
pub fn actor() -> Option<(String, Via)> {
    ORIGIN.try_with(|origin| origin.who.get().cloned()).ok().flatten()
}

/// Notes that the request asks for something of a branch that its person does not see. It is told that there is no such thing.
pub fn note_beyond() {
    let _ = ORIGIN.try_with(|origin| origin.beyond.store(true, Ordering::Relaxed));
}

/// Whether the request asked for something of a branch that its person does not see.
pub fn reached_beyond() -> bool {
    ORIGIN.try_with(|origin| origin.beyond.load(Ordering::Relaxed)).unwrap_or_default()
}

/// What was done, or tried.
#[derive(Debug)]
pub struct Deed {
    action: AuditAction,
    target: String,
    actor: Option<String>,
    refused: bool,
    before: Option<Bson>,
    after: Option<Bson>,
}

impl Deed {
    /// Something was done to this.
    pub fn new(action: AuditAction, target: impl ToString) -> Self {
        Self { action, target: target.to_string(), actor: None, refused: false, before: None, after: None }
    }

    /// It was tried and refused.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    /// By this person, where the request does not say who makes it.
    #[must_use]
    pub fn by(mut self, name: &str) -> Self {
        self.actor = Some(name.to_owned());
        self
    }

    /// What was there before.
    #[must_use]
    pub fn before(mut self, state: &impl Serialize) -> Self {
        self.before = kept(state);
        self
    }

    /// What is there now.
    #[must_use]
    pub fn after(mut self, state: &impl Serialize) -> Self {
        self.after = kept(state);
        self
    }
}

/// The state as it is kept: nothing where there was nothing, of a huge one only that it was there, and how large.
fn kept(state: &impl Serialize) -> Option<Bson> {
    let state = bson::serialize_to_bson(state).ok().filter(|state| *state != Bson::Null)?;
    let size = bson::serialize_to_vec(&bson::doc! { "state": &state }).map_or(usize::MAX, |bytes| bytes.len());
    if size <= MAX_STATE { Some(state) } else { Some(bson::doc! { "size_bytes": i64::try_from(size).unwrap_or(i64::MAX) }.into()) }
}

/// Writes an entry.
///
/// # Errors
/// When the store fails: what nobody can account for later is not done in silence.
pub async fn record(services: &Services, deed: Deed) -> store::Result<()> {
    let (name, via) = actor().unwrap_or_else(|| ("—".to_owned(), Via::Nobody));
    let origin = |part: fn(&Origin) -> Option<String>| ORIGIN.try_with(part).ok().flatten();
    let short = |text: String| text.chars().take(MAX_WORDS).collect();
    let entry = AuditEntry {
        id: AuditId(bson::oid::ObjectId::new()),
        at: DateTime::now(),
        actor: short(deed.actor.unwrap_or(name)),
        via,
        address: origin(|origin| origin.address.clone()),
        request_id: origin(|origin| origin.request_id.clone()),
        action: deed.action,
        target: short(deed.target),
        refused: deed.refused,
        before: deed.before,
        after: deed.after,
    };
    services.store.insert_audit_entry(&entry).await
}

/// Notes that a known person's request was refused; a failure to note it is told to our own log.
pub async fn record_refusal(services: &Services, request: &str) {
    if actor().is_none() {
        return;
    }
    if let Err(error) = record(services, Deed::new(AuditAction::Request, request).refused()).await {
        tracing::error!(%error, "a refusal could not be noted");
    }
}

/// Notes that a stranger was refused, once a source and minute; a failure to note it is told to our own log.
pub async fn record_stranger(services: &Services, kind: Kind, deed: Deed) {
    let address = ORIGIN.try_with(|origin| origin.address.clone()).ok().flatten();
    if !services.refusals.take(kind, address.as_deref(), Instant::now()) {
        return;
    }
    if let Err(error) = record(services, deed.refused()).await {
        tracing::error!(%error, "a refusal could not be noted");
    }
}

/// A page of entries, and where the next one begins.
///
/// # Errors
/// When the store fails.
pub async fn list(services: &Services, mut page: AuditPage) -> store::Result<(Vec<AuditEntry>, Option<AuditCursor>)> {
    let limit = page.limit;
    page.limit += 1;
    let mut entries = services.store.list_audit_entries(&page).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|last| AuditCursor { at: last.at, id: last.id });
    Ok((entries, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_its_first_persons() {
        assert!(actor().is_none());
        during(Origin::default(), async {
            assert!(actor().is_none());
            identify("olena", Via::Session);
            identify("petro", Via::Token);
            assert_eq!(actor(), Some(("olena".to_owned(), Via::Session)));
        })
        .await;
    }

    #[test]
    fn huge_states_are_not_kept() {
        assert_eq!(kept(&"x"), Some(Bson::String("x".to_owned())));
        assert!(matches!(kept(&"x".repeat(1 << 20)), Some(Bson::Document(_))));
    }
}
