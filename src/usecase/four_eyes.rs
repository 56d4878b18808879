//! Four eyes: where the configuration asks for it, what one person wrote comes into force when another one approves it.
//!
//! It holds for what is written or taken back, merged or imported, and for a group that is explained. Where an entry in force is edited it
//! goes back to review: what nobody else has read recognises nothing. Statuses may change their place without it.

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    revise::{Reviewer, ReviseError},
};
use crate::{
    domain::{Change, KnownError, LifeCycle, Role},
    store::{self, Store},
};

/// Versions that are looked at for their authors, the latest.
const VERSIONS: usize = 200;
/// People told of by name.
const NAMED: usize = 5;

/// Whether another person has to approve.
pub fn is_on(services: &Services) -> bool {
    services.config.review.four_eyes
}

/// Who wrote what is not in force yet, by name.
///
/// # Errors
/// When the store fails.
pub async fn authors(store: &dyn Store, entry: &KnownError) -> store::Result<Vec<String>> {
    let versions = store.list_known_error_versions(&entry.id, None, VERSIONS).await?;
    let open = versions.into_iter().take_while(|version| !version.entry.state.matches());
    let mut authors: Vec<String> = open.filter(|version| version.change != Change::Moved).map(|version| version.by).collect();
    if authors.is_empty() {
        authors.push(entry.approved_by.clone());
    }
    authors.sort();
    authors.dedup();
    Ok(authors)
}

/// Some of those who may approve what these people wrote, by name.
///
/// # Errors
/// When the store fails.
pub async fn approvers(store: &dyn Store, authors: &[String]) -> store::Result<Vec<String>> {
    let people = store.list_users().await?.into_iter();
    let others = people.filter(|user| !user.disabled && user.role >= Role::ExpertAnalyst && !authors.contains(&user.name));
    Ok(others.take(NAMED).map(|user| user.name).collect())
}

/// Fails where somebody would bring into force what they wrote.
pub(super) async fn check(services: &Services, entry: &KnownError, to: LifeCycle, reviewer: Reviewer<'_>) -> Result<(), ReviseError> {
    if !is_on(services) || !to.matches() || entry.state.matches() {
        return Ok(());
    }
    let store = services.store.as_ref();
    let authors = authors(store, entry).await?;
    if authors.iter().any(|author| author == reviewer.name) {
        audit::record(services, Deed::new(AuditAction::KnownErrorLead, &entry.id).by(reviewer.name).refused()).await?;
        return Err(ReviseError::OwnWork { approvers: approvers(store, &authors).await? });
    }
    Ok(())
}

/// What somebody wrote, as it may stand: what would be in force waits for another person, under the signature that it had.
pub(super) fn held(services: &Services, before: &KnownError, written: KnownError) -> KnownError {
    if !is_on(services) || !written.state.matches() {
        return written;
    }
    KnownError { state: LifeCycle::Review, approved_by: before.approved_by.clone(), approved_at: before.approved_at, ..written }
}
