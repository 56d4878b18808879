//! Knowledge has changed: the errors that nobody knew are judged anew, and those that are known now say so.
//!
//! Runs beside everything else, may be broken off anywhere and begun again, and may run in several processes at once: each change holds
//! only while the Log is still unknown. How far the knowledge was judged is kept in the store, so that a crash leaves nothing undone.

use std::{collections::BTreeMap, time::Duration};

use bson::RawDocumentBuf;

use super::Services;
use crate::{
    domain::{Fault, GroupId, GroupState, KnownErrorId, LogError, LogId, Verdict},
    query::{Filter, Operator, Test, Value},
    store::{self, GroupDecision, LogPage, Store, VerdictChange},
};

/// Under this name the store keeps the version of the knowledge base that unknown errors were judged by last.
const MARK: &str = "rejudged_version";
/// Logs read at once.
const PAGE: usize = 1000;
/// Pause between two looks at the store for changes of other processes.
const PAUSE: Duration = Duration::from_secs(2);

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Groups looked at.
    pub n_groups: usize,
    /// Groups of unknown errors there are.
    pub of_groups: usize,
    /// Logs that are known now.
    pub n_logs: u64,
}

/// Judges all unknown errors by the knowledge base as it is now.
///
/// # Errors
/// When the store does not answer or holds corrupt documents.
pub async fn rejudge(services: &Services, on_progress: &(dyn Fn(Rejudged) + Send + Sync)) -> store::Result<Rejudged> {
    let store = services.store.as_ref();
    services.knowledge.refresh(store).await?;
    let version = services.knowledge.version();
    let groups = store.list_log_errors(Some(GroupState::Unknown), usize::MAX).await?;
    let mut done = Rejudged { of_groups: groups.len(), ..Rejudged::default() };
    for group in groups {
        done.n_logs += rejudge_group(services, &group).await?;
        done.n_groups += 1;
        on_progress(done);
    }
    if done.n_logs > 0 {
        services.groups.refresh(store).await?;
    }
    store.set_mark(MARK, version).await?;
    Ok(done)
}

/// Follows the store: takes over what other processes change, and judges anew when the knowledge has changed. Never returns.
pub async fn follow(services: &Services) {
    loop {
        let turn = services.judging.lock().await;
        let done = catch_up(services).await;
        drop(turn);
        if let Err(error) = done {
            tracing::warn!(%error, "cannot follow the knowledge base; trying again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Judges anew if the knowledge has changed since that was done last; whoever calls holds the turn.
pub(super) async fn catch_up(services: &Services) -> store::Result<()> {
    let store = services.store.as_ref();
    if services.knowledge.refresh(store).await? {
        services.groups.refresh(store).await?;
    }
    if store.mark(MARK).await? == services.knowledge.version() {
        return Ok(());
    }
    let done = rejudge(services, &|so_far| services.set_rejudging(Some(so_far))).await;
    services.set_rejudging(None);
    let Rejudged { n_groups, n_logs, .. } = done?;
    if n_logs > 0 {
        tracing::info!(n_groups, n_logs, "errors that nobody knew are known now");
    }
    Ok(())
}

/// The unknown Logs of a group that are known now; the group is closed when none is left.
async fn rejudge_group(services: &Services, group: &LogError) -> store::Result<u64> {
    let store = services.store.as_ref();
    let unknown = unknown_of(group.id);
    let (mut known, mut n_left, mut n_known, mut after) = (BTreeMap::<KnownErrorId, u64>::new(), 0_usize, 0, None);
    loop {
        let page = store.list_logs(&LogPage { filter: &unknown, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let changes: Vec<VerdictChange> = page.logs.iter().filter_map(|log| judge(services, group.id, log)).collect();
        n_left += page.logs.len() - changes.len();
        n_known += store.change_verdicts(&changes).await?;
        for id in changes.into_iter().filter_map(|change| change.verdict.known_error_id) {
            *known.entry(id).or_default() += 1;
        }
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    if known.is_empty() {
        return Ok(0);
    }
    let ids: Vec<KnownErrorId> = known.keys().cloned().collect();
    store.recount_known_errors(&ids).await?;
    store.recount_log_errors(&[group.id]).await?;
    if n_left == 0 {
        let most = known.into_iter().max_by_key(|(_, n)| *n).map(|(id, _)| id);
        let status = most.as_ref().and_then(|id| services.knowledge.entry(id)).and_then(|entry| entry.status);
        let decision = GroupDecision { state: GroupState::Known, status, known_error_id: most, relabel_pending: false };
        store.update_log_error(&group.id, &decision).await?;
        services.figures.forget_queue();
    }
    Ok(n_known)
}

/// Gives the Logs of a group that are still unknown this verdict; the others keep theirs.
pub(super) async fn tell_unknown(store: &dyn Store, group: GroupId, verdict: &Verdict) -> store::Result<u64> {
    let (unknown, mut n_told, mut after) = (unknown_of(group), 0, None);
    loop {
        let page = store.list_logs(&LogPage { filter: &unknown, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let ids = page.logs.iter().filter_map(|log| log.get_object_id("_id").ok());
        let changes: Vec<_> = ids.map(|id| VerdictChange { log: LogId(id), was: None, verdict: verdict.clone() }).collect();
        n_told += store.change_verdicts(&changes).await?;
        let Some(next) = page.next else { return Ok(n_told) };
        after = Some(next);
    }
}

/// What a Log's error is now, if it is known.
fn judge(services: &Services, group: GroupId, log: &RawDocumentBuf) -> Option<VerdictChange> {
    let (message, code) = Fault::of(log)?;
    let known = services.knowledge.recognise_often(message, code.as_deref(), || Some(log))?;
    Some(VerdictChange {
        log: LogId(log.get_object_id("_id").ok()?),
        was: None,
        verdict: Verdict { known_error_id: Some(known.id), group_id: Some(group), method: Some(known.method), score: known.score },
    })
}

/// The Logs of a group whose error nobody knows.
pub(super) fn unknown_of(group: GroupId) -> Filter {
    let test = |path: &str, value: Value| path.parse().ok().map(|path| Filter::Test(Test { path, operator: Operator::Equal, value }));
    let tests = [test("verdict.group_id", Value::Id(group.0)), test("verdict.known_error_id", Value::Null)];
    Filter::And(tests.into_iter().flatten().collect())
}
