//! Known errors and statuses written, changed and retired one at a time; each change is checked by `review` and kept in the audit log.

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    knowledge_base::{Document, KnownErrorEntry, StatusEntry, check},
};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusError},
    review::{self, DraftError},
    store,
};

/// Why an entry was not saved.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// There is no such entry.
    #[error("there is no known error `{0}`")]
    NotFound(KnownErrorId),
    /// There is one with this id or text.
    #[error("there is a known error `{0}` already")]
    Exists(KnownErrorId),
    /// Something in it is not right.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The status is not right.
    #[error(transparent)]
    Status(#[from] DraftError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Writes a new known error with its answers.
///
/// # Errors
/// When there is one with its id or text, it cannot be matched against, or the store fails.
pub async fn create(services: &Services, entry: KnownErrorEntry, by: &str, now: DateTime) -> Result<KnownError, EntryError> {
    let (new, answers) = checked(services, entry, by, now).await?;
    if services.store.find_known_error(&new.id).await?.is_some() {
        return Err(EntryError::Exists(new.id));
    }
    save(services, None, new, answers).await
}

/// Replaces a known error and its answers; what was counted and where it came from stays.
///
/// # Errors
/// When there is none with this id, it cannot be matched against, or the store fails.
pub async fn replace(
    services: &Services,
    id: &KnownErrorId,
    entry: KnownErrorEntry,
    by: &str,
    now: DateTime,
) -> Result<KnownError, EntryError> {
    let before = services.store.find_known_error(id).await?.ok_or_else(|| EntryError::NotFound(id.clone()))?;
    let (new, answers) = checked(services, KnownErrorEntry { id: Some(id.0.clone()), ..entry }, by, now).await?;
    let new = KnownError { from_group: before.from_group, count: before.count, last_seen: before.last_seen, ..new };
    save(services, Some(before), new, answers).await
}

/// Retires a known error: it stays to be read and is not matched any more.
///
/// # Errors
/// When there is none with this id or the store fails.
pub async fn retire(services: &Services, id: &KnownErrorId, now: DateTime) -> Result<KnownError, EntryError> {
    let store = services.store.as_ref();
    let before = store.find_known_error(id).await?.ok_or_else(|| EntryError::NotFound(id.clone()))?;
    if before.state == LifeCycle::Retired {
        return Ok(before);
    }
    let answers = store.list_answers(Some(id)).await?;
    let after = KnownError { state: LifeCycle::Retired, updated_at: now, ..before.clone() };
    store.save_known_errors(&[(after.clone(), answers)]).await?;
    services.knowledge.refresh(store).await?;
    let deed = Deed::new(AuditAction::KnownErrorRetire, id).before(&before.state.as_str()).after(&after.state.as_str());
    audit::record(services, deed).await?;
    Ok(after)
}

/// Writes a new status.
///
/// # Errors
/// When its code is taken or not positive, its title blank, its parent unknown, or the store fails.
pub async fn create_status(services: &Services, entry: StatusEntry) -> Result<StatusError, EntryError> {
    let store = services.store.as_ref();
    let status = entry.to_document();
    review::check_status(&status, &store.list_status_errors().await?)?;
    store.save_status_error(&status).await?;
    services.knowledge.refresh(store).await?;
    audit::record(services, Deed::new(AuditAction::StatusSave, status.code).after(&status)).await?;
    Ok(status)
}

/// The documents of an entry that can be kept.
async fn checked(services: &Services, entry: KnownErrorEntry, by: &str, now: DateTime) -> Result<(KnownError, Vec<Answer>), EntryError> {
    let document = Document { statuses: Vec::new(), known_errors: vec![entry] };
    let faults = check(&document, &services.store.list_status_errors().await?);
    match document.known_errors.into_iter().next() {
        Some(entry) if faults.is_empty() => Ok(entry.to_documents(by, now)),
        // There is one entry: which one it is need not be said.
        _ => Err(EntryError::Invalid(
            faults.iter().map(|fault| fault.split_once("): ").map_or(fault.as_str(), |(_, what)| what).to_owned()).collect(),
        )),
    }
}

async fn save(services: &Services, before: Option<KnownError>, new: KnownError, answers: Vec<Answer>) -> Result<KnownError, EntryError> {
    let store = services.store.as_ref();
    store.save_known_errors(&[(new.clone(), answers)]).await?;
    services.knowledge.refresh(store).await?;
    let deed = Deed::new(AuditAction::KnownErrorSave, &new.id).after(&new);
    audit::record(services, if let Some(before) = &before { deed.before(before) } else { deed }).await?;
    Ok(new)
}
