//! What needs a person now, and how much drafts help: the figures of the first page and of the page of efficiency.

use actix_web::web::{Data, Json};
use bson::DateTime;

use super::{
    error::ApiError,
    guard::Caller,
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{BranchCode, DAY_MS, KnownErrorId, LogError, StatusCode, SuggestionState},
    store::Outcome,
    usecase::{
        Services,
        ledger::Silent,
        overview::{self, entropy},
        suggest::{self, Week},
    },
};

/// Weeks that are told.
const WEEKS: i64 = 12;

shape! {
    /// What was ingested, what is known, what waits for an explanation; branch operators are told of their own branches.
    OverviewShape {
        /// Logs of each branch.
        branches: Vec<BranchFigure>,
        /// When they were counted.
        counted_at: Moment,
        /// The entropy of what came of the newest Logs, in bits; null where nothing happened.
        entropy: Option<f64>,
        /// Unknown errors first seen within a day of the newest Log; none for branch operators.
        new: Vec<GroupCount>,
        /// Unknown errors that come at least twice as often as before; none for branch operators.
        rising: Vec<RisingShape>,
        /// Branches that sent nothing lately.
        silent: Vec<SilentBranch>,
        /// The known errors that came most often; of branch operators, among the newest of their branches.
        top_known: Vec<TopKnown>,
        /// How often known errors came, by status; none for branch operators.
        by_status: Vec<StatusFigure>,
    }
    /// Logs of a branch by what came of them.
    BranchFigure {
        /// The branch.
        branch: BranchCode,
        /// Without an error.
        normal: i64,
        /// With a known error.
        known: i64,
        /// With an error that nobody knows.
        unknown: i64,
    }
    /// A group of unknown errors and how often it came.
    GroupCount {
        /// The group.
        group: Id,
        /// The text that its errors share.
        template: String,
        /// Number of Logs.
        count: i64,
    }
    /// A group that grows.
    RisingShape {
        /// The group.
        group: GroupCount,
        /// Its Logs in the later half of the time looked at.
        now: i64,
        /// Its Logs in the earlier half.
        before: i64,
    }
    /// A branch that sends nothing.
    SilentBranch {
        /// The branch.
        branch: BranchCode,
        /// When something of it arrived last; null where nothing ever did.
        last: Option<Moment>,
    }
    /// A known error and how often it came.
    TopKnown {
        /// The known error.
        known_error_id: KnownErrorId,
        /// Number of Logs.
        count: i64,
    }
    /// How often known errors of a status came.
    StatusFigure {
        /// The status; null for those without one.
        status: Option<StatusCode>,
        /// Number of Logs.
        count: i64,
    }
    /// How much drafts help.
    EfficiencyShape {
        /// The last twelve weeks, the oldest first.
        weeks: Vec<WeekShape>,
        /// Drafts that wait to be written.
        queued: i64,
        /// Drafts that are being written.
        drafting: i64,
        /// Drafts that wait for a decision.
        waiting: i64,
    }
    /// What became of the drafts of a week.
    WeekShape {
        /// Its Monday.
        week: Moment,
        /// Taken as they were.
        taken: i64,
        /// Taken and changed.
        edited: i64,
        /// Turned down.
        rejected: i64,
        /// Nobody decided about them yet.
        waiting: i64,
        /// The evidence did not suffice.
        insufficient: i64,
        /// Asked for without success.
        failed: i64,
        /// Called off.
        cancelled: i64,
        /// Tokens a second; null where none were written.
        tokens_per_second: Option<f64>,
    }
}

fn group(group: &LogError) -> GroupCount {
    GroupCount { group: Id::of(group.id), template: group.template.clone(), count: group.count }
}

/// `GET /api/v1/overview`.
pub(super) async fn overview(caller: Caller, services: Data<Services>) -> Result<Json<OverviewShape>, ApiError> {
    let reads = caller.reads(&services);
    let states = services.state_counts(reads.scope()).await?;
    let found = overview::overview(&services, reads.scope(), DateTime::now()).await?.value;
    let n = |outcomes: &[Outcome]| found.moments.moments.iter().filter(|moment| outcomes.contains(&moment.outcome)).count() as f64;
    let counts = [n(&[Outcome::Normal, Outcome::Half]), n(&[Outcome::Known]), n(&[Outcome::Unknown])];
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let branch = |state: &crate::store::StateCount| BranchFigure {
        branch: state.branch.clone(),
        normal: state.normal,
        known: state.known,
        unknown: state.unknown,
    };
    let rising =
        |rising: &overview::Rising| RisingShape { group: group(&rising.group), now: number(rising.now), before: number(rising.before) };
    let silent = |silent: &Silent| SilentBranch { branch: silent.branch.clone(), last: silent.last.map(Moment) };
    let top = |(count, entry): &(i64, crate::domain::KnownError)| TopKnown { known_error_id: entry.id.clone(), count: *count };
    Ok(Json(OverviewShape {
        branches: states.value.iter().map(branch).collect(),
        counted_at: Moment(states.at),
        entropy: entropy(&counts),
        new: found.new.iter().map(group).collect(),
        rising: found.rising.iter().map(rising).collect(),
        silent: found.silent.iter().map(silent).collect(),
        top_known: found.top_known.iter().map(top).collect(),
        by_status: found.by_status.iter().map(|(status, count)| StatusFigure { status: *status, count: *count }).collect(),
    }))
}

fn week(week: &Week) -> WeekShape {
    WeekShape {
        week: Moment(DateTime::from_millis(week.day.saturating_mul(DAY_MS))),
        taken: week.taken,
        edited: week.edited,
        rejected: week.rejected,
        waiting: week.waiting,
        insufficient: week.insufficient,
        failed: week.failed,
        cancelled: week.cancelled,
        tokens_per_second: week.tokens_per_second(),
    }
}

/// `GET /api/v1/efficiency`.
pub(super) async fn efficiency(services: Data<Services>) -> Result<Json<EfficiencyShape>, ApiError> {
    let weeks = suggest::weeks(&services, WEEKS, DateTime::now()).await?;
    let counts = services.store.count_suggestions().await?;
    let n = |state| counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, n)| *n);
    Ok(Json(EfficiencyShape {
        weeks: weeks.iter().map(week).collect(),
        queued: n(SuggestionState::Queued),
        drafting: n(SuggestionState::Drafting),
        waiting: n(SuggestionState::Done),
    }))
}
