//! What a rule about groups would do, before it holds; and taking a rule back that holds.

use bson::DateTime;

use super::{
    Services,
    audit::{self, AuditAction},
    regroup::{self, RegroupError, Rule},
};
use crate::{
    domain::{Activity, Deed, Fault, GroupId, GroupRule, GroupRuleId, GroupState, LogError, LogId},
    query::{Filter, Operator, Test, Value},
    store::{self, LogPage},
};

/// Logs read at once, and looked at in all.
const PAGE: usize = 1000;
const LOOKED_AT: usize = 20_000;
/// Groups that are proposed for merging, and looked at for that.
const PROPOSED: usize = 5;
const NEAR: usize = 30;
/// Logs that are named.
const EXAMPLES: usize = 5;

/// What a rule would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Logs that would move.
    pub n_logs: i64,
    /// Logs that were looked at, where not all were.
    pub of_newest: Option<usize>,
    /// Some of those that would move, with their error texts.
    pub examples: Vec<(LogId, String)>,
}

/// Groups that say nearly the same and can be merged with, the nearest first, each with the share of words that both have.
///
/// # Errors
/// When the store fails.
pub async fn nearest(services: &Services, id: GroupId) -> store::Result<Vec<(LogError, f64)>> {
    let near = services.groups.alike(id, NEAR);
    let ids: Vec<GroupId> = near.iter().map(|(id, _)| *id).collect();
    let mut groups = services.store.find_log_errors(&ids).await?;
    groups.retain(|group| group.state != GroupState::Known && group.triage.merged_into.is_none());
    let found = near.into_iter().filter_map(|(id, share)| {
        let place = groups.iter().position(|group| group.id == id)?;
        Some((groups.swap_remove(place), share))
    });
    Ok(found.take(PROPOSED).collect())
}

/// Says what a rule would do, and changes nothing.
///
/// # Errors
/// When a group that it names does not exist or is known already, or the store fails.
pub async fn plan(services: &Services, rule: &Rule) -> Result<Plan, RegroupError> {
    services.groups.refresh(services.store.as_ref()).await?;
    match rule {
        Rule::Merge { group, into } => {
            let source = regroup::unknown_group(services, *group).await?;
            regroup::mergeable(services, *into).await?;
            if group == into {
                return Err(RegroupError::Rule(regroup::RuleError::Circle(*group)));
            }
            Ok(Plan { n_logs: source.count, ..Plan::default() })
        }
        Rule::Split { group, place, value } => {
            let source = regroup::unknown_group(services, *group).await?;
            split(services, &source, *place, value).await
        }
    }
}

/// Counts the Logs of a group whose variable has the value.
async fn split(services: &Services, source: &LogError, place: usize, value: &str) -> Result<Plan, RegroupError> {
    let has_value = |message: &str| {
        let variables = services.groups.variables(source.id, message);
        variables.iter().any(|variable| variable.place == place && variable.value == value)
    };
    counted(services, source.id, has_value).await
}

/// Counts the Logs of a group whose errors would move.
async fn counted(services: &Services, source: GroupId, moves: impl Fn(&str) -> bool) -> Result<Plan, RegroupError> {
    let (mut plan, mut after, mut n_seen) = (Plan::default(), None, 0);
    let Ok(path) = "verdict.group_id".parse() else { return Ok(plan) };
    let own = Filter::Test(Test { path, operator: Operator::Equal, value: Value::Id(source.0) });
    loop {
        let page = services.store.list_logs(&LogPage { filter: &own, limit: PAGE, after, scan_limit: PAGE }).await?;
        n_seen += page.logs.len();
        for log in &page.logs {
            let (Some((message, _)), Ok(id)) = (Fault::of(log), log.get_object_id("_id")) else { continue };
            if moves(message) {
                plan.n_logs += 1;
                if plan.examples.len() < EXAMPLES {
                    plan.examples.push((LogId(id), message.to_owned()));
                }
            }
        }
        match page.next {
            Some(_) if n_seen >= LOOKED_AT => {
                plan.of_newest = Some(n_seen);
                return Ok(plan);
            }
            Some(next) => after = Some(next),
            None => return Ok(plan),
        }
    }
}

/// The rules that hold, the latest first; those of a newer program are left out.
///
/// # Errors
/// When the store fails.
pub async fn rules(services: &Services) -> store::Result<Vec<(GroupRule, Rule)>> {
    let stored = services.store.list_group_rules().await?;
    Ok(stored.into_iter().rev().filter_map(|kept| serde_json::from_str(&kept.rule).ok().map(|rule| (kept, rule))).collect())
}

/// Says what taking a rule back would do, and changes nothing: the rule, and what would go back. `None` where there is no such rule.
///
/// # Errors
/// When the group that has the messages was explained since, or the store fails.
pub async fn plan_withdrawal(services: &Services, id: &GroupRuleId) -> Result<Option<(Rule, Plan)>, RegroupError> {
    services.groups.refresh(services.store.as_ref()).await?;
    let Some((_, rule)) = rules(services).await?.into_iter().find(|(kept, _)| kept.id == *id) else { return Ok(None) };
    let plan = match &rule {
        Rule::Merge { group, into } => {
            regroup::unknown_group(services, *into).await?;
            counted(services, *into, |message| services.groups.came_through(message, *group)).await?
        }
        Rule::Split { .. } => match services.store.find_log_error(&rule.target()).await? {
            Some(part) if part.state == GroupState::Known => return Err(RegroupError::Known(part.id)),
            part => Plan { n_logs: part.map_or(0, |part| part.count), ..Plan::default() },
        },
    };
    Ok(Some((rule, plan)))
}

/// Takes a rule back: what it moved, then and since, goes back where it belongs. `None` where there is no such rule. May be called again
/// after a crash.
///
/// # Errors
/// When the group that has the messages was explained since, or the store fails.
pub async fn withdraw(services: &Services, id: &GroupRuleId, by: &str, now: DateTime) -> Result<Option<GroupId>, RegroupError> {
    let store = services.store.as_ref();
    let Some((_, rule)) = rules(services).await?.into_iter().find(|(kept, _)| kept.id == *id) else { return Ok(None) };
    let target = rule.target();
    let source = match rule {
        Rule::Merge { group, into } => {
            if !regroup::unmerge(services, group, into, by, now).await? {
                return Err(RegroupError::Known(into));
            }
            regroup::point(services, group, None).await?;
            group
        }
        Rule::Split { group, .. } => {
            let part = store.find_log_error(&target).await?;
            if part.as_ref().is_some_and(|part| part.state == GroupState::Known) {
                return Err(RegroupError::Known(target));
            }
            store.delete_group_rule(id).await?;
            services.groups.refresh(store).await?;
            if let Some(part) = part {
                regroup::move_logs(services, &part).await?;
                store.recount_log_errors(&[group, target]).await?;
                regroup::point(services, target, Some(group)).await?;
            }
            store.insert_activities(&[Activity::new(group, now, by, Deed::Unmerged(target))]).await?;
            group
        }
    };
    audit::record(services, audit::Deed::new(AuditAction::ErrorUndo, source).by(by).before(&rule)).await?;
    Ok(Some(source))
}
