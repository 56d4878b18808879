//! Rules about groups of unknown errors: what one would do, those that hold, taking one back.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    error::ApiError,
    errors::find,
    guard::Caller,
    input::{self, Asked, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{GroupId, GroupRule, GroupRuleId},
    usecase::{
        Services,
        regroup::Rule,
        regroup_plan::{self, Plan},
    },
};

/// Rules that an answer names.
const RULES: usize = 500;

shape! {
    /// The group to merge into.
    MergePlanAsked {
        /// Its identifier.
        into: Id,
    }
    /// The variable whose value would become a group of its own.
    SplitPlanAsked {
        /// Its place in the group's pattern.
        place: u32,
        /// The value.
        value: String,
    }
    /// What a rule about groups would do.
    GroupRulePlan {
        /// Logs that would move.
        n_logs: i64,
        /// Logs that were looked at, where not all were.
        of_newest: Option<i64>,
        /// A few of those that would move.
        examples: Vec<MovedLog>,
    }
    /// A Log that would move.
    MovedLog {
        /// The Log.
        log: Id,
        /// Its error.
        message: String,
    }
    /// Groups that say nearly the same, the nearest first.
    AlikeGroups {
        /// The groups.
        groups: Vec<AlikeGroup>,
    }
    /// A group that says nearly the same.
    AlikeGroup {
        /// The group.
        group: Id,
        /// Its common text.
        template: String,
        /// Number of its Logs.
        count: i64,
        /// Share of the words that both have, 0 to 1.
        share: f64,
    }
    /// The rules that hold, the latest first.
    GroupRules {
        /// The rules; the first 500.
        rules: Vec<GroupRuleShape>,
        /// There are more.
        more: bool,
    }
    /// Two groups that are one, or a value that is a group of its own.
    GroupRuleShape {
        /// Its identifier, by which it is taken back.
        id: Id,
        /// The group that it is about.
        group: Id,
        /// The group that has its messages.
        into: Id,
        /// Of a split, the variable's place in the group's pattern.
        place: Option<i64>,
        /// Of a split, the value.
        value: Option<String>,
        /// Who decided.
        by: String,
        /// When.
        at: Moment,
    }
    /// A rule that was taken back.
    RuleWithdrawn {
        /// The group that has its messages again.
        group: Id,
    }
}

fn counted(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl From<Plan> for GroupRulePlan {
    fn from(plan: Plan) -> Self {
        let examples = plan.examples.into_iter().map(|(log, message)| MovedLog { log: Id::of(log), message });
        Self { n_logs: plan.n_logs, of_newest: plan.of_newest.map(counted), examples: examples.collect() }
    }
}

impl From<(GroupRule, Rule)> for GroupRuleShape {
    fn from((kept, rule): (GroupRule, Rule)) -> Self {
        let into = Id::of(rule.target());
        let (group, place, value) = match rule {
            Rule::Merge { group, .. } => (group, None, None),
            Rule::Split { group, place, value } => (group, Some(counted(place)), Some(value)),
        };
        Self { id: Id::of(kept.id), group: Id::of(group), into, place, value, by: kept.by, at: Moment(kept.created_at) }
    }
}

/// `GET /api/v1/errors/{id}/merge`.
pub(super) async fn plan_merge(
    services: Data<Services>,
    id: Path<String>,
    Asked(asked): Asked<MergePlanAsked>,
) -> Result<Json<GroupRulePlan>, ApiError> {
    let rule = Rule::Merge { group: input::id(&id)?, into: input::parsed("into", &asked.into.0)? };
    Ok(Json(regroup_plan::plan(&services, &rule).await?.into()))
}

/// `GET /api/v1/errors/{id}/split`.
pub(super) async fn plan_split(
    services: Data<Services>,
    id: Path<String>,
    Asked(asked): Asked<SplitPlanAsked>,
) -> Result<Json<GroupRulePlan>, ApiError> {
    let place = usize::try_from(asked.place).unwrap_or(usize::MAX);
    let rule = Rule::Split { group: input::id(&id)?, place, value: asked.value };
    Ok(Json(regroup_plan::plan(&services, &rule).await?.into()))
}

/// `GET /api/v1/errors/{id}/alike`.
pub(super) async fn alike(services: Data<Services>, id: Path<String>) -> Result<Json<AlikeGroups>, ApiError> {
    let group = find(&services, &id).await?;
    let near = regroup_plan::nearest(&services, group.id).await?;
    let groups =
        near.into_iter().map(|(group, share)| AlikeGroup { group: Id::of(group.id), template: group.template, count: group.count, share });
    Ok(Json(AlikeGroups { groups: groups.collect() }))
}

/// `GET /api/v1/errors/rules`.
pub(super) async fn list(services: Data<Services>) -> Result<Json<GroupRules>, ApiError> {
    let mut rules = regroup_plan::rules(&services).await?;
    let more = rules.len() > RULES;
    rules.truncate(RULES);
    Ok(Json(GroupRules { rules: rules.into_iter().map(GroupRuleShape::from).collect(), more }))
}

/// `POST /api/v1/errors/rules/{id}/withdraw`.
pub(super) async fn withdraw(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<RuleWithdrawn>, ApiError> {
    let id: GroupRuleId = input::id(&id)?;
    let group: Option<GroupId> = regroup_plan::withdraw(&services, &id, &caller.user.name, DateTime::now()).await?;
    Ok(Json(RuleWithdrawn { group: Id::of(group.ok_or_else(missing)?) }))
}
