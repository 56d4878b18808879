//! The rule of a known error has changed: its stored Logs are judged anew, and so are those that nobody knew and those of other known errors,
//! as the preview of the change counted them.
//!
//! Runs beside everything else and may be broken off anywhere: the known error is marked until it is done, and whoever finds the mark goes on.
//! A known error that is out of force keeps the Logs that it had: history says what was known then.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bson::RawDocumentBuf;

use super::{
    Services,
    groups::agree::{ATTEMPTS, disagreed},
    rejudge, rejudge_others,
};
use crate::{
    domain::{Fault, GroupId, GroupState, KnownError, KnownErrorId, Log, LogError, LogFileId, LogId, Method, Verdict},
    query::{Filter, Operator, Test, Value},
    store::{self, GroupDecision, LogPage, VerdictChange},
};

/// Logs read at once.
pub(super) const PAGE: usize = 1000;

/// What a change of a known error came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The version.
    pub version: i64,
    /// Logs that became its.
    pub n_gained: i64,
    /// Logs that are no longer its.
    pub n_lost: i64,
}

/// Judges the Logs by what the latest version of a known error says, unless that was done.
///
/// # Errors
/// When the store fails.
pub async fn settle(services: &Services, id: &KnownErrorId) -> store::Result<()> {
    let store = services.store.as_ref();
    let _turn = services.judging.lock().await;
    services.knowledge.refresh(store).await?;
    store.recount_known_errors(std::slice::from_ref(id)).await?;
    let Some(entry) = store.find_known_error(id).await?.filter(|entry| entry.rejudge_pending) else { return Ok(()) };
    let n_lost = match &entry.tenure.merged_into {
        Some(into) if !entry.state.matches() => hand_over(services, &entry, into).await?,
        _ if entry.state.matches() => {
            let n_lost = release(services, &entry).await?;
            rejudge_others::take(services, &entry).await?;
            n_lost
        }
        _ => 0,
    };
    rejudge::catch_up(services).await?;
    store.recount_known_errors(std::slice::from_ref(id)).await?;
    let after = store.find_known_error(id).await?.map_or(0, |entry| entry.count);
    store.settle_known_error(id, entry.version).await?;
    services.note_outcome(id, Outcome { version: entry.version, n_gained: (after - (entry.count - n_lost)).max(0), n_lost });
    Ok(())
}

/// Finishes what a crash interrupted.
///
/// # Errors
/// When the store fails.
pub async fn finish_pending(services: &Services) -> store::Result<()> {
    for id in services.store.list_pending_known_errors().await? {
        settle(services, &id).await?;
    }
    Ok(())
}

/// Logs of a known error.
pub(super) fn logs_of(id: &KnownErrorId) -> Filter {
    match "verdict.known_error_id".parse() {
        Ok(path) => Filter::Test(Test { path, operator: Operator::Equal, value: Value::Text(id.to_string()) }),
        Err(_) => Filter::Not(Box::new(Filter::All)),
    }
}

/// The Logs of an entry that are another's now, or nobody's; how many.
async fn release(services: &Services, entry: &KnownError) -> store::Result<i64> {
    let store = services.store.as_ref();
    let (own, mut n_lost, mut after) = (logs_of(&entry.id), 0, None);
    let (mut others, mut groups) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let page = store.list_logs(&LogPage { filter: &own, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let (changes, met) = judge_page(services, entry, &page.logs).await?;
        store.insert_log_errors(&services.groups.described(met.values().flatten())).await?;
        groups.extend(met.into_keys());
        others.extend(changes.iter().filter_map(|change| change.verdict.known_error_id.clone()));
        n_lost += i64::try_from(store.change_verdicts(&changes).await?).unwrap_or(i64::MAX);
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    store.recount_known_errors(&others.into_iter().collect::<Vec<_>>()).await?;
    reopen(services, &entry.id, groups.into_iter().collect()).await?;
    Ok(n_lost)
}

/// Groups that Logs are in now; where a Log may be its first, as that Log has it.
type Met = BTreeMap<GroupId, Option<LogError>>;

/// What the errors of Logs are now, where they are no longer the entry's, by groups that all processes agree on.
async fn judge_page(services: &Services, entry: &KnownError, logs: &[RawDocumentBuf]) -> store::Result<(Vec<VerdictChange>, Met)> {
    for _ in 0..ATTEMPTS {
        let (turn, mut groups) = (services.groups.turn(), Met::new());
        let changes = logs.iter().filter_map(|log| judge(services, entry, log, &mut groups)).collect();
        if services.groups.agree(services.store.as_ref(), turn, Duration::ZERO).await? {
            return Ok((changes, groups));
        }
    }
    Err(disagreed())
}

/// What a Log's error is now, where it is no longer the entry's. Groups that it may be the first of are put beside.
fn judge(services: &Services, entry: &KnownError, log: &RawDocumentBuf, groups: &mut Met) -> Option<VerdictChange> {
    let (message, code) = Fault::of(log)?;
    let before: Verdict = bson::deserialize_from_slice(log.get_document("verdict").ok()?.as_bytes()).ok()?;
    if before.method == Some(Method::Approved) && services.knowledge.holds(&entry.id, log) {
        return None;
    }
    let id = LogId(log.get_object_id("_id").ok()?);
    let verdict = match services.knowledge.recognise_often(message, code.as_deref(), || Some(log)) {
        Some(known) if known.id == entry.id => return None,
        Some(known) => {
            Verdict { known_error_id: Some(known.id), group_id: before.group_id, method: Some(known.method), score: known.score }
        }
        None => {
            let group = before.group_id.unwrap_or_else(|| services.groups.assign(message).id);
            groups.entry(group).or_insert_with(|| before.group_id.is_none().then(|| first_of(group, id, message, log)));
            Verdict { known_error_id: None, group_id: Some(group), method: None, score: 0.0 }
        }
    };
    Some(VerdictChange { log: id, was: Some(entry.id.clone()), verdict })
}

/// A group that a Log may be the first of; one that is there already stays as it is.
fn first_of(id: GroupId, log_id: LogId, message: &str, log: &RawDocumentBuf) -> LogError {
    let log: Option<Log> = bson::deserialize_from_slice(log.as_bytes()).ok();
    let code = log.as_ref().and_then(|log| log.error.as_ref()).and_then(|fault| fault.code.clone());
    let file = log.map_or_else(|| LogFileId::from_content(&[]), |log| log.log_file_id);
    LogError { code, ..LogError::begun(id, String::new(), String::new(), message.to_owned(), (file, log_id)) }
}

/// Counts groups anew; those that were closed as this known error wait for an explanation again.
async fn reopen(services: &Services, known: &KnownErrorId, groups: Vec<GroupId>) -> store::Result<()> {
    let store = services.store.as_ref();
    if groups.is_empty() {
        return Ok(());
    }
    for id in &groups {
        let Some(group) = store.find_log_error(id).await? else { continue };
        if group.known_error_id.as_ref() == Some(known) {
            let open = GroupDecision { state: GroupState::Unknown, status: None, known_error_id: None, relabel_pending: false };
            store.update_log_error(id, &open).await?;
        }
    }
    store.recount_log_errors(&groups).await?;
    services.figures.forget_queue();
    services.groups.refresh(store).await
}

/// Gives all Logs and groups of an entry to the one that took its place; how many Logs.
async fn hand_over(services: &Services, entry: &KnownError, into: &KnownErrorId) -> store::Result<i64> {
    let store = services.store.as_ref();
    let (own, mut n_moved, mut after) = (logs_of(&entry.id), 0, None);
    let give = |log: &RawDocumentBuf| {
        let before: Verdict = bson::deserialize_from_slice(log.get_document("verdict").ok()?.as_bytes()).ok()?;
        let verdict = Verdict { known_error_id: Some(into.clone()), ..before };
        Some(VerdictChange { log: LogId(log.get_object_id("_id").ok()?), was: Some(entry.id.clone()), verdict })
    };
    loop {
        let page = store.list_logs(&LogPage { filter: &own, limit: PAGE, after, scan_limit: usize::MAX }).await?;
        let changes: Vec<VerdictChange> = page.logs.iter().filter_map(give).collect();
        n_moved += i64::try_from(store.change_verdicts(&changes).await?).unwrap_or(i64::MAX);
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    for group in store.list_log_errors(Some(GroupState::Known), usize::MAX).await? {
        if group.known_error_id.as_ref() == Some(&entry.id) {
            let decision = GroupDecision {
                state: GroupState::Known,
                status: group.status,
                known_error_id: Some(into.clone()),
                relabel_pending: group.relabel_pending,
            };
            store.update_log_error(&group.id, &decision).await?;
        }
    }
    store.recount_known_errors(std::slice::from_ref(into)).await?;
    services.groups.refresh(store).await?;
    Ok(n_moved)
}
