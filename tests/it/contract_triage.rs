//! What every store promises of the queue of unknown errors, of changes that can be taken back, and of what was done and said.

use std::{collections::BTreeSet, sync::Arc};

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{
        Activity, BranchCount, Bulk, BulkId, DAY_MS, Deed, GroupChange, GroupId, GroupState, HOUR_MS, Ignored, KnownErrorId, LogError,
        Moment, Standing, Times, Triage, Until,
    },
    query::Filter,
    store::{LogCursor, LogPage, Queue, QueueCount, QueueOrder, SharedStore, Whose},
};

use crate::support::{ALog, a_log, a_log_error, mongodb, sqlite};

contract! {
    the_queue_has_neither_gaps_nor_repeats_in_any_order,
    the_queue_shows_what_is_asked_for,
    a_standing_changes_only_from_what_it_was,
    days_and_hours_are_counted_not_added,
    what_was_done_and_said_is_kept_in_order,
    changes_of_many_groups_are_kept,
    what_came_later_is_read_in_the_order_in_which_it_came,
}

fn id(n: u8) -> GroupId {
    GroupId::from_content(&[&[n]])
}

fn at(hour: i64) -> DateTime {
    DateTime::from_millis(hour * HOUR_MS)
}

/// The nth of some groups; every fourth was never seen.
fn group(n: u8) -> LogError {
    let seen = |hour: u8| (!n.is_multiple_of(4)).then(|| at(hour.into()));
    LogError {
        count: (n % 5).into(),
        branches: vec![BranchCount { branch: if n < 8 { "K1" } else { "K12" }.parse().unwrap(), count: 1 }],
        first_seen: seen(n / 3),
        last_seen: seen(100 - n % 7),
        ..a_log_error(id(n), &format!("Сервер <*> $where not (ready) {n}"))
    }
}

async fn with_groups(store: &SharedStore, n: u8) {
    let groups: Vec<_> = (0..n).map(group).collect();
    store.insert_log_errors(&groups).await.unwrap();
}

async fn asked(store: &SharedStore, queue: Queue) -> BTreeSet<GroupId> {
    store.list_queue(&Queue { limit: 100, ..queue }).await.unwrap().into_iter().map(|group| group.id).collect()
}

fn ids(of: impl IntoIterator<Item = u8>) -> BTreeSet<GroupId> {
    of.into_iter().map(id).collect()
}

/// Changes where a group stands, whatever it was.
async fn stand(store: &SharedStore, n: u8, state: GroupState, triage: Triage) {
    let was = store.find_log_error(&id(n)).await.unwrap().unwrap().standing();
    assert!(store.change_standing(&id(n), &was, &Standing { state, triage }).await.unwrap());
}

async fn the_queue_has_neither_gaps_nor_repeats_in_any_order(store: SharedStore) {
    with_groups(&store, 23).await;
    for order in [QueueOrder::Count, QueueOrder::LastSeen, QueueOrder::FirstSeen] {
        for state in [None, Some(GroupState::Unknown)] {
            let mut queue = Queue { state, order, limit: 3, ..Queue::default() };
            let (mut places, mut seen) = (Vec::new(), BTreeSet::new());
            loop {
                let page = store.list_queue(&queue).await.unwrap();
                let Some(last) = page.last() else { break };
                queue.after = Some(order.place(last));
                places.extend(page.iter().map(|group| (-order.place(group).key.max(-1), group.id)));
                seen.extend(page.iter().map(|group| group.id));
            }
            assert!(places.is_sorted(), "{order:?}");
            assert_eq!((places.len(), seen.len()), (23, 23), "{order:?}");
        }
    }
}

async fn the_queue_shows_what_is_asked_for(store: SharedStore) {
    with_groups(&store, 12).await;
    let of = |name: &str| Triage { assignee: Some(name.to_owned()), ..Triage::default() };
    stand(&store, 1, GroupState::Unknown, of("olena")).await;
    stand(&store, 2, GroupState::Unknown, Triage { review: true, ..Triage::default() }).await;
    stand(&store, 3, GroupState::Ignored, of("olena")).await;
    stand(&store, 4, GroupState::Unknown, Triage { merged_into: Some(id(5)), ..Triage::default() }).await;
    let unknown = Queue { state: Some(GroupState::Unknown), ..Queue::default() };
    let all = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11];
    assert_eq!(asked(&store, unknown.clone()).await, ids(all));
    assert_eq!(asked(&store, Queue::default()).await, ids(all.into_iter().chain([3])));
    let fresh = Queue { review: Some(false), whose: Whose::Nobody, ..unknown.clone() };
    assert_eq!(asked(&store, fresh).await, ids([0, 5, 6, 7, 8, 9, 10, 11]));
    assert_eq!(asked(&store, Queue { review: Some(true), ..unknown.clone() }).await, ids([2]));
    assert_eq!(asked(&store, Queue { whose: Whose::Person("olena".into()), ..Queue::default() }).await, ids([1, 3]));
    assert_eq!(asked(&store, Queue { branch: Some("K1".parse().unwrap()), ..unknown.clone() }).await, ids([0, 1, 2, 5, 6, 7]));
    for (words, expected) in [
        (vec!["сервер", "$WHERE"], ids(all)),
        (vec!["(ready) 11"], ids([11])),
        (vec!["re.dy"], ids([])),
        (vec!["<*>", "7"], ids([7])),
        (vec!["ready", "absent"], ids([])),
    ] {
        let words = words.into_iter().map(str::to_owned).collect();
        assert_eq!(asked(&store, Queue { words, ..unknown.clone() }).await, expected);
    }
    // Group n was first seen in hour n / 3 and last in hour 100 - n % 7; 0 and 8 never.
    assert_eq!(asked(&store, Queue { since: Some(at(96)), ..unknown.clone() }).await, ids([1, 2, 7, 9, 10, 11]));
    assert_eq!(asked(&store, Queue { before: Some(at(2)), ..unknown.clone() }).await, ids([1, 2, 5]));
    let mut counts = store.count_queue().await.unwrap();
    counts.sort_by_key(|count| count.n);
    let count = |state, review, assignee: Option<&str>, n| QueueCount { state, review, assignee: assignee.map(str::to_owned), n };
    assert_eq!(counts.pop(), Some(count(GroupState::Unknown, false, None, 8)));
    for expected in [
        count(GroupState::Unknown, false, Some("olena"), 1),
        count(GroupState::Unknown, true, None, 1),
        count(GroupState::Ignored, false, Some("olena"), 1),
    ] {
        assert!(counts.contains(&expected), "{counts:?}");
    }
    assert_eq!(store.count_log_errors(GroupState::Unknown).await.unwrap(), 10);
}

async fn a_standing_changes_only_from_what_it_was(store: SharedStore) {
    with_groups(&store, 1).await;
    let (was, ignored) = (group(0).standing(), Ignored { until: Until::Date(at(5)), by: "olena".into(), at: at(1), count: 7, seen: None });
    let is = Standing { state: GroupState::Ignored, triage: Triage { ignored: Some(ignored), ..Triage::default() } };
    assert!(store.change_standing(&id(0), &was, &is).await.unwrap());
    assert!(!store.change_standing(&id(0), &was, &is).await.unwrap());
    assert_eq!(store.find_log_error(&id(0)).await.unwrap().unwrap().standing(), is);
    // Counting, and meeting the group again, leave it as it stands.
    store.recount_log_errors(&[id(0)]).await.unwrap();
    with_groups(&store, 1).await;
    assert!(store.change_standing(&id(0), &is, &was).await.unwrap());
    assert!(!store.change_standing(&id(9), &was, &is).await.unwrap());
}

async fn days_and_hours_are_counted_not_added(store: SharedStore) {
    with_groups(&store, 2).await;
    assert_eq!(store.find_times(&id(0)).await.unwrap(), Times::default());
    let verdict = || Some(rawdoc! { "known_error_id": null, "group_id": id(0).0, "method": null, "score": 0.0 });
    let log = |name, hour: i64| ALog { verdict: verdict(), ..a_log(name, Some((hour, hour * 3600 + 59)), None) };
    let logs = [log("a", 1), log("b", 24 * 20), log("c", 24 * 20), log("d", 24 * 20 + 5), log("e", 24 * 7), log("f", 24 * 6)];
    let undated = log("g", 3).without_date();
    let logs: Arc<[_]> = logs.iter().map(ALog::encoded).chain([undated]).collect();
    store.insert_logs(&logs).await.unwrap();
    let moment = |hour: i64, count| Moment { at: at(hour), count };
    let days = vec![moment(0, 1), moment(6 * 24, 1), moment(7 * 24, 1), moment(20 * 24, 3)];
    // Hours are kept for the latest fourteen days.
    let hours = vec![moment(7 * 24, 1), moment(20 * 24, 2), moment(20 * 24 + 5, 1)];
    assert_eq!(DAY_MS, 24 * HOUR_MS);
    for _ in 0..2 {
        store.recount_log_errors(&[id(0), id(1)]).await.unwrap();
        assert_eq!(store.find_times(&id(0)).await.unwrap(), Times { days: days.clone(), hours: hours.clone() });
        assert_eq!(store.find_times(&id(1)).await.unwrap(), Times::default());
    }
}

async fn what_was_done_and_said_is_kept_in_order(store: SharedStore) {
    let said = |n: u8, hour, deed| Activity::new(id(n), at(hour), "olena", deed);
    let first = said(1, 1, Deed::Comment("$where, <b> і \u{202E}".into()));
    let all = [
        said(1, 5, Deed::Explained(KnownErrorId("ke".into()))),
        said(1, 4, Deed::Split { part: id(3), value: "<*>".into() }),
        said(1, 3, Deed::Ignored(Until::Date(at(9)))),
        said(1, 2, Deed::Assigned(None)),
        first.clone(),
    ];
    store.insert_activities(&all[1..]).await.unwrap();
    store.insert_activities(&[first.clone(), all[0].clone(), said(2, 9, Deed::Reopened(None))]).await.unwrap();
    store.insert_activities(&[]).await.unwrap();
    assert_eq!(store.list_activities(&id(1), 10).await.unwrap(), all);
    assert_eq!(store.list_activities(&id(1), 2).await.unwrap(), all[..2]);
    // What follows by itself is found by several, and noted once.
    let of_itself = |hour| Activity::of_itself(id(7), at(hour), at(1), Deed::Reopened(Some(Until::More(5))));
    store.insert_activities(&[of_itself(8)]).await.unwrap();
    store.insert_activities(&[of_itself(9)]).await.unwrap();
    assert_eq!(store.list_activities(&id(7), 10).await.unwrap(), [of_itself(8)]);
}

async fn changes_of_many_groups_are_kept(store: SharedStore) {
    let standing = |n| Standing { state: GroupState::Unknown, triage: Triage { merged_into: Some(id(n)), ..Triage::default() } };
    let change = GroupChange { group: id(1), was: group(1).standing(), is: standing(2) };
    let bulk = Bulk { id: BulkId::from_content(&[b"b"]), by: "olena".into(), at: at(1), changes: vec![change], undone: false };
    assert_eq!(store.find_bulk(&bulk.id).await.unwrap(), None);
    store.save_bulk(&bulk).await.unwrap();
    assert_eq!(store.find_bulk(&bulk.id).await.unwrap(), Some(bulk.clone()));
    let undone = Bulk { undone: true, ..bulk };
    store.save_bulk(&undone).await.unwrap();
    assert_eq!(store.find_bulk(&undone.id).await.unwrap(), Some(undone));
}

async fn what_came_later_is_read_in_the_order_in_which_it_came(store: SharedStore) {
    const IDS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    // Three of each second, of two sessions in turn; the last has no date.
    let log = |(n, name): (usize, &&'static str)| {
        let second = i64::try_from(n / 3).unwrap();
        ALog { session: Some(["s1", "s2"][n % 2]), ..a_log(name, Some((second, second)), None) }
    };
    let logs: Vec<ALog> = IDS.iter().enumerate().map(log).collect();
    let mut encoded: Vec<_> = logs.iter().map(ALog::encoded).collect();
    encoded[8] = logs[8].without_date();
    store.insert_logs(&Arc::from(encoded)).await.unwrap();
    for (text, n) in [("", 8), ("session_key = s1", 4), ("branch = K1 and session_key = s2 and date >= 1970-01-01T00:00:01Z", 3)] {
        let filter: Filter = text.parse().unwrap();
        // As pages of the other direction, turned round, without what has no date.
        let all = LogPage { filter: &filter, limit: 100, after: None, scan_limit: usize::MAX };
        let mut expected = store.list_logs(&all).await.unwrap().logs;
        expected.retain(|log| log.get_datetime("date").is_ok());
        expected.reverse();
        assert_eq!(expected.len(), n, "{text}");
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_later_logs(&LogPage { limit: 2, after, scan_limit: 3, ..all.clone() }).await.unwrap();
            found.extend(page.logs);
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(found, expected, "{text}");
        let middle = LogCursor {
            date: DateTime::from_millis(1000),
            id: expected[n - 1].get_object_id("_id").map(loghelper::domain::LogId).unwrap(),
        };
        let later = store.list_later_logs(&LogPage { after: Some(middle), ..all }).await.unwrap();
        let is_later = |log: &&bson::RawDocumentBuf| {
            (log.get_datetime("date").unwrap().timestamp_millis(), log.get_object_id("_id").unwrap()) > (1000, middle.id.0)
        };
        assert_eq!(later.logs, expected.iter().filter(is_later).cloned().collect::<Vec<_>>(), "{text}");
        assert!(later.next.is_none() && !later.incomplete);
    }
}
