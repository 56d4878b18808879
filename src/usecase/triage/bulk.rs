//! One decision for many groups: counted before it is made, kept with what was before, and taken back as one.
//!
//! The groups are named one by one, never by a filter that could catch others in the meantime. The change is stored before it is made,
//! and each group is put back only if it still stands where the change left it.

use bson::DateTime;

use super::{ATTEMPTS, Decision, TriageError, account, check, decided};
use crate::{
    domain::{Activity, Bulk, BulkId, Deed, GroupChange, GroupId, GroupState, LogError, Role, Standing, Triage, User},
    store,
    usecase::{
        Services,
        audit::{self, AuditAction},
        regroup::{self, RegroupError, Rule},
    },
};

/// Groups that one change may name.
pub const MAX_GROUPS: usize = 500;

/// What is decided of many groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForAll {
    /// The same of each.
    Each(Decision),
    /// They are one with this group.
    Merge(GroupId),
}

/// What a change would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRun {
    /// Groups that it would change.
    pub groups: Vec<LogError>,
    /// Logs that they have.
    pub n_logs: i64,
    /// Groups that it would leave alone: known, gone, or as they would be already.
    pub n_left: usize,
}

/// Why many groups are not changed.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// None is named, or too many are.
    #[error("a change is about 1 to {MAX_GROUPS} groups")]
    Number,
    /// A group cannot be changed.
    #[error(transparent)]
    Triage(#[from] TriageError),
    /// Groups cannot be merged.
    #[error(transparent)]
    Merge(#[from] RegroupError),
    /// Somebody else made the change.
    #[error("a change is taken back by whoever made it, or by an administrator")]
    Another,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Counts what a change would do, and changes nothing.
///
/// # Errors
/// When none or too many groups are named, or the store fails.
pub async fn dry_run(services: &Services, ids: &[GroupId], decision: &ForAll, by: &str, now: DateTime) -> Result<DryRun, BulkError> {
    if ids.is_empty() || ids.len() > MAX_GROUPS {
        return Err(BulkError::Number);
    }
    match decision {
        ForAll::Each(decision) => check(services, decision).await?,
        ForAll::Merge(into) => regroup::mergeable(services, *into).await?,
    }
    let mut found = DryRun::default();
    for id in ids {
        let group = services.store.find_log_error(id).await?;
        match group.filter(|group| !found.groups.iter().any(|seen| seen.id == group.id)) {
            Some(group) if after(&group, decision, by, now).is_some() => {
                found.n_logs += group.count;
                found.groups.push(group);
            }
            _ => found.n_left += 1,
        }
    }
    Ok(found)
}

/// Where a group would stand; `None` where it stays as it is.
fn after(group: &LogError, decision: &ForAll, by: &str, now: DateTime) -> Option<Standing> {
    if group.state == GroupState::Known || group.triage.merged_into.is_some() {
        return None;
    }
    match decision {
        ForAll::Each(decision) => decided(group, decision, by, now).map(|(is, _)| is),
        ForAll::Merge(into) if *into == group.id => None,
        ForAll::Merge(into) => {
            let triage = Triage { merged_into: Some(*into), ..group.triage.clone() };
            Some(Standing { state: group.state, triage })
        }
    }
}

/// Makes a change. `token` comes with the form: sent twice, it is made once.
///
/// # Errors
/// When none or too many groups are named, one of them cannot be changed, or the store fails. What was changed until then can be taken back.
pub async fn apply(
    services: &Services,
    ids: &[GroupId],
    decision: &ForAll,
    token: &str,
    by: &str,
    now: DateTime,
) -> Result<Bulk, BulkError> {
    let id = BulkId::from_content(&[by.as_bytes(), token.as_bytes()]);
    if let Some(made) = services.store.find_bulk(&id).await? {
        return Ok(made);
    }
    let found = dry_run(services, ids, decision, by, now).await?;
    let change = |group: &LogError| Some(GroupChange { group: group.id, was: group.standing(), is: after(group, decision, by, now)? });
    let bulk = Bulk { id, by: by.to_owned(), at: now, changes: found.groups.iter().filter_map(change).collect(), undone: false };
    services.store.save_bulk(&bulk).await?;
    for change in &bulk.changes {
        match decision {
            ForAll::Each(decision) => {
                let deed = found.groups.iter().find(|group| group.id == change.group).and_then(|group| decided(group, decision, by, now));
                // Where somebody else was faster, their decision stays.
                if services.store.change_standing(&change.group, &change.was, &change.is).await?
                    && let Some((_, deed)) = deed
                {
                    services.figures.forget_queue();
                    services.store.insert_activities(&[Activity::new(change.group, now, by, deed)]).await?;
                }
            }
            ForAll::Merge(into) => {
                regroup::regroup(services, Rule::Merge { group: change.group, into: *into }, by, now).await?;
            }
        }
    }
    let (before, after) = (account::of(&bulk.changes, |change| &change.was), account::of(&bulk.changes, |change| &change.is));
    let deed = audit::Deed::new(AuditAction::ErrorBulk, bulk.id);
    audit::record(services, deed.before(&before).after(&account::decided(decision, after))).await?;
    Ok(bulk)
}

/// What was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// Groups that stand where they stood.
    pub n_back: usize,
    /// Groups that were changed again since, and stay.
    pub n_left: usize,
}

/// Whether this person may take the change back: whoever made it, and administrators.
pub fn may_undo(bulk: &Bulk, who: &User) -> bool {
    bulk.by == who.name || who.role == Role::SystemAdministrator
}

/// Counts what taking a change back would do, and changes nothing; `None` where there is no such change. Where groups were merged, the Logs that
/// go back are not counted.
///
/// # Errors
/// When somebody else made it, or the store fails.
pub async fn plan_undo(services: &Services, id: &BulkId, who: &User) -> Result<Option<DryRun>, BulkError> {
    let Some(bulk) = services.store.find_bulk(id).await? else { return Ok(None) };
    if !may_undo(&bulk, who) {
        return Err(BulkError::Another);
    }
    let into: Vec<GroupId> = bulk.changes.iter().filter_map(merged_into).collect();
    let named: Vec<GroupId> = bulk.changes.iter().map(|change| change.group).chain(into).collect();
    let groups = services.store.find_log_errors(&named).await?;
    let of = |id: GroupId| groups.iter().find(|group| group.id == id);
    let mut found = DryRun::default();
    for change in &bulk.changes {
        let explained = merged_into(change).is_some_and(|into| of(into).is_none_or(|into| into.state == GroupState::Known));
        match of(change.group).filter(|group| !explained && change.was != change.is && group.standing() == change.is) {
            Some(group) => {
                found.n_logs += group.count;
                found.groups.push(group.clone());
            }
            None => found.n_left += 1,
        }
    }
    Ok(Some(found))
}

/// The group that a change merged another one into.
fn merged_into(change: &GroupChange) -> Option<GroupId> {
    change.is.triage.merged_into.filter(|into| change.was.triage.merged_into != Some(*into))
}

/// Takes a change back; `None` where there is none. May be called again after a crash.
///
/// # Errors
/// When somebody else made it, or the store fails.
pub async fn undo(services: &Services, id: &BulkId, who: &User, now: DateTime) -> Result<Option<Undone>, BulkError> {
    let Some(bulk) = services.store.find_bulk(id).await? else { return Ok(None) };
    if !may_undo(&bulk, who) {
        return Err(BulkError::Another);
    }
    let (mut undone, mut back) = (Undone { n_back: 0, n_left: 0 }, Vec::new());
    for change in &bulk.changes {
        if put_back(services, change, &who.name, now).await? {
            undone.n_back += 1;
            back.push(change.clone());
        } else {
            undone.n_left += 1;
        }
    }
    services.store.save_bulk(&Bulk { undone: true, ..bulk }).await?;
    let (before, after) = (account::of(&back, |change| &change.is), account::of(&back, |change| &change.was));
    audit::record(services, audit::Deed::new(AuditAction::ErrorUndo, id).before(&before).after(&after)).await?;
    Ok(Some(undone))
}

/// Puts one group back; false where it was changed again since.
async fn put_back(services: &Services, change: &GroupChange, by: &str, now: DateTime) -> Result<bool, BulkError> {
    for _ in 0..ATTEMPTS {
        let Some(group) = services.store.find_log_error(&change.group).await? else { return Ok(false) };
        let stands = group.standing();
        if stands == change.was {
            return Ok(true);
        }
        if stands != change.is {
            return Ok(false);
        }
        if let Some(into) = merged_into(change)
            && !regroup::unmerge(services, change.group, into, by, now).await?
        {
            return Ok(false);
        }
        if services.store.change_standing(&change.group, &stands, &change.was).await? {
            services.figures.forget_queue();
            let noted = noted_when_back(change).map(|deed| Activity::new(change.group, now, by, deed));
            services.store.insert_activities(noted.as_slice()).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is noted of a group that was put back; merging notes itself.
fn noted_when_back(change: &GroupChange) -> Option<Deed> {
    let (was, is) = (&change.was.triage, &change.is.triage);
    if was.ignored == is.ignored {
        return (was.assignee != is.assignee).then(|| Deed::Assigned(was.assignee.clone()));
    }
    Some(was.ignored.as_ref().map_or(Deed::Reopened(None), |ignored| Deed::Ignored(ignored.until)))
}
