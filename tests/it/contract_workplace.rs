//! What every store promises of the analyst's workplace: views of the queue, and its facets.

use std::sync::Arc;

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{BranchCount, GroupId, GroupState, LogError, MethodCount, QueryConfig, Standing, Triage, ViewKind},
    store::{Queue, SharedStore, Unwanted},
};

use crate::support::{ALog, a_log, a_log_error, mongodb, sqlite};

contract! {
    views_of_a_kind_are_apart_from_the_others,
    facets_count_what_the_queue_shows_up_to_a_bound,
    a_queue_may_be_some_groups_only,
    methods_of_a_group_are_counted_from_its_logs,
}

fn id(n: u8) -> GroupId {
    GroupId::from_content(&[&[n]])
}

pub fn group(n: u8, branches: &[&str]) -> LogError {
    let branch = |code: &&str| BranchCount { branch: code.parse().unwrap(), count: 1 };
    LogError {
        count: n.into(),
        branches: branches.iter().map(branch).collect(),
        methods: if n == 1 { Vec::new() } else { vec![method("Pay", 1), method(&format!("M{}", n % 2), 1)] },
        ..a_log_error(id(n), &format!("failed {n}"))
    }
}

fn method(method: &str, count: i64) -> MethodCount {
    MethodCount { method: method.to_owned(), count }
}

async fn views_of_a_kind_are_apart_from_the_others(store: SharedStore) {
    let view = |kind: ViewKind, owner: &str, shared| QueryConfig {
        id: kind.id_for(owner, "v", 0),
        kind,
        name: "v".into(),
        owner: owner.into(),
        shared,
        filter: format!("{kind:?}"),
        columns: vec![],
        range: String::new(),
        pinned: true,
        updated_at: DateTime::from_millis(1),
    };
    for kind in ViewKind::ALL {
        store.save_query_config(&view(kind, "olena", kind == ViewKind::Errors)).await.unwrap();
        store.save_query_config(&view(kind, "petro", false)).await.unwrap();
    }
    for kind in ViewKind::ALL {
        assert_eq!(store.find_query_config("olena", kind, "v").await.unwrap(), Some(view(kind, "olena", kind == ViewKind::Errors)));
        let owners = store.list_query_configs("petro", kind).await.unwrap().into_iter().map(|view| view.owner).collect::<Vec<_>>();
        assert_eq!(owners, if kind == ViewKind::Errors { vec!["olena", "petro"] } else { vec!["petro"] });
    }
    assert!(store.delete_query_config(&ViewKind::Errors.id_for("olena", "v", 0)).await.unwrap());
    assert!(store.find_query_config("olena", ViewKind::Errors, "v").await.unwrap().is_none());
    assert!(store.find_query_config("olena", ViewKind::Logs, "v").await.unwrap().is_some());
}

async fn a_queue_may_be_some_groups_only(store: SharedStore) {
    store.insert_log_errors(&[group(1, &["K1"]), group(2, &["K2"]), group(3, &["K1"])]).await.unwrap();
    for (among, expected) in [(vec![1, 3, 9], vec![3, 1]), (vec![2], vec![2]), (vec![], vec![])] {
        let queue = Queue { among: Some(among.into_iter().map(id).collect()), limit: 10, ..Queue::default() };
        let found: Vec<_> = store.list_queue(&queue).await.unwrap().into_iter().map(|group| group.id).collect();
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected);
        assert_eq!(store.count_facets(&queue, 10).await.unwrap().n_groups, i64::try_from(expected.len()).unwrap());
    }
}

async fn facets_count_what_the_queue_shows_up_to_a_bound(store: SharedStore) {
    let groups = [group(1, &["K1"]), group(2, &["K1", "K12"]), group(3, &["K12"]), group(4, &["K1"])];
    store.insert_log_errors(&groups).await.unwrap();
    let taken = Standing { state: GroupState::Unknown, triage: Triage { assignee: Some("olena".into()), ..Triage::default() } };
    assert!(store.change_standing(&id(4), &groups[3].standing(), &taken).await.unwrap());
    let gone = Standing { state: GroupState::Unknown, triage: Triage { merged_into: Some(id(4)), ..Triage::default() } };
    let pairs = |list: &[(&str, i64)]| list.iter().map(|(value, n)| ((*value).to_owned(), *n)).collect::<Vec<_>>();
    let found = store.count_facets(&Queue::default(), 10).await.unwrap();
    assert_eq!(found.branches, pairs(&[("K1", 3), ("K12", 2)]));
    assert_eq!(found.methods, pairs(&[("Pay", 3), ("M0", 2), ("M1", 1)]));
    assert_eq!(found.assignees, [(None, 3), (Some("olena".to_owned()), 1)]);
    assert_eq!((found.n_groups, found.more), (4, false));
    // The most frequent first, and it is said that there are more; where the page begins does not matter.
    let all = store.list_queue(&Queue { limit: 9, ..Queue::default() }).await.unwrap();
    let after = Some(loghelper::store::QueueOrder::Count.place(&all[0]));
    let found = store.count_facets(&Queue { after, ..Queue::default() }, 2).await.unwrap();
    assert_eq!((found.branches, found.n_groups, found.more), (pairs(&[("K1", 1), ("K12", 1)]), 2, true));
    assert!(store.change_standing(&id(3), &groups[2].standing(), &gone).await.unwrap());
    assert!(store.count_facets(&Queue::default(), 3).await.unwrap().branches == pairs(&[("K1", 3), ("K12", 1)]));
    let strings = |list: &[&str]| list.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    for (queue, expected) in [
        (Queue { method: Some("M0".into()), ..Queue::default() }, vec![id(4), id(2)]),
        (Queue { method: Some("M".into()), ..Queue::default() }, vec![]),
        (
            Queue { without: Unwanted { branches: vec!["K12".parse().unwrap()], ..Unwanted::default() }, ..Queue::default() },
            vec![id(4), id(1)],
        ),
        (Queue { without: Unwanted { methods: strings(&["Pay", "M1"]), ..Unwanted::default() }, ..Queue::default() }, vec![id(1)]),
        (Queue { without: Unwanted { assignees: vec![None], ..Unwanted::default() }, ..Queue::default() }, vec![id(4)]),
        (
            Queue { without: Unwanted { assignees: vec![Some("olena".into())], ..Unwanted::default() }, ..Queue::default() },
            vec![id(2), id(1)],
        ),
    ] {
        let found: Vec<GroupId> =
            store.list_queue(&Queue { limit: 9, ..queue.clone() }).await.unwrap().into_iter().map(|group| group.id).collect();
        assert_eq!(found, expected, "{queue:?}");
        assert_eq!(store.count_facets(&queue, 9).await.unwrap().n_groups, i64::try_from(expected.len()).unwrap(), "{queue:?}");
    }
}

async fn methods_of_a_group_are_counted_from_its_logs(store: SharedStore) {
    store.insert_log_errors(&[group(1, &[]), group(2, &[])]).await.unwrap();
    let verdict = || Some(rawdoc! { "known_error_id": null, "group_id": id(1).0, "method": null, "score": 0.0 });
    let log = |name, second: i64| ALog { verdict: verdict(), ..a_log(name, Some((second, second)), None) };
    let logs: Arc<[_]> = [log("a", 1), log("b", 2)].iter().map(ALog::encoded).collect();
    store.insert_logs(&logs).await.unwrap();
    for _ in 0..2 {
        store.recount_log_errors(&[id(1), id(2)]).await.unwrap();
        let own = store.find_log_error(&id(1)).await.unwrap().unwrap();
        assert_eq!(own.methods.iter().map(|method| method.count).sum::<i64>(), 2, "{:?}", own.methods);
        assert!(store.find_log_error(&id(2)).await.unwrap().unwrap().methods.is_empty());
        let method = own.methods[0].method.clone();
        let found = store.list_queue(&Queue { method: Some(method), limit: 9, ..Queue::default() }).await.unwrap();
        assert_eq!(found.len(), 1);
    }
}
