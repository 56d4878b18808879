//! Knowledge acquisition: an analyst explains a group of unknown errors, and all its Logs become known.
//!
//! The steps are ordered so that a crash between any two of them leaves a state that [`finish_pending`] completes, and every step may
//! run twice: status, known error with answers, the group's decision with its pending flag, the Logs, the counts, the flag.

use bson::DateTime;

pub use crate::{
    inference::RuleError,
    review::{DraftError, Ways},
};

use crate::{
    domain::{Activity, Change, Deed, GroupId, GroupState, KnownError, KnownErrorId, LogError, Method, StatusCode, StatusError, Verdict},
    review::{self, Draft},
    store::{self, GroupDecision},
};

use super::{
    Services,
    audit::{self, AuditAction},
    four_eyes, revise, suggest,
};

/// The status that an analyst gives.
#[derive(Debug, Clone)]
pub enum StatusChoice {
    /// One that is in the tree.
    Existing(StatusCode),
    /// A new one.
    New(StatusError),
}

/// An analyst's explanation of a group.
#[derive(Debug, Clone)]
pub struct Approval {
    /// The group.
    pub group: GroupId,
    /// Its status.
    pub status: StatusChoice,
    /// A short name.
    pub title: String,
    /// The text by which it is recognised from now on.
    pub text: String,
    /// Key words.
    pub keywords: Vec<String>,
    /// Remedies, best first.
    pub answers: Vec<String>,
    /// Further ways in which it is recognised.
    pub ways: Ways,
    /// Who explains it.
    pub by: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The new known error.
    pub known_error_id: KnownErrorId,
    /// Logs that became known.
    pub n_logs: u64,
    /// Another person has to approve it before it is in force.
    pub waits: bool,
}

/// Why a group was not approved.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// There is no such group.
    #[error("there is no error group `{0}`")]
    NotFound(GroupId),
    /// It was explained before.
    #[error("the group is known already, as `{0}`")]
    AlreadyKnown(KnownErrorId),
    /// The draft is not complete.
    #[error(transparent)]
    Invalid(#[from] DraftError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Turns a group into a known error and tells all its Logs.
///
/// # Errors
/// When there is no such group, it is known already, a field is missing or wrong, or the store fails.
pub async fn approve(services: &Services, approval: Approval, now: DateTime) -> Result<Approved, ApproveError> {
    let store = services.store.as_ref();
    let group = store.find_log_error(&approval.group).await?.ok_or(ApproveError::NotFound(approval.group))?;
    if let Some(known) = group.known_error_id {
        return Err(ApproveError::AlreadyKnown(known));
    }
    let statuses = store.list_status_errors().await?;
    let status = match &approval.status {
        StatusChoice::Existing(code) => *code,
        StatusChoice::New(status) => status.code,
    };
    if let StatusChoice::New(new) = &approval.status {
        review::check_status(new, &statuses)?;
        new.parent.map_or(Ok(()), |parent| review::check_given(parent, None, &statuses))?;
    } else if status == StatusCode::default() {
        return Err(DraftError::NoStatus.into());
    } else {
        review::check_given(status, group.status, &statuses)?;
    }
    let Approval { title, text, keywords, answers, ways, .. } = approval;
    let draft = Draft { title, text, keywords, status, answers, ways };
    let (entry, answers) = review::promote(draft, Some(group.id), &approval.by, now)?;
    let entry = KnownError { id: revise::own_id(store, &entry).await??, ..entry };
    let texts: Vec<_> = answers.into_iter().map(|answer| (answer.text, answer.text_uk)).collect();
    let answers = review::answers(&entry.id, &texts, &approval.by, now);
    if let StatusChoice::New(new) = &approval.status {
        store.save_status_error(new).await?;
    }
    let texts: Vec<String> = answers.iter().map(|answer| answer.text.clone()).collect();
    let entry = four_eyes::held(services, &entry.clone(), entry);
    let waits = !entry.state.matches();
    // What it takes from other known errors follows a moment later; the preview has counted it.
    let entry = KnownError { rejudge_pending: !waits, ..entry };
    revise::keep_new(store, vec![(entry.clone(), answers)], Change::Created, &approval.by, now).await?;
    let n_logs = if waits { 0 } else { explain(services, &group, &entry, &approval.by, now).await? };
    let deed = audit::Deed::new(AuditAction::ErrorApprove, group.id).by(&approval.by).before(&group).after(&entry);
    audit::record(services, deed).await?;
    suggest::approved(services, &group.id, &entry.id, &texts, &approval.by, now).await?;
    services.knowledge.refresh(store).await?;
    services.groups.refresh(store).await?;
    Ok(Approved { known_error_id: entry.id, n_logs, waits })
}

/// Has a group be the known error that was made of it, with all its Logs; how many these are.
async fn explain(services: &Services, group: &LogError, entry: &KnownError, by: &str, now: DateTime) -> store::Result<u64> {
    let store = services.store.as_ref();
    store.update_log_error(&group.id, &decision(GroupState::Known, entry.status, Some(&entry.id), true)).await?;
    let n_logs = relabel(services, &group.id, &entry.id, entry.status).await?;
    store.insert_activities(&[Activity::new(group.id, now, by, Deed::Explained(entry.id.clone()))]).await?;
    Ok(n_logs)
}

/// Explains the group that a known error was made of and that waited for it to come into force.
pub(super) async fn explain_waiting(services: &Services, id: &KnownErrorId, by: &str, now: DateTime) -> store::Result<()> {
    let store = services.store.as_ref();
    let Some(entry) = store.find_known_error(id).await? else { return Ok(()) };
    let Some(group) = entry.from_group else { return Ok(()) };
    let group = store.find_log_error(&group).await?;
    let waits = |group: &LogError| group.known_error_id.is_none() && group.triage.merged_into.is_none();
    if let Some(group) = group.filter(waits) {
        explain(services, &group, &entry, by, now).await?;
        services.groups.refresh(store).await?;
    }
    Ok(())
}

/// Gives a group a status without making it known.
///
/// # Errors
/// When there is no such group, it is known already, there is no such status or it is out of use, or the store fails.
pub async fn set_status(services: &Services, id: GroupId, status: StatusCode) -> Result<(), ApproveError> {
    let group: LogError = services.store.find_log_error(&id).await?.ok_or(ApproveError::NotFound(id))?;
    if let Some(known) = group.known_error_id {
        return Err(ApproveError::AlreadyKnown(known));
    }
    review::check_given(status, group.status, &services.store.list_status_errors().await?)?;
    services.store.update_log_error(&id, &decision(group.state, Some(status), None, false)).await?;
    audit::record(services, audit::Deed::new(AuditAction::ErrorStatus, id).before(&group.status).after(&status)).await?;
    Ok(())
}

/// Finishes approvals that a crash interrupted.
///
/// # Errors
/// When the store fails.
pub async fn finish_pending(services: &Services) -> store::Result<()> {
    for group in services.store.list_pending_log_errors().await? {
        if let Some(known) = &group.known_error_id {
            let n_logs = relabel(services, &group.id, known, group.status).await?;
            tracing::info!(error.group = %group.id, n_logs, "finished an approval that was interrupted");
        }
    }
    Ok(())
}

/// Tells all Logs of the group, recounts, and clears the flag.
async fn relabel(services: &Services, group: &GroupId, known: &KnownErrorId, status: Option<StatusCode>) -> store::Result<u64> {
    let verdict = Verdict { known_error_id: Some(known.clone()), group_id: Some(*group), method: Some(Method::Approved), score: 1.0 };
    let store = services.store.as_ref();
    let n_logs = store.update_verdicts(group, &verdict).await?;
    store.recount_known_errors(std::slice::from_ref(known)).await?;
    store.recount_log_errors(std::slice::from_ref(group)).await?;
    store.update_log_error(group, &decision(GroupState::Known, status, Some(known), false)).await?;
    services.figures.forget_queue();
    Ok(n_logs)
}

fn decision(state: GroupState, status: Option<StatusCode>, known: Option<&KnownErrorId>, relabel_pending: bool) -> GroupDecision {
    GroupDecision { state, status, known_error_id: known.cloned(), relabel_pending }
}
