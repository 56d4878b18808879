//! The analyst says which errors are one: groups are merged, or a value of a variable becomes a group of its own. The rule is kept and holds
//! for what is to come in every process; what is stored moves at once.

use std::{collections::BTreeSet, time::Duration};

use bson::{DateTime, RawDocumentBuf};

use super::{
    Services,
    audit::{self, AuditAction},
    groups::agree::{ATTEMPTS, disagreed},
    triage,
};
pub use crate::inference::group::{Rule, RuleError};
use crate::{
    domain::{Activity, Deed, Fault, GroupId, GroupRule, GroupState, LogError, LogId, Standing, Triage, Verdict},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage, VerdictChange},
};

/// Logs read at once.
const PAGE: usize = 1000;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regrouped {
    /// The group that has the messages which the rule is about.
    pub group: GroupId,
    /// Logs that moved there.
    pub n_logs: u64,
}

/// Why a rule does not hold.
#[derive(Debug, thiserror::Error)]
pub enum RegroupError {
    /// There is no such group.
    #[error("there is no error group `{0}`")]
    NotFound(GroupId),
    /// The group was explained: its Logs bear its known error.
    #[error("the group `{0}` is known already; only unknown groups are merged and split")]
    Known(GroupId),
    /// It contradicts another rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Has a rule hold from now on, and moves the stored Logs that it is about. May be called again after a crash.
///
/// # Errors
/// When a group that the rule names does not exist or is known already, the rule contradicts another, or the store fails.
pub async fn regroup(services: &Services, rule: Rule, by: &str, now: DateTime) -> Result<Regrouped, RegroupError> {
    let store = services.store.as_ref();
    services.groups.refresh(store).await?;
    let from = match &rule {
        Rule::Merge { group, into } => {
            unknown_group(services, *into).await?;
            *group
        }
        Rule::Split { group, .. } => *group,
    };
    let source = unknown_group(services, from).await?;
    let text = serde_json::to_string(&rule).map_err(|error| store::Error::Refused(error.to_string()))?;
    let target = services.groups.apply(&rule)?;
    store.insert_group_rule(&GroupRule::new(text, by, now)).await?;
    let n_logs = move_logs(services, &source).await?;
    store.recount_log_errors(&[from, target]).await?;
    let note = |group, deed| Activity::new(group, now, by, deed);
    let notes = match rule {
        Rule::Merge { .. } => {
            point(services, from, Some(target)).await?;
            [note(from, Deed::MergedInto(target)), note(target, Deed::Absorbed(from))]
        }
        Rule::Split { ref value, .. } => {
            // The same may have been decided before, and taken back.
            point(services, target, None).await?;
            [note(from, Deed::Split { part: target, value: value.clone() }), note(target, Deed::Unmerged(from))]
        }
    };
    store.insert_activities(&notes).await?;
    triage::reopen(services, &[from, target], now).await?;
    let action = if matches!(rule, Rule::Merge { .. }) { AuditAction::ErrorMerge } else { AuditAction::ErrorSplit };
    audit::record(services, audit::Deed::new(action, from).by(by).before(&source).after(&rule)).await?;
    Ok(Regrouped { group: target, n_logs })
}

/// Takes a merging back: what came to the other group from this one, then and since, is this one's again. False where the other one was
/// explained since: its Logs stay what they are. May be called again after a crash.
///
/// # Errors
/// When the store fails.
pub async fn unmerge(services: &Services, group: GroupId, into: GroupId, by: &str, now: DateTime) -> Result<bool, RegroupError> {
    let store = services.store.as_ref();
    let Ok(target) = unknown_group(services, into).await else { return Ok(false) };
    let text = serde_json::to_string(&Rule::Merge { group, into }).map_err(|error| store::Error::Refused(error.to_string()))?;
    store.delete_group_rule(&GroupRule::new(text, by, now).id).await?;
    services.groups.refresh(store).await?;
    move_logs(services, &target).await?;
    store.recount_log_errors(&[group, into]).await?;
    store.insert_activities(&[Activity::new(group, now, by, Deed::Unmerged(into))]).await?;
    Ok(true)
}

/// Fails where groups cannot be merged into this one.
pub(super) async fn mergeable(services: &Services, into: GroupId) -> Result<(), RegroupError> {
    match unknown_group(services, into).await?.triage.merged_into {
        Some(_) => Err(RegroupError::Rule(RuleError::Circle(into))),
        None => Ok(()),
    }
}

/// Has a group say where its messages are; the others are told apart from it by the rules alone.
pub(super) async fn point(services: &Services, group: GroupId, at: Option<GroupId>) -> store::Result<()> {
    loop {
        let Some(stored) = services.store.find_log_error(&group).await? else { return Ok(()) };
        let is = Standing { triage: Triage { merged_into: at, ..stored.triage.clone() }, ..stored.standing() };
        if stored.standing() == is || services.store.change_standing(&group, &stored.standing(), &is).await? {
            services.figures.forget_queue();
            return Ok(());
        }
    }
}

pub(super) async fn unknown_group(services: &Services, id: GroupId) -> Result<LogError, RegroupError> {
    let group = services.store.find_log_error(&id).await?.ok_or(RegroupError::NotFound(id))?;
    if group.state == GroupState::Known { Err(RegroupError::Known(id)) } else { Ok(group) }
}

/// Gives each Log of the group the group that it belongs to now.
pub(super) async fn move_logs(services: &Services, source: &LogError) -> store::Result<u64> {
    let store = services.store.as_ref();
    let Ok(path) = "verdict.group_id".parse() else { return Ok(0) };
    let own = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Id(source.id.0) });
    let (mut n_moved, mut after) = (0, None);
    let mut stored = BTreeSet::new();
    loop {
        let page = store.list_logs(&LogPage { filter: &own, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let mut changes = Vec::new();
        for (group, id, message, verdict) in group_page(services, &page.logs).await? {
            if group == source.id || verdict.known_error_id.is_some() {
                continue;
            }
            // Whether this process has met the group does not say that it is stored: an earlier attempt may have ended in between.
            if stored.insert(group) && store.find_log_error(&group).await?.is_none() {
                store
                    .insert_log_errors(&services.groups.described(&[source.part(group, String::new(), String::new(), message, id)]))
                    .await?;
            }
            changes.push(VerdictChange { log: id, was: None, verdict: Verdict { group_id: Some(group), ..verdict } });
        }
        n_moved += store.change_verdicts(&changes).await?;
        let Some(next) = page.next else { return Ok(n_moved) };
        after = Some(next);
    }
}

/// The Logs of a page with the groups that all processes agree on; what cannot be read is left out.
async fn group_page(services: &Services, logs: &[RawDocumentBuf]) -> store::Result<Vec<(GroupId, LogId, String, Verdict)>> {
    for _ in 0..ATTEMPTS {
        let turn = services.groups.turn();
        let grouped = |(id, message, verdict): (LogId, String, Verdict)| (services.groups.assign(&message).id, id, message, verdict);
        let grouped = logs.iter().filter_map(read).map(grouped).collect();
        if services.groups.agree(services.store.as_ref(), turn, Duration::ZERO).await? {
            return Ok(grouped);
        }
    }
    Err(disagreed())
}

/// Id, error text and verdict of a Log.
fn read(log: &RawDocumentBuf) -> Option<(LogId, String, Verdict)> {
    let verdict = bson::deserialize_from_slice(log.get_document("verdict").ok()?.as_bytes()).ok()?;
    Some((LogId(log.get_object_id("_id").ok()?), Fault::of(log)?.0.to_owned(), verdict))
}
