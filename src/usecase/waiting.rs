//! Known errors that need somebody: seen again after they were fixed, waiting for a review, begun and not finished.

use std::cmp::Reverse;

use bson::DateTime;

use super::Services;
use crate::{
    domain::{KnownError, KnownErrorId, LifeCycle},
    store::{self, Scope},
};

/// Known errors of a list.
const LISTED: usize = 5;

/// Known errors in want of the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// Some of them: what happened last first.
    pub entries: Vec<KnownError>,
    /// How many there are.
    pub n: usize,
}

/// Known errors that need somebody.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waiting {
    /// Seen again after their cause was removed.
    pub regressed: Listed,
    /// Waiting for a review; where four eyes are wanted, also for another person.
    pub review: Listed,
    /// Begun and not handed in.
    pub drafts: Listed,
}

/// Gathers them.
///
/// # Errors
/// When the store fails.
pub async fn waiting(services: &Services) -> store::Result<Waiting> {
    services.knowledge.refresh(services.store.as_ref()).await?;
    let counts = services.known_error_counts(&Scope::All).await?;
    let last_seen = |id: &KnownErrorId| counts.as_ref().and_then(|counts| counts.value.get(id)?.last_seen);
    let in_state = |state| {
        let changed = services.knowledge.select(|entry| entry.state == state, |entry| (Some(entry.updated_at), entry.id.clone()));
        listed(services, changed, last_seen)
    };
    let again = services.knowledge.select(
        |entry| entry.state == LifeCycle::Fixed && entry.regressed_when(last_seen(&entry.id)),
        |entry| (last_seen(&entry.id), entry.id.clone()),
    );
    Ok(Waiting { regressed: listed(services, again, last_seen), review: in_state(LifeCycle::Review), drafts: in_state(LifeCycle::Draft) })
}

fn listed(
    services: &Services,
    mut found: Vec<(Option<DateTime>, KnownErrorId)>,
    last_seen: impl Fn(&KnownErrorId) -> Option<DateTime>,
) -> Listed {
    let n = found.len();
    found.sort_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
    let entry = |(_, id): &(Option<DateTime>, KnownErrorId)| {
        let entry = services.knowledge.entry(id)?;
        Some(KnownError { last_seen: last_seen(id), ..entry })
    };
    Listed { entries: found.iter().take(LISTED).filter_map(entry).collect(), n }
}
