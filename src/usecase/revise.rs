//! Changing what is known: each change is a version, and whoever changes something names the version that they saw.
//!
//! The version that gets its number is the change; the known error is then brought in line with it. A crash in between is made good by
//! the next who looks ([`load`]), so both stores need no transaction across documents.

use bson::DateTime;

use super::{
    Services, approve,
    audit::{self, AuditAction, Deed},
    four_eyes,
};
pub use crate::review::{FIELDS, FieldDiff, LifeError, Piece, Reviewer, Revision, diff, moves};
use crate::{
    domain::{Answer, Change, KnownError, KnownErrorId, KnownErrorVersion, LifeCycle},
    review::{self, DraftError},
    store::{self, Store},
};

/// Rounds in which a known error is brought in line; each is lost only to somebody else's change.
const ROUNDS: usize = 8;

/// Why a known error was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ReviseError {
    /// There is no such known error, or not this version of it.
    #[error("there is no such known error or version")]
    NotFound,
    /// Somebody else changed it in the meantime.
    #[error("`{by}` changed it in the meantime: it is at version {number} now")]
    Stale {
        /// Who.
        by: String,
        /// The version that they made.
        number: i64,
    },
    /// They wrote it, and another person has to approve it.
    #[error("whoever wrote it does not approve it; {}", may_approve(.approvers))]
    OwnWork {
        /// Some of those who may, by name.
        approvers: Vec<String>,
    },
    /// It cannot stand as it was written.
    #[error(transparent)]
    Invalid(#[from] DraftError),
    /// It does not go on to that state.
    #[error(transparent)]
    Life(#[from] LifeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Who may approve, in words.
fn may_approve(names: &[String]) -> String {
    match names {
        [] => "there is nobody else who may: invite another expert analyst".to_owned(),
        names => format!("these people may: {}", names.join(", ")),
    }
}

/// A known error with its answers as its latest version says, in the order in which they were written.
///
/// # Errors
/// When the store fails.
pub async fn load(store: &dyn Store, id: &KnownErrorId) -> store::Result<Option<(KnownError, Vec<Answer>)>> {
    for _ in 0..ROUNDS {
        let entry = store.find_known_error(id).await?;
        let latest = store.list_known_error_versions(id, None, 1).await?.pop();
        let shown = entry.as_ref().map_or(-1, |entry| entry.version);
        match latest.filter(|latest| latest.number > shown) {
            None => {
                let Some(entry) = entry else { return Ok(None) };
                return Ok(Some((entry, store.list_answers(Some(id)).await?)));
            }
            Some(latest) => {
                store.save_known_errors(&[(latest.entry, latest.answers)]).await?;
                store.recount_answers(id).await?;
            }
        }
    }
    Err(store::Error::Unavailable { reason: format!("`{id}` is being changed by others"), source: None })
}

/// Writes a revision of the version that the author saw; the number of the new version.
///
/// # Errors
/// When the entry is gone or was changed by somebody else, the revision cannot stand, or the store fails.
pub async fn edit(
    services: &Services,
    id: &KnownErrorId,
    seen: i64,
    revision: Revision,
    by: &str,
    now: DateTime,
) -> Result<i64, ReviseError> {
    let store = services.store.as_ref();
    let current = seen_by(store, id, seen).await?;
    let statuses = store.list_status_errors().await?;
    let (next, answers) = review::revise(&current.0, &current.1, revision, &statuses, by, now)?;
    let next = four_eyes::held(services, &current.0, next);
    commit(services, current, (next, answers), Change::Edited, by, now).await
}

/// Leads a known error on in its life; the number of the new version.
///
/// # Errors
/// When the entry is gone or was changed by somebody else, it does not go there, or the store fails.
pub async fn lead(
    services: &Services,
    id: &KnownErrorId,
    seen: i64,
    (to, fixed_at): (LifeCycle, Option<DateTime>),
    reviewer: Reviewer<'_>,
    now: DateTime,
) -> Result<i64, ReviseError> {
    let current = seen_by(services.store.as_ref(), id, seen).await?;
    four_eyes::check(services, &current.0, to, reviewer).await?;
    let next = review::advance(&current.0, &current.1, to, fixed_at, reviewer, now)?;
    let answers = current.1.clone();
    let number = commit(services, current, (next, answers), Change::Moved, reviewer.name, now).await?;
    if to.matches() {
        approve::explain_waiting(services, id, reviewer.name, now).await?;
    }
    Ok(number)
}

/// Takes an earlier version back, as a new one; where the entry stands in its life stays as it is.
///
/// # Errors
/// When entry or version are not there, somebody else changed it, the version could not be written today, or the store fails.
pub async fn restore(services: &Services, id: &KnownErrorId, seen: i64, number: i64, by: &str, now: DateTime) -> Result<i64, ReviseError> {
    let store = services.store.as_ref();
    let current = seen_by(store, id, seen).await?;
    let old = store.find_known_error_version(id, number).await?.ok_or(ReviseError::NotFound)?;
    let statuses = store.list_status_errors().await?;
    let (next, answers) = review::revise(&current.0, &current.1, Revision::of(&old.entry, &old.answers), &statuses, by, now)?;
    let next = four_eyes::held(services, &current.0, next);
    commit(services, current, (next, answers), Change::Restored, by, now).await
}

/// Begins a known error as a draft.
///
/// # Errors
/// When another has its text, the revision cannot stand, or the store fails.
pub async fn draft(services: &Services, revision: Revision, by: &str, now: DateTime) -> Result<KnownErrorId, ReviseError> {
    let store = services.store.as_ref();
    // What has neither text nor title goes by what it is recognised by: two such entries are not one.
    let written = revision.clone().applied_to(&review::on_trial(review::Draft::default(), now));
    let named = review::Draft { title: written.title.clone(), text: written.text.clone(), ..Default::default() };
    let id = own_id(store, &KnownError { id: review::on_trial(named, now).id, ..written }).await??;
    let blank = review::on_trial(review::Draft::default(), now);
    let entry = KnownError { id, state: LifeCycle::Draft, status: None, approved_by: by.to_owned(), ..blank };
    let statuses = store.list_status_errors().await?;
    let (next, answers) = review::revise(&entry, &[], revision, &statuses, by, now)?;
    let next = KnownError { version: 1, ..next };
    let id = next.id.clone();
    let deed = Deed::new(AuditAction::KnownErrorSave, &id).by(by).after(&next);
    keep_new(store, vec![(next, answers)], Change::Created, by, now).await?;
    services.knowledge.refresh(store).await?;
    audit::record(services, deed).await?;
    Ok(id)
}

/// The id that a new entry gets: its own, or, where another has that, one made of what tells the two apart.
///
/// # Errors
/// When the store fails; inside, when nothing tells them apart.
pub(super) async fn own_id(store: &dyn Store, entry: &KnownError) -> store::Result<Result<KnownErrorId, DraftError>> {
    // What was made of the same group is the same attempt, begun before a crash.
    let is_own = |other: &KnownError| entry.from_group.is_some() && other.from_group == entry.from_group;
    let taken = |other: KnownError| Ok(Err(DraftError::TextTaken { title: other.title }));
    let Some((other, _)) = load(store, &entry.id).await?.filter(|(other, _)| !is_own(other)) else { return Ok(Ok(entry.id.clone())) };
    let Some(id) = review::id_apart(entry, &other) else { return taken(other) };
    match load(store, &id).await?.filter(|(other, _)| !is_own(other)) {
        None => Ok(Ok(id)),
        Some((other, _)) => taken(other),
    }
}

/// Keeps known errors that were not there, with their first versions.
///
/// # Errors
/// When the store fails.
pub(super) async fn keep_new(
    store: &dyn Store,
    entries: Vec<(KnownError, Vec<Answer>)>,
    change: Change,
    by: &str,
    now: DateTime,
) -> store::Result<()> {
    let first = |(entry, answers): &(KnownError, Vec<Answer>)| {
        KnownErrorVersion::of(KnownError { version: 1, ..entry.clone() }, answers.clone(), change, by, now)
    };
    let versions: Vec<_> = entries.iter().map(first).collect();
    let kept = store.insert_known_error_versions(&versions).await?;
    let saved: Vec<_> = versions.into_iter().map(|version| (version.entry, version.answers)).collect();
    store.save_known_errors(&saved).await?;
    // Of another's making: what they wrote is brought in line.
    for ((entry, _), _) in saved.iter().zip(kept).filter(|(_, kept)| !kept) {
        load(store, &entry.id).await?;
    }
    Ok(())
}

/// The entry, if it is still at the version that its author saw.
pub(super) async fn seen_by(store: &dyn Store, id: &KnownErrorId, seen: i64) -> Result<(KnownError, Vec<Answer>), ReviseError> {
    let current = load(store, id).await?.ok_or(ReviseError::NotFound)?;
    if current.0.version == seen { Ok(current) } else { Err(stale(store, id, current.0.version).await?) }
}

async fn stale(store: &dyn Store, id: &KnownErrorId, number: i64) -> Result<ReviseError, ReviseError> {
    let by = store.find_known_error_version(id, number).await?.map(|version| version.by).unwrap_or_default();
    Ok(ReviseError::Stale { by, number })
}

/// Makes the next version, unless somebody else was faster, and brings the known error in line with it.
pub(super) async fn commit(
    services: &Services,
    (current, before): (KnownError, Vec<Answer>),
    (next, answers): (KnownError, Vec<Answer>),
    change: Change,
    by: &str,
    now: DateTime,
) -> Result<i64, ReviseError> {
    let store = services.store.as_ref();
    let (id, number) = (current.id.clone(), current.version + 1);
    let next = KnownError { version: number, updated_at: now, rejudge_pending: true, ..next };
    let action = match change {
        Change::Moved => AuditAction::KnownErrorLead,
        Change::Restored => AuditAction::KnownErrorRestore,
        Change::Merged => AuditAction::KnownErrorMerge,
        Change::Found | Change::Created | Change::Edited | Change::Imported => AuditAction::KnownErrorSave,
    };
    let deed = Deed::new(action, &id).by(by).before(&current).after(&next);
    // What was there before versions were kept is the first of them; where it is one already, this changes nothing.
    let found = KnownErrorVersion::of(current.clone(), before, Change::Found, &current.approved_by, current.updated_at);
    store.insert_known_error_versions(&[found]).await?;
    let kept = store.insert_known_error_versions(&[KnownErrorVersion::of(next, answers, change, by, now)]).await?;
    if kept != [true] {
        return Err(stale(store, &id, number).await?);
    }
    load(store, &id).await?;
    services.knowledge.refresh(store).await?;
    audit::record(services, deed).await?;
    Ok(number)
}
