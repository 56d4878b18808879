//! Triage: who deals with a group of unknown errors, until when it is set aside, what is said of it.
//!
//! A group is changed only from where it stood when it was read, so that of two who decide at once the second decides on what the first
//! left. What was decided is noted after it holds: a note without its deed would mislead, a deed without its note is seen on the page.

mod account;
pub mod bulk;
mod reopen;

use bson::DateTime;

pub(super) use reopen::reopen;

use super::{
    Services,
    audit::{self, AuditAction},
};
use crate::{
    domain::{Activity, Deed, GroupId, GroupState, Ignored, LogError, Standing, Triage, Until},
    store,
};

/// Longest comment, in characters.
pub const MAX_COMMENT: usize = 5_000;
/// Attempts at a change that others get ahead of.
const ATTEMPTS: usize = 5;

/// What is decided of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This person, or nobody, deals with it.
    Assign(Option<String>),
    /// It is set aside.
    Ignore(Until),
    /// It is taken up again.
    Reopen,
}

impl Decision {
    /// What the audit log calls it.
    fn action(&self) -> AuditAction {
        match self {
            Self::Assign(_) => AuditAction::ErrorAssign,
            Self::Ignore(_) => AuditAction::ErrorIgnore,
            Self::Reopen => AuditAction::ErrorReopen,
        }
    }
}

/// Why a decision does not hold.
#[derive(Debug, thiserror::Error)]
pub enum TriageError {
    /// There is no such group.
    #[error("there is no error group `{0}`")]
    NotFound(GroupId),
    /// It was explained.
    #[error("the group `{0}` is known already")]
    Known(GroupId),
    /// There is no such person.
    #[error("there is nobody called `{0}` who could deal with it")]
    Nobody(String),
    /// Nothing is said, or more than anybody reads.
    #[error("a comment has 1 to {MAX_COMMENT} characters")]
    Comment,
    /// Others changed it again and again.
    #[error("others are changing the group `{0}` just now")]
    Busy(GroupId),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Decides of a group; whether that changed anything.
///
/// # Errors
/// When there is no such group or person, the group is known, or the store fails.
pub async fn decide(services: &Services, id: GroupId, decision: &Decision, by: &str, now: DateTime) -> Result<bool, TriageError> {
    check(services, decision).await?;
    for _ in 0..ATTEMPTS {
        let group = services.store.find_log_error(&id).await?.ok_or(TriageError::NotFound(id))?;
        if group.state == GroupState::Known {
            return Err(TriageError::Known(id));
        }
        let Some((is, deed)) = decided(&group, decision, by, now) else { return Ok(false) };
        if services.store.change_standing(&id, &group.standing(), &is).await? {
            services.figures.forget_queue();
            services.store.insert_activities(&[Activity::new(id, now, by, deed)]).await?;
            audit::record(services, audit::Deed::new(decision.action(), id).before(&group.standing()).after(&is)).await?;
            return Ok(true);
        }
    }
    Err(TriageError::Busy(id))
}

/// Says something of a group.
///
/// # Errors
/// When there is no such group, nothing or too much is said, or the store fails.
pub async fn comment(services: &Services, id: GroupId, text: &str, by: &str, now: DateTime) -> Result<(), TriageError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_COMMENT {
        return Err(TriageError::Comment);
    }
    services.store.find_log_error(&id).await?.ok_or(TriageError::NotFound(id))?;
    let said = Deed::Comment(text.replace("\r\n", "\n"));
    services.store.insert_activities(&[Activity::new(id, now, by, said)]).await?;
    audit::record(services, audit::Deed::new(AuditAction::ErrorComment, id).after(&text)).await?;
    Ok(())
}

/// Whoever is to deal with it has to be there.
async fn check(services: &Services, decision: &Decision) -> Result<(), TriageError> {
    let Decision::Assign(Some(name)) = decision else { return Ok(()) };
    match services.store.find_user(name).await? {
        Some(user) if user.may_triage() => Ok(()),
        _ => Err(TriageError::Nobody(name.clone())),
    }
}

/// Where a group stands after a decision, and what is noted; `None` where nothing changes.
fn decided(group: &LogError, decision: &Decision, by: &str, now: DateTime) -> Option<(Standing, Deed)> {
    let (was, triage) = (group.standing(), group.triage.clone());
    let (is, deed) = match decision {
        Decision::Assign(to) => {
            let triage = Triage { assignee: to.clone(), ..triage };
            (Standing { state: was.state, triage }, Deed::Assigned(to.clone()))
        }
        Decision::Ignore(until) => {
            if was.state == GroupState::Ignored && triage.ignored.as_ref().is_some_and(|ignored| ignored.until == *until) {
                return None;
            }
            let ignored = Ignored { until: *until, by: by.to_owned(), at: now, count: group.count, seen: group.last_seen };
            (
                Standing { state: GroupState::Ignored, triage: Triage { ignored: Some(ignored), review: false, ..triage } },
                Deed::Ignored(*until),
            )
        }
        Decision::Reopen => {
            let triage = Triage { ignored: None, review: false, ..triage };
            (Standing { state: GroupState::Unknown, triage }, Deed::Reopened(None))
        }
    };
    (is != was).then_some((is, deed))
}
