//! What needs a person now: new and rising unknown errors, branches that fell silent, and how much of what happens is known.
//!
//! What is new or rises is measured against the newest Log, not the clock: what is looked at may be the logs of another day.

use std::collections::BTreeMap;

use bson::{DateTime, oid::ObjectId};

use super::{
    Services,
    figures::is_large,
    kept::Gathered,
    ledger::{self, Silent},
};
use crate::{
    domain::{GroupId, GroupState, KnownError, KnownErrorId, LogError, StatusCode},
    query::Filter,
    store::{LogPage, MomentsFound, Queue, QueueOrder, Result, Scope, ScopedStore, Store},
};

/// Logs counted for the trend.
const COUNTED: usize = 20_000;
/// Known errors of the list of those that come most often.
const TOP_KNOWN: usize = 8;
/// Unknown errors, the newest first, by which it is judged what rises.
const RECENT: usize = 1000;
/// Entries of a list.
const LISTED: usize = 5;
/// New is what was first seen at most so long before the newest Log, in milliseconds.
const DAY: i64 = 86_400_000;

/// A group that grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Rising {
    /// The group.
    pub group: LogError,
    /// Its Logs in the later half of the time looked at, and in the earlier.
    pub now: usize,
    /// Its Logs in the earlier half.
    pub before: usize,
}

/// What needs a person now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overview {
    /// What came of the newest Logs.
    pub moments: MomentsFound,
    /// Unknown errors first seen within a day of the newest Log.
    pub new: Vec<LogError>,
    /// Unknown errors that come at least twice as often as before.
    pub rising: Vec<Rising>,
    /// Branches that sent nothing lately.
    pub silent: Vec<Silent>,
    /// The known errors that came most often, and how often; for who sees some branches, among the newest known errors of these.
    pub top_known: Vec<(i64, KnownError)>,
    /// How often known errors came, by status; for those who see all.
    pub by_status: Vec<(Option<StatusCode>, i64)>,
}

/// Gathers it for whoever sees these branches; groups are for those who see all.
///
/// # Errors
/// When the store fails.
pub async fn overview(services: &Services, scope: &Scope, now: DateTime) -> Result<Gathered<Overview>> {
    let (store, reads) = (services.store.clone(), ScopedStore::new(services.store.clone(), scope.clone()));
    let (key, hours) = (scope.within(Filter::All).to_string(), services.config.ingest.silent_hours);
    let gather = async move {
        let silent = ledger::silent(&reads, hours, now).await?;
        gather(store.as_ref(), &reads, silent).await
    };
    services.figures.overviews.get(key, |overview| is_large(&overview.moments), gather).await
}

async fn gather(store: &dyn Store, reads: &ScopedStore, silent: Vec<Silent>) -> Result<Overview> {
    let page = LogPage { filter: &Filter::All, limit: COUNTED, after: None, scan_limit: COUNTED };
    let moments = reads.list_moments(&page).await?;
    let sees_all = *reads.scope() == Scope::All;
    let with_count = |entry: KnownError| (entry.count, entry);
    let top_known = if sees_all {
        store.list_top_known_errors(TOP_KNOWN).await?.into_iter().map(with_count).collect()
    } else {
        top_known(store, reads).await?
    };
    let Some(newest) = moments.moments.iter().find_map(|moment| moment.date) else {
        return Ok(Overview { moments, top_known, silent, ..Overview::default() });
    };
    if !sees_all {
        return Ok(Overview { moments, silent, top_known, ..Overview::default() });
    }
    let youngest = Queue { state: Some(GroupState::Unknown), order: QueueOrder::FirstSeen, limit: LISTED, ..Queue::default() };
    let fresh_from = newest.timestamp_millis().saturating_sub(DAY);
    let mut new = store.list_queue(&youngest).await?;
    new.retain(|group| first_seen(group) >= fresh_from && group.count > 0);
    let by_status = reads.count_by_status().await?.unwrap_or_default();
    Ok(Overview { rising: rising(store).await?, by_status, moments, new, silent, top_known })
}

/// The known errors that come most often among the newest known ones that are seen.
async fn top_known(store: &dyn Store, reads: &ScopedStore) -> Result<Vec<(i64, KnownError)>> {
    let Ok(known) = "verdict.known_error_id exists".parse::<Filter>() else { return Ok(Vec::new()) };
    let logs = reads.list_logs(&LogPage { filter: &known, limit: RECENT, after: None, scan_limit: COUNTED }).await?.logs;
    let mut counts = BTreeMap::<KnownErrorId, i64>::new();
    for id in logs.iter().filter_map(|log| log.get_document("verdict").ok()?.get_str("known_error_id").ok()) {
        *counts.entry(KnownErrorId(id.to_owned())).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts.truncate(TOP_KNOWN);
    let ids: Vec<_> = counts.iter().map(|(id, _)| id.clone()).collect();
    let mut entries = store.find_known_errors(&ids).await?;
    let entry = |(id, n): (KnownErrorId, i64)| {
        let place = entries.iter().position(|entry| entry.id == id)?;
        Some((n, entries.swap_remove(place)))
    };
    Ok(counts.into_iter().filter_map(entry).collect())
}

fn first_seen(group: &LogError) -> i64 {
    group.first_seen.map_or(i64::MIN, |date| date.timestamp_millis())
}

async fn rising(store: &dyn Store) -> Result<Vec<Rising>> {
    let Ok(unknown) = "error exists and not verdict.known_error_id exists".parse::<Filter>() else { return Ok(Vec::new()) };
    let page = LogPage { filter: &unknown, limit: RECENT, after: None, scan_limit: COUNTED };
    let logs = store.list_log_parts(&page, &["verdict.group_id"]).await?.logs;
    let seen = logs.iter().filter_map(|log| {
        let group = log.get_document("verdict").ok()?.get_object_id("group_id").ok()?;
        Some((log.get_datetime("date").ok()?.timestamp_millis(), group))
    });
    let grown = grown(&seen.collect::<Vec<_>>());
    let listed: Vec<_> = grown.into_iter().take(LISTED).collect();
    let ids: Vec<GroupId> = listed.iter().map(|(group, ..)| GroupId(*group)).collect();
    let mut groups = store.find_log_errors(&ids).await?;
    groups.retain(|group| group.state == GroupState::Unknown);
    let mut rising = Vec::new();
    for (id, now, before) in listed {
        if let Some(place) = groups.iter().position(|group| group.id.0 == id) {
            rising.push(Rising { group: groups.swap_remove(place), now, before });
        }
    }
    Ok(rising)
}

/// Groups that come at least twice as often in the later half of the time as in the earlier, the largest growth first.
fn grown(seen: &[(i64, ObjectId)]) -> Vec<(ObjectId, usize, usize)> {
    let dates = || seen.iter().map(|(date, _)| *date);
    let (Some(oldest), Some(newest)) = (dates().min(), dates().max()) else { return Vec::new() };
    let middle = oldest.saturating_add(newest.saturating_sub(oldest) / 2);
    let mut counts = BTreeMap::<ObjectId, (usize, usize)>::new();
    for (date, group) in seen {
        let (now, before) = counts.entry(*group).or_default();
        if *date > middle { *now += 1 } else { *before += 1 }
    }
    let grows = |(_, (now, before)): &(ObjectId, (usize, usize))| *now >= 3 && *now >= 2 * before;
    let mut grown: Vec<_> = counts.into_iter().filter(grows).map(|(group, (now, before))| (group, now, before)).collect();
    grown.sort_by_key(|(_, now, before)| std::cmp::Reverse(now - before));
    grown
}

/// The entropy of the system's states, H(X) = −Σ pᵢ log₂ pᵢ, in bits; `None` where nothing happened.
pub fn entropy(counts: &[f64]) -> Option<f64> {
    let total: f64 = counts.iter().sum();
    let part = |count: &f64| if *count > 0.0 { -(count / total) * (count / total).log2() } else { 0.0 };
    (total > 0.0).then(|| counts.iter().map(part).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_definition() {
        for (counts, expected) in [
            (&[][..], None),
            (&[0.0, 0.0], None),
            (&[7.0, 0.0, 0.0], Some(0.0)),
            (&[1.0, 1.0], Some(1.0)),
            (&[1.0, 1.0, 1.0], Some(3_f64.log2())),
            (&[2.0, 1.0, 1.0], Some(1.5)),
        ] {
            let found = entropy(counts);
            assert_eq!(found.is_some(), expected.is_some());
            assert!((found.unwrap_or_default() - expected.unwrap_or_default()).abs() < 1e-12, "{counts:?}");
        }
    }

    #[test]
    fn what_comes_twice_as_often_rises() {
        let id = |n: u8| ObjectId::from_bytes([n; 12]);
        let mut seen: Vec<(i64, ObjectId)> = (0..100).map(|n| (n, id(1))).collect();
        seen.extend((60..70).map(|n| (n, id(2))));
        seen.extend([(10, id(3)), (90, id(3)), (91, id(3)), (92, id(3)), (5, id(4)), (99, id(5))]);
        assert_eq!(grown(&seen), [(id(2), 10, 0), (id(3), 3, 1)]);
        assert_eq!(grown(&[]), []);
        assert_eq!(grown(&[(i64::MIN, id(1)), (i64::MAX, id(1))]), []);
    }
}
