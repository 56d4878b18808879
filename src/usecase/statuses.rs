//! Changing the tree of statuses: a status is written, moved, retired, or merged into another with all that bears it.

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction, Deed},
    revise::{self, ReviseError},
};
pub use crate::review::StatusFault;
use crate::{
    domain::{Change, GroupId, KnownError, KnownErrorId, StatusCode, StatusError},
    review,
    store::{self, GroupDecision},
};

/// Why a status was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StatusRefused {
    /// There is no such status.
    #[error("there is no status `{0}`")]
    NotFound(StatusCode),
    /// Its number is taken.
    #[error("the number is taken by `{0}`")]
    Taken(String),
    /// Somebody else changed it in the meantime.
    #[error("it was changed in the meantime")]
    Stale,
    /// It cannot stand so.
    #[error(transparent)]
    Fault(#[from] StatusFault),
    /// A known error that bears it could not follow.
    #[error(transparent)]
    Entry(ReviseError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A mark of a status as somebody saw it: it changes with every field.
pub fn mark(status: &StatusError) -> String {
    let text = serde_json::to_vec(status).unwrap_or_default();
    blake3::hash(&text).to_hex().chars().take(16).collect()
}

/// Adds a status.
///
/// # Errors
/// When its number is taken, it cannot stand so, or the store fails.
pub async fn add(services: &Services, status: StatusError) -> Result<(), StatusRefused> {
    let known = services.store.list_status_errors().await?;
    if let Some(other) = known.iter().find(|other| other.code == status.code) {
        return Err(StatusRefused::Taken(other.title.clone()));
    }
    save(services, &status, &known).await
}

/// Changes a status that its author saw under this mark; its place in the tree as well.
///
/// # Errors
/// When it is gone, was changed, cannot stand so, or the store fails.
pub async fn change(services: &Services, status: StatusError, seen: &str) -> Result<(), StatusRefused> {
    let known = services.store.list_status_errors().await?;
    let current = known.iter().find(|other| other.code == status.code).ok_or(StatusRefused::NotFound(status.code))?;
    if mark(current) != seen {
        return Err(StatusRefused::Stale);
    }
    save(services, &status, &known).await
}

/// What merging a status into another would move.
#[derive(Debug, Clone, PartialEq)]
pub struct MergePlan {
    /// The status that goes out of use.
    pub gone: StatusError,
    /// The other, with the key words that it would have.
    pub stays: StatusError,
    /// Key words that it would gain.
    pub keywords: Vec<String>,
    /// Statuses that would stand below it then.
    pub children: Vec<StatusError>,
    /// Known errors that would go over.
    pub known_errors: Vec<KnownErrorId>,
    /// Groups of errors that would.
    pub groups: Vec<GroupId>,
}

/// Says what a merging would move, and changes nothing.
///
/// # Errors
/// When one of the two is not there, the other stands below the first or is out of use, or the store fails.
pub async fn plan_merge(services: &Services, from: StatusCode, into: StatusCode) -> Result<MergePlan, StatusRefused> {
    let store = services.store.as_ref();
    let known = store.list_status_errors().await?;
    let find = |code: StatusCode| known.iter().find(|status| status.code == code).cloned().ok_or(StatusRefused::NotFound(code));
    let (gone, mut stays) = (find(from)?, find(into)?);
    review::check_given(into, None, &known).map_err(StatusFault::from)?;
    // That the one that stays stands below the other would be a circle once the others below it go over.
    let below = StatusError { parent: Some(into), ..gone.clone() };
    review::check_status_change(&below, &known)?;
    let keywords: Vec<String> = gone.keywords.iter().filter(|word| !stays.keywords.contains(word)).cloned().collect();
    stays.keywords.extend(keywords.iter().cloned());
    services.knowledge.refresh(store).await?;
    let groups = store.list_log_errors(None, usize::MAX).await?;
    Ok(MergePlan {
        keywords,
        children: known.iter().filter(|status| status.parent == Some(from)).cloned().collect(),
        known_errors: services.knowledge.select(|entry| entry.status == Some(from), |entry| entry.id.clone()),
        groups: groups.iter().filter(|group| group.status == Some(from)).map(|group| group.id).collect(),
        gone,
        stays,
    })
}

async fn save(services: &Services, status: &StatusError, known: &[StatusError]) -> Result<(), StatusRefused> {
    review::check_status_change(status, known)?;
    let store = services.store.as_ref();
    store.save_status_error(status).await?;
    services.knowledge.refresh(store).await?;
    let before = known.iter().find(|other| other.code == status.code);
    audit::record(services, Deed::new(AuditAction::StatusSave, status.code).before(&before).after(status)).await?;
    Ok(())
}

/// Merges a status into another: known errors, groups and statuses below it go over, its key words are added, and it is retired. May be
/// called again after a crash. The number of known errors that went over.
///
/// # Errors
/// When one of them is not there, the other stands below the first, a known error is being changed by somebody else, or the store fails.
pub async fn merge(services: &Services, from: StatusCode, into: StatusCode, by: &str, now: DateTime) -> Result<usize, StatusRefused> {
    let store = services.store.as_ref();
    let MergePlan { gone, stays, children, known_errors, groups, .. } = plan_merge(services, from, into).await?;
    store.save_status_error(&stays).await?;
    for child in children {
        store.save_status_error(&StatusError { parent: Some(into), ..child }).await?;
    }
    services.knowledge.refresh(store).await?;
    for id in &known_errors {
        let Some((entry, answers)) = revise::load(store, id).await? else { continue };
        let next = KnownError { status: Some(into), ..entry.clone() };
        let committed = revise::commit(services, (entry, answers.clone()), (next, answers), Change::Edited, by, now).await;
        committed.map_err(StatusRefused::Entry)?;
    }
    for group in store.find_log_errors(&groups).await? {
        let decision = GroupDecision {
            state: group.state,
            status: Some(into),
            known_error_id: group.known_error_id,
            relabel_pending: group.relabel_pending,
        };
        store.update_log_error(&group.id, &decision).await?;
    }
    let deed = Deed::new(AuditAction::StatusMerge, from).by(by).before(&gone).after(&stays);
    store.save_status_error(&StatusError { retired: true, ..gone }).await?;
    services.knowledge.refresh(store).await?;
    audit::record(services, deed).await?;
    Ok(known_errors.len())
}
