//! What every store promises of taking a file back.

use std::sync::Arc;

use bson::{DateTime, rawdoc};
use loghelper::{
    domain::{Activity, Deed, FileOutcome, FileState, GroupId, KnownErrorId, LogError, LogFile, LogOutcome, ParseCounts, Side, Triage},
    query::Filter,
    store::{LogPage, Removed, SharedStore, Weighed},
};

use crate::support::{ALog, a_log, a_log_error, file_id, mongodb, sqlite};

contract! {
    a_files_logs_go_in_portions_and_name_what_they_were_counted_in,
    what_another_file_gave_stays_when_a_file_is_taken_back,
    a_half_that_another_file_gave_stays_and_waits_again,
    taking_back_in_any_order_leaves_nothing,
    groups_without_logs_go_unless_somebody_dealt_with_them,
    a_files_record_goes_and_no_other,
}

async fn a_files_logs_go_in_portions_and_name_what_they_were_counted_in(store: SharedStore) {
    let group = |name: &str| GroupId::from_content(&[name.as_bytes()]);
    let mut logs = Vec::new();
    for (n, (id, file)) in (0_i64..).zip([("a", "f"), ("b", "f"), ("c", "f"), ("d", "f"), ("e", "f"), ("x", "other")]) {
        let mut log = a_log(id, Some((n, n)), None);
        log.file = file;
        log.verdict = (n != 4).then(|| {
            rawdoc! { "known_error_id": "k", "group_id": group(if n < 3 { "g" } else { "h" }).0, "method": null, "score": 0.5 }
        });
        logs.push(log.encoded());
    }
    store.insert_logs(&Arc::from(logs)).await.unwrap();
    let (mut sizes, mut groups) = (Vec::new(), Vec::new());
    loop {
        let removed = store.delete_logs_of_file(&file_id("f"), 2).await.unwrap();
        if removed.n_looked_at == 0 {
            assert_eq!(removed, Removed::default());
            break;
        }
        assert!(removed.known.iter().all(|known| *known == KnownErrorId("k".to_owned())));
        sizes.push(removed.n_logs);
        groups.extend(removed.groups);
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert!(groups.contains(&group("g")) && groups.contains(&group("h")));
    assert_eq!(store.count_log_file(&file_id("f")).await.unwrap(), 0);
    assert_eq!(store.count_log_file(&file_id("other")).await.unwrap(), 1);
}

/// Stores Logs of a file.
async fn put(store: &SharedStore, file: &'static str, logs: &[ALog]) -> Vec<LogOutcome> {
    let logs: Arc<[_]> = logs.iter().map(|log| ALog { file, ..log.clone() }.encoded()).collect();
    store.insert_logs(&logs).await.unwrap()
}

async fn taken_back(store: &SharedStore, file: &str) -> (usize, usize) {
    let (mut n_logs, mut n_halved) = (0, 0);
    loop {
        let removed = store.delete_logs_of_file(&file_id(file), 3).await.unwrap();
        (n_logs, n_halved) = (n_logs + removed.n_logs, n_halved + removed.n_halved);
        if removed.n_looked_at == 0 {
            return (n_logs, n_halved);
        }
    }
}

/// Message id, state and file of all Logs.
async fn left(store: &SharedStore) -> Vec<String> {
    let logs = store.list_logs(&LogPage { filter: &Filter::All, limit: 100, after: None, scan_limit: usize::MAX }).await.unwrap().logs;
    let files = ["f", "g", "h"];
    let said = |log: &bson::RawDocumentBuf| {
        let file = files.into_iter().find(|name| log.get_object_id("log_file_id").unwrap() == file_id(name).0).unwrap();
        format!("{} {} {file}", log.get_str("message_id").unwrap_or("-"), log.get_str("state").unwrap())
    };
    let mut left: Vec<_> = logs.iter().map(said).collect();
    left.sort();
    left
}

async fn what_another_file_gave_stays_when_a_file_is_taken_back(store: SharedStore) {
    let (a, b, c) = (a_log("a", Some((1, 1)), Some((2, 2))), a_log("b", Some((3, 3)), Some((4, 4))), a_log("c", Some((5, 5)), None));
    put(&store, "f", &[a.clone(), b.clone(), c.clone()]).await;
    assert_eq!(put(&store, "g", &[a.clone(), c.clone()]).await, [LogOutcome::AlreadyStored; 2]);
    let weighed = store.weigh_log_file(&file_id("f"), 100).await.unwrap();
    assert_eq!((weighed.n_kept, weighed.n_halved, weighed.incomplete), (2, 0, false));
    assert_eq!(store.weigh_log_file(&file_id("g"), 100).await.unwrap(), Weighed::default());
    assert!(store.weigh_log_file(&file_id("f"), 1).await.unwrap().incomplete);
    assert_eq!(taken_back(&store, "f").await, (1, 0));
    assert_eq!(left(&store).await, ["a complete g", "c request_only g"]);
    // As if the first had never come: the same again is the second's now.
    assert_eq!(put(&store, "f", &[a, b]).await, [LogOutcome::AlreadyStored, LogOutcome::New]);
    assert_eq!(taken_back(&store, "g").await, (1, 0));
    assert_eq!(left(&store).await, ["a complete f", "b complete f"]);
}

async fn a_half_that_another_file_gave_stays_and_waits_again(store: SharedStore) {
    let (request, response) = (a_log("a", Some((1, 10)), None), a_log("a", None, Some((2, 11))));
    let whole = a_log("a", Some((1, 10)), Some((2, 11)));
    for (back, expected) in [("f", "a response_only g"), ("g", "a request_only f")] {
        put(&store, "f", std::slice::from_ref(&request)).await;
        assert_eq!(put(&store, "g", std::slice::from_ref(&response)).await, [LogOutcome::Completed(Side::Response)]);
        let weighed = store.weigh_log_file(&file_id(back), 100).await.unwrap();
        assert_eq!((weighed.n_kept, weighed.n_halved, weighed.n_halved_of_others), (0, 1, i64::from(back == "g")));
        assert_eq!(taken_back(&store, back).await, (0, 1));
        assert_eq!(left(&store).await, [expected]);
        // It waits for its half as on the first day.
        let (file, half, side) = if back == "f" { ("f", &request, Side::Request) } else { ("g", &response, Side::Response) };
        assert_eq!(put(&store, file, std::slice::from_ref(half)).await, [LogOutcome::Completed(side)]);
        assert_eq!(left(&store).await.len(), 1);
        for file in ["f", "g"] {
            taken_back(&store, file).await;
        }
        assert!(left(&store).await.is_empty());
    }
    // Of three, one gave all.
    put(&store, "f", &[request]).await;
    put(&store, "g", &[response]).await;
    assert_eq!(put(&store, "h", &[whole]).await, [LogOutcome::AlreadyStored]);
    assert_eq!(taken_back(&store, "f").await, (0, 0));
    assert_eq!(taken_back(&store, "g").await, (0, 0));
    assert_eq!(left(&store).await, ["a complete h"]);
}

async fn taking_back_in_any_order_leaves_nothing(store: SharedStore) {
    let half = |request, response| ALog { message_id: None, session: Some("s1"), ..a_log("", request, response) };
    for order in [["f", "g", "h"], ["h", "g", "f"], ["g", "f", "h"]] {
        let log = a_log("a", Some((1, 1)), Some((2, 2)));
        let later = a_log("a", Some((7, 500)), Some((8, 501)));
        put(&store, "f", &[a_log("a", Some((1, 1)), None), half(Some((3, 10)), None)]).await;
        put(&store, "g", &[log.clone(), later.clone(), half(None, Some((4, 11)))]).await;
        put(&store, "h", &[later, log, half(Some((3, 10)), None), half(None, Some((4, 11)))]).await;
        for (n, file) in order.into_iter().enumerate() {
            assert!(!left(&store).await.is_empty(), "{order:?} {n}");
            taken_back(&store, file).await;
        }
        assert_eq!(left(&store).await, Vec::<String>::new(), "{order:?}");
    }
}

async fn groups_without_logs_go_unless_somebody_dealt_with_them(store: SharedStore) {
    let id = |name: &str| GroupId::from_content(&[name.as_bytes()]);
    let group = |name: &str, assignee: Option<&str>| LogError {
        triage: Triage { assignee: assignee.map(str::to_owned), ..Triage::default() },
        ..a_log_error(id(name), name)
    };
    store
        .insert_log_errors(&[group("empty", None), group("assigned", Some("olena")), group("used", None), group("discussed", None)])
        .await
        .unwrap();
    let said = Activity::new(id("discussed"), DateTime::from_millis(1), "olena", Deed::Comment("look".to_owned()));
    store.insert_activities(&[said]).await.unwrap();
    let verdict = rawdoc! { "known_error_id": null, "group_id": id("used").0, "method": null, "score": 0.0 };
    put(&store, "f", &[ALog { verdict: Some(verdict), ..a_log("a", Some((1, 1)), Some((2, 2))) }]).await;
    let all = ["empty", "assigned", "used", "discussed", "none"].map(id);
    assert_eq!(store.delete_empty_log_errors(&all).await.unwrap(), 1);
    assert_eq!(store.find_log_errors(&all).await.unwrap().len(), 3);
    assert_eq!(store.find_log_error(&id("empty")).await.unwrap(), None);
}

async fn a_files_record_goes_and_no_other(store: SharedStore) {
    for name in ["f", "other"] {
        let file = LogFile {
            id: file_id(name),
            branch: "K1".parse().unwrap(),
            name: name.to_owned(),
            content_hash: name.to_owned(),
            size_bytes: 1,
            format: String::new(),
            encoding: String::new(),
            state: FileState::Deleting,
            message: None,
            uploaded_by: String::new(),
            created_at: DateTime::from_millis(0),
            finished_at: None,
            counts: ParseCounts::default(),
            outcome: FileOutcome::default(),
            stretch: None,
        };
        store.save_log_file(&file).await.unwrap();
        assert_eq!(store.find_log_file(&file.id).await.unwrap(), Some(file));
    }
    assert!(store.delete_log_file(&file_id("f")).await.unwrap());
    assert!(!store.delete_log_file(&file_id("f")).await.unwrap());
    let left: Vec<String> = store.list_log_files(None, 10).await.unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(left, ["other"]);
}
