//! The first page: what was ingested, what is known, what waits for an explanation.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;

use super::{
    chart::Chart,
    error::{PageError, page},
    histogram,
    session::{Frame, Viewer},
    trend,
    view::View,
};
use crate::{
    domain::{GroupId, GroupState, LogError, LogFile, Suggestion, SuggestionState},
    store::{self, Queue, QueueCount, SuggestionQueue},
    usecase::{
        Services,
        overview::{self, Overview},
        waiting::{self, Waiting},
    },
};

/// Drafts that are shown.
const DRAFTS: usize = 5;
/// Figures that are older say of when they are, in milliseconds.
const SHOWN_AGE_MS: i64 = 5000;

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    logs: i64,
    normal: i64,
    known: i64,
    unknown: i64,
    /// Shares in per cent, for the bar of each branch: code, total, normal, known, unknown.
    branches: Vec<Branch>,
    groups: Vec<LogError>,
    n_groups: usize,
    files: Vec<LogFile>,
    /// What needs the person now.
    needs: Arc<Overview>,
    /// When the Logs were counted, where that was some time ago.
    counted_at: Option<String>,
    /// What came of the newest Logs; how much of it is known; errors by branch and by status.
    charts: Vec<Chart>,
    /// Drafts that somebody has to look at: the group, its text, since when.
    drafts: Vec<(String, String, String)>,
    /// How many drafts there are.
    n_drafts: i64,
    /// How many groups are the person's, and how many came back after they were set aside, where there are any.
    mine: Option<String>,
    back: Option<String>,
    /// Known errors that need somebody.
    waiting: Waiting,
    /// How far the judging anew of unknown errors is, while it runs.
    rejudging: Option<String>,
}

struct Branch {
    code: String,
    total: i64,
    normal: i64,
    known: i64,
    unknown: i64,
    /// Width of each part in a drawing 1000 wide, and where it begins.
    bar: [(i64, i64); 3],
}

/// Drafts that wait for a decision, the first asked for first.
async fn drafts(frame: &Frame, services: &Services) -> store::Result<Vec<(String, String, String)>> {
    let queue = SuggestionQueue { state: SuggestionState::Done, after: None, limit: DRAFTS };
    let waiting = services.store.list_suggestions_in(&queue).await?;
    let ids: Vec<GroupId> = waiting.iter().map(|draft| draft.group).collect();
    let groups = services.store.find_log_errors(&ids).await?;
    let row = |draft: &Suggestion| {
        let group = groups.iter().find(|group| group.id == draft.group && group.state == GroupState::Unknown)?;
        Some((group.id.to_string(), frame.headline(&group.template.replace("<*>", "…")), frame.moment(&draft.settled_at)))
    };
    Ok(waiting.iter().filter_map(row).collect())
}

/// `GET /`; whoever is signed in.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (frame, store) = (&viewer.frame, &services.store);
    let reads = viewer.reads(&services);
    let reads_all = frame.may_read_all();
    let groups = async {
        let frequent = Queue { state: Some(GroupState::Unknown), limit: 8, ..Queue::default() };
        match reads_all {
            true => tokio::try_join!(store.list_queue(&frequent), store.count_log_errors(GroupState::Unknown), services.queue_counts())
                .map(Some),
            false => Ok(None),
        }
    };
    let drafts = async { if frame.may_explain() { drafts(frame, &services).await } else { Ok(Vec::new()) } };
    let waiting = async { if reads_all { waiting::waiting(&services).await } else { Ok(Waiting::default()) } };
    let (counted, groups, gathered, files, drafts, waiting) = tokio::try_join!(
        services.state_counts(reads.scope()),
        groups,
        overview::overview(&services, reads.scope(), DateTime::now()),
        reads.list_log_files(8),
        drafts,
        waiting,
    )
    .map_err(failed)?;
    let (groups, n_groups, standing) = groups.map(|(groups, n, counts)| (groups, n, counts.value)).unwrap_or_default();
    let branches: Vec<Branch> = counted
        .value
        .iter()
        .map(|state| {
            let total = state.normal + state.known + state.unknown;
            let width = |n: i64| n * 1000 / total.max(1);
            let (normal, known) = (width(state.normal), width(state.known));
            let bar = [(0, normal), (normal, known), (normal + known, 1000 - normal - known)];
            Branch { code: state.branch.to_string(), total, normal: state.normal, known: state.known, unknown: state.unknown, bar }
        })
        .collect();
    let sum = |part: fn(&Branch) -> i64| branches.iter().map(part).sum::<i64>();
    let counted_as = |belongs: &dyn Fn(&QueueCount) -> bool| {
        let n: i64 = standing.iter().filter(|count| count.state == GroupState::Unknown && belongs(count)).map(|count| count.n).sum();
        (n > 0).then(|| viewer.frame.number(&n))
    };
    let mine = counted_as(&|count| count.assignee.as_deref() == Some(viewer.user.name.as_str()));
    let back = counted_as(&|count| count.review);
    let needs = gathered.value;
    let counted_at = (DateTime::now().timestamp_millis() - counted.at.timestamp_millis() > SHOWN_AGE_MS)
        .then(|| viewer.frame.say("home.counted_at", &[("at", &viewer.frame.moment(&counted.at))]));
    let mut charts = Vec::new();
    if let Some(states) = histogram::chart(&viewer.frame, &View::default(), &needs.moments, (None, None)) {
        let errors: Vec<_> = branches.iter().map(|branch| (branch.code.clone(), branch.known, branch.unknown)).collect();
        let knowledge = trend::knowledge(&viewer.frame, &states);
        charts.extend([states, knowledge, trend::branches(&viewer.frame, &errors)]);
        if reads_all {
            let statuses = store.list_status_errors().await.map_err(failed)?;
            charts.push(trend::statuses(&viewer.frame, &needs.by_status, &statuses));
        }
    }
    let rejudging = services.rejudging().map(|so_far| {
        let number = |n: usize| viewer.frame.number(&i64::try_from(n).unwrap_or(i64::MAX));
        let n_logs = viewer.frame.number(&i64::try_from(so_far.n_logs).unwrap_or(i64::MAX));
        viewer.frame.say("home.rejudging", &[("done", &number(so_far.n_groups)), ("all", &number(so_far.of_groups)), ("n", &n_logs)])
    });
    let n_drafts: i64 = if drafts.is_empty() {
        0
    } else {
        let counted = store.count_suggestions().await.map_err(failed)?;
        counted.iter().filter(|(state, _)| *state == SuggestionState::Done).map(|(_, n)| n).sum()
    };
    let template = Page {
        mine,
        back,
        waiting,
        n_drafts,
        drafts,
        needs,
        charts,
        rejudging,
        logs: sum(|branch| branch.total),
        normal: sum(|branch| branch.normal),
        known: sum(|branch| branch.known),
        unknown: sum(|branch| branch.unknown),
        branches,
        groups,
        n_groups,
        counted_at,
        files,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}
