//! What every store promises of exchanges: halves meet, replays change nothing, and what is not the same stands beside the other.

use std::{collections::BTreeSet, sync::Arc};

use loghelper::{
    domain::{LogOutcome, LogState, ProblemKind, Side},
    store::SharedStore,
};

use crate::{
    contract::{all, put},
    support::{ALog, a_log, file_id, mongodb, sqlite},
};

contract! {
    halves_meet_across_batches_in_either_order,
    a_half_completes_its_log_once_whoever_is_faster,
    a_half_whose_log_is_taken_back_meanwhile_stands_alone,
    a_replay_changes_nothing,
    a_reused_message_id_gets_another_slot,
    a_replayed_half_of_a_later_exchange_completes_no_earlier_one,
    a_message_id_used_again_and_again_loses_nothing,
    the_same_request_with_another_response_is_another_exchange,
    a_later_exchange_is_new_to_one_of_those_that_bring_it_at_one_moment,
    halves_that_come_at_one_moment_meet_by_whatever_they_are_known,
    the_same_half_from_two_processes_and_its_partner_from_a_third_are_one_exchange,
    what_comes_at_one_moment_and_is_not_the_same_is_all_there,
    halves_of_contradicting_sessions_stay_apart,
    halves_without_message_id_meet_by_session,
    stale_halves_hide_no_partner,
    two_halves_of_one_batch_meet,
}

/// A response completed a Log.
const COMPLETED: LogOutcome = LogOutcome::Completed(Side::Response);

async fn halves_meet_across_batches_in_either_order(store: SharedStore) {
    for (id, first, second) in [
        ("a", a_log("a", Some((1, 10)), None), a_log("a", None, Some((2, 11)))),
        ("b", a_log("b", None, Some((2, 11))), a_log("b", Some((1, 10)), None)),
    ] {
        assert_eq!(put(&store, &[first]).await, [LogOutcome::New]);
        let side = if id == "a" { Side::Response } else { Side::Request };
        assert_eq!(put(&store, &[second]).await, [LogOutcome::Completed(side)]);
        let found = all(&store, &format!("message_id = {id}")).await;
        assert_eq!(found.len(), 1);
        let log = store.find_log(&loghelper::domain::LogId(found[0].get_object_id("_id").unwrap())).await.unwrap().unwrap();
        assert_eq!((log.state, log.duration_ms), (LogState::Complete, Some(1000)));
        assert!(log.request.is_some() && log.response.is_some());
    }
}

async fn a_half_completes_its_log_once_whoever_is_faster(store: SharedStore) {
    let id = |n: i64| format!("m{n}").leak();
    let requests: Vec<_> = (0..500).map(|n| a_log(id(n), Some((n, 10)), None)).collect();
    let responses: Vec<_> = (0..500).map(|n| a_log(id(n), None, Some((n + 1000, 11)))).collect();
    assert_eq!(put(&store, &requests).await, vec![LogOutcome::New; 500]);
    let (first, second) = tokio::join!(put(&store, &responses), put(&store, &responses));
    for (n, outcomes) in first.iter().zip(&second).enumerate() {
        let once = [(COMPLETED, LogOutcome::AlreadyStored), (LogOutcome::AlreadyStored, COMPLETED)];
        assert!(once.contains(&(*outcomes.0, *outcomes.1)), "{n}: {outcomes:?}");
    }
    // As if they had come whole, to the order of the fields; behind these stands what completed them.
    let fields = |log: &bson::RawDocument| log.iter().flatten().map(|(name, _)| name.as_str().to_owned()).collect::<Vec<_>>();
    let (stored, whole) = (all(&store, "").await, a_log("m0", Some((0, 10)), Some((1000, 11))).encoded());
    assert_eq!(stored.len(), 500);
    let expected = [fields(whole.document()), vec!["completion".to_owned()]].concat();
    for log in &stored {
        assert_eq!(fields(log), expected);
        assert!(
            ["state", "request", "response"].iter().all(|name| log.get(name).unwrap() == whole.document().get(name).unwrap()),
            "{log:?}"
        );
    }
}

async fn a_half_whose_log_is_taken_back_meanwhile_stands_alone(store: SharedStore) {
    for round in 0..10 {
        let id = |n: i64| format!("m{round}-{n}").leak();
        let (asked, answered): (&str, &str) = (format!("asked{round}").leak(), format!("answered{round}").leak());
        let requests: Vec<_> = (0..200).map(|n| ALog { file: asked, ..a_log(id(n), Some((n, 10)), None) }).collect();
        let responses: Vec<_> = (0..200).map(|n| ALog { file: answered, ..a_log(id(n), None, Some((n + 1000, 11))) }).collect();
        put(&store, &requests).await;
        let removed_file = file_id(asked);
        let (_, removed) = tokio::join!(put(&store, &responses), store.delete_logs_of_file(&removed_file, 1000));
        removed.unwrap();
        // What was completed after it was looked at is found by the next one.
        store.delete_logs_of_file(&removed_file, 1000).await.unwrap();
        let stored = all(&store, &format!("log_file_id = {}", file_id(answered))).await;
        assert_eq!(stored.len(), 200, "round {round}");
        assert!(
            stored.iter().all(|log| log.get_str("state").is_ok_and(|state| state == "response_only") && log.get_str("branch").is_ok()),
            "round {round}"
        );
    }
    assert_eq!(all(&store, "").await.len(), 2000);
}

async fn a_replay_changes_nothing(store: SharedStore) {
    let logs = [a_log("a", Some((1, 10)), Some((2, 11))), a_log("b", Some((3, 12)), None)];
    assert_eq!(put(&store, &logs).await, [LogOutcome::New, LogOutcome::New]);
    let before = all(&store, "").await;
    assert_eq!(put(&store, &logs).await, [LogOutcome::AlreadyStored, LogOutcome::AlreadyStored]);
    assert_eq!(put(&store, &[a_log("a", None, Some((2, 11)))]).await, [LogOutcome::AlreadyStored]);
    assert_eq!(all(&store, "").await, before);
}

async fn a_reused_message_id_gets_another_slot(store: SharedStore) {
    let logs = [a_log("a", Some((1, 10)), Some((2, 11))), a_log("a", Some((3, 500)), Some((4, 501))), a_log("a", Some((5, 900)), None)];
    assert_eq!(put(&store, &logs).await, [LogOutcome::New; 3]);
    assert_eq!(put(&store, &logs).await, [LogOutcome::AlreadyStored; 3]);
    assert_eq!(put(&store, &[a_log("a", None, Some((6, 901)))]).await, [COMPLETED]);
    assert_eq!(all(&store, "message_id = a").await.len(), 3);
}

async fn a_replayed_half_of_a_later_exchange_completes_no_earlier_one(store: SharedStore) {
    put(&store, &[a_log("a", Some((1, 10)), None)]).await;
    put(&store, &[a_log("a", Some((2, 20)), Some((3, 21)))]).await;
    assert_eq!(put(&store, &[a_log("a", None, Some((3, 21)))]).await, [LogOutcome::AlreadyStored]);
    // A file numbers its own exchanges: the second of one may be the first of the store.
    let second = a_log("b", Some((6, 60)), Some((7, 61)));
    put(&store, std::slice::from_ref(&second)).await;
    let both = [a_log("b", Some((4, 40)), Some((5, 41))).encoded(), second.encoded().as_later()];
    assert_eq!(store.insert_logs(&Arc::from(both)).await.unwrap(), [LogOutcome::New, LogOutcome::AlreadyStored]);
    assert_eq!(all(&store, "message_id = b").await.len(), 2);
}

async fn a_message_id_used_again_and_again_loses_nothing(store: SharedStore) {
    // A client that never changes its message id; 400 exchanges, the responses of every tenth in a batch of their own.
    let exchanges = |n: std::ops::Range<i64>| n.map(|n| a_log("x", Some((n, n * 10)), Some((n + 10_000, n * 10 + 1))));
    let open = |n: std::ops::Range<i64>| n.map(|n| a_log("x", Some((n, n * 10)), None)).collect::<Vec<_>>();
    let answers = |n: std::ops::Range<i64>| n.map(|n| a_log("x", None, Some((n + 10_000, n * 10 + 1)))).collect::<Vec<_>>();
    let whole: Vec<_> = exchanges(0..360).collect();
    assert_eq!(put(&store, &whole).await, vec![LogOutcome::New; 360]);
    assert_eq!(put(&store, &open(360..400)).await, vec![LogOutcome::New; 40]);
    assert_eq!(put(&store, &answers(360..400)).await, vec![COMPLETED; 40]);
    for replay in [whole, open(360..400), answers(360..400), answers(0..40), exchanges(100..400).collect()] {
        let n = replay.len();
        assert_eq!(put(&store, &replay).await, vec![LogOutcome::AlreadyStored; n]);
    }
    let found = all(&store, "message_id = x and state = complete").await;
    assert_eq!(found.len(), 400);
    assert!(found.iter().all(|log| log.get_datetime("response_date").unwrap().timestamp_millis() % 10_000 == 1000));
}

async fn the_same_request_with_another_response_is_another_exchange(store: SharedStore) {
    // As of a client that asks twice in a second: by its message id, and by its address where it has none.
    for id in [Some("a"), None] {
        let exchange = |response| ALog { message_id: id, ..a_log("", Some((3, 500)), response) };
        let exchanges: Vec<_> = (0..5).map(|n| exchange(Some((10 + n, 501)))).collect();
        for log in &exchanges {
            assert_eq!(put(&store, std::slice::from_ref(log)).await, [LogOutcome::New], "{id:?}");
        }
        assert_eq!(put(&store, &exchanges).await, [LogOutcome::AlreadyStored; 5], "{id:?}");
        for half in [exchange(None), ALog { request: None, ..exchanges[3].clone() }] {
            assert_eq!(put(&store, &[half]).await, [LogOutcome::AlreadyStored], "{id:?}");
        }
    }
    let mut responses: Vec<_> =
        all(&store, "").await.iter().map(|log| log.get_document("halves").unwrap().get_i64("response").unwrap()).collect();
    responses.sort_unstable();
    assert_eq!(responses, [10, 10, 11, 11, 12, 12, 13, 13, 14, 14]);
    // In one batch as well.
    let batch: Vec<_> = (0..4).map(|n| a_log("b", Some((7, 900)), Some((20 + n, 901)))).collect();
    assert_eq!(put(&store, &batch).await, [LogOutcome::New; 4]);
    assert_eq!(put(&store, &batch).await, [LogOutcome::AlreadyStored; 4]);
    assert_eq!(all(&store, "message_id = b").await.len(), 4);
}

async fn a_later_exchange_is_new_to_one_of_those_that_bring_it_at_one_moment(store: SharedStore) {
    const N: i64 = 300;
    let id = |n: i64| format!("m{n}").leak();
    let of = |file, request: bool, response: i64| {
        let log = |n| a_log(id(n), request.then_some((n + 1000, 50)), (response > 0).then_some((n + response, 51)));
        (0..N).map(|n| ALog { file, ..log(n) }).collect::<Vec<_>>()
    };
    let first: Vec<_> = (0..N).map(|n| a_log(id(n), Some((n, 10)), Some((n + 500, 11)))).collect();
    put(&store, &first).await;
    let (one, two) = (of("one", true, 2000), of("two", true, 2000));
    let (here, there) = tokio::join!(put(&store, &one), put(&store, &two));
    for (n, outcomes) in here.into_iter().zip(there).enumerate() {
        let once = [(LogOutcome::New, LogOutcome::AlreadyStored), (LogOutcome::AlreadyStored, LogOutcome::New)];
        assert!(once.contains(&outcomes), "{n}: {outcomes:?}");
    }
    assert_eq!(all(&store, "state = complete").await.len(), 2 * N as usize);
    // Who came again is noted: when the other one's are taken back, these stay.
    store.delete_logs_of_file(&file_id("one"), 10_000).await.unwrap();
    assert_eq!(all(&store, &format!("log_file_id = {}", file_id("two"))).await.len(), N as usize);
}

async fn halves_that_come_at_one_moment_meet_by_whatever_they_are_known(store: SharedStore) {
    const N: i64 = 100;
    // Each within a time of its own, so that none may be another's.
    let at = |n: i64| n * 3 * 86_400;
    let whole = |n: i64, known: bool| {
        let id = format!("m{n}").leak();
        let message_id = known.then_some(&*id);
        ALog { message_id, session: Some(id), ..a_log("", Some((n + 1000, at(n) + 50)), Some((n + 2000, at(n) + 51))) }
    };
    for known in [false, true] {
        // The message ids were used before.
        let first: Vec<_> = (0..N).map(|n| a_log(format!("m{n}").leak(), Some((n, at(n) + 10)), Some((n + 500, at(n) + 11)))).collect();
        put(&store, &first).await;
        let requests: Vec<_> = (0..N).map(|n| ALog { response: None, file: "q", ..whole(n, known) }).collect();
        let responses: Vec<_> = (0..N).map(|n| ALog { request: None, file: "r", ..whole(n, known) }).collect();
        let (asked, answered) = tokio::join!(put(&store, &requests), put(&store, &responses));
        for (n, told) in asked.into_iter().zip(answered).enumerate() {
            let meant = [(LogOutcome::New, COMPLETED), (LogOutcome::Completed(Side::Request), LogOutcome::New)];
            assert!(meant.contains(&told), "{n} {known}: {told:?}");
        }
        for logs in [&requests, &responses] {
            assert_eq!(put(&store, logs).await, [LogOutcome::AlreadyStored; N as usize], "{known}");
        }
    }
    assert_eq!((all(&store, "state = complete").await.len(), all(&store, "").await.len()), (3 * N as usize, 3 * N as usize));
}

async fn the_same_half_from_two_processes_and_its_partner_from_a_third_are_one_exchange(store: SharedStore) {
    const N: usize = 150;
    let of = |file: &'static str, asks: bool| {
        let whole = |n: i64| a_log("", Some((2 * n + 1, 10 * n)), Some((2 * n + 2, 10 * n + 1)));
        let half = |n: i64| {
            let ALog { request, response, .. } = whole(n);
            let session = Some(&*format!("s{n}").leak());
            ALog { message_id: None, session, file, request: request.filter(|_| asks), response: response.filter(|_| !asks), ..whole(n) }
        };
        (0..N as i64).map(half).collect::<Vec<_>>()
    };
    let (first, second, answers) = (of("f", true), of("g", true), of("h", false));
    let told = tokio::join!(put(&store, &first), put(&store, &answers), put(&store, &second));
    for n in 0..N {
        let told = [told.0[n], told.1[n], told.2[n]];
        let times = |is: fn(&LogOutcome) -> bool| told.iter().filter(|outcome| is(outcome)).count();
        assert_eq!(times(|outcome| *outcome == LogOutcome::New), 1, "{n}: {told:?}");
        assert_eq!(times(|outcome| matches!(outcome, LogOutcome::Completed(_))), 1, "{n}: {told:?}");
    }
    assert_eq!((all(&store, "state = complete").await.len(), all(&store, "").await.len()), (N, N));
    // Both files gave the request: without either it stays.
    for (file, left) in [("f", N), ("g", 0)] {
        while store.delete_logs_of_file(&file_id(file), 100).await.unwrap().n_looked_at > 0 {}
        assert_eq!(all(&store, "state = complete").await.len(), left, "{file}");
    }
    assert_eq!(all(&store, "state = response_only").await.len(), N);
}

async fn what_comes_at_one_moment_and_is_not_the_same_is_all_there(store: SharedStore) {
    const N: i64 = 300;
    let id = |n: i64| format!("m{n}").leak();
    let later = |response: Option<i64>| {
        (0..N).map(|n| a_log(id(n), Some((n + 1000, 50)), response.map(|response| (n + response, 51)))).collect::<Vec<_>>()
    };
    let first: Vec<_> = (0..N).map(|n| a_log(id(n), Some((n, 10)), Some((n + 500, 11)))).collect();
    put(&store, &first).await;
    // One brings the request alone, others the same request with responses that differ.
    let (asked, answered, other) = (later(None), later(Some(2000)), later(Some(4000)));
    let outcomes = tokio::join!(put(&store, &asked), put(&store, &answered), put(&store, &other));
    let responses: BTreeSet<i64> = all(&store, "state = complete")
        .await
        .iter()
        .map(|log| log.get_document("halves").unwrap().get_i64("response").unwrap())
        .filter(|response| *response >= 2000)
        .collect();
    assert_eq!(responses, (2000..2000 + N).chain(4000..4000 + N).collect());
    // Of three that came two are there, whole: what each was told adds up to that.
    assert_eq!(all(&store, "").await.len(), 3 * N as usize);
    for n in 0..N as usize {
        let told = [outcomes.0[n], outcomes.1[n], outcomes.2[n]];
        assert_eq!(told.iter().filter(|outcome| **outcome == LogOutcome::New).count(), 2, "{n}: {told:?}");
    }
}

async fn halves_of_contradicting_sessions_stay_apart(store: SharedStore) {
    let half = |request, response, session| ALog { message_id: None, session, ..a_log("", request, response) };
    put(&store, &[half(Some((1, 10)), None, Some("s1")), half(Some((2, 11)), None, Some("s2"))]).await;
    let answers = [half(None, Some((3, 12)), Some("s2")), half(None, Some((4, 13)), None), half(None, Some((5, 14)), Some("s3"))];
    assert_eq!(put(&store, &answers).await, [COMPLETED, COMPLETED, LogOutcome::New]);
    let of = |session: &str| format!("session_key = {session} and state = complete");
    assert_eq!(all(&store, &of("s2")).await[0].get_document("halves").unwrap().get_i64("response").unwrap(), 3);
    assert_eq!(all(&store, &of("s1")).await[0].get_document("halves").unwrap().get_i64("response").unwrap(), 4);
}

async fn halves_without_message_id_meet_by_session(store: SharedStore) {
    let half = |request, response| ALog { message_id: None, session: Some("s1"), ..a_log("", request, response) };
    assert_eq!(put(&store, &[half(Some((1, 10)), None), half(Some((2, 20)), None)]).await, [LogOutcome::New; 2]);
    assert_eq!(put(&store, &[half(None, Some((3, 11)))]).await, [COMPLETED]);
    assert_eq!(put(&store, &[half(None, Some((3, 11)))]).await, [LogOutcome::AlreadyStored]);
    let complete = all(&store, "state = complete").await;
    assert_eq!(complete.len(), 1);
    assert_eq!(complete[0].get_document("halves").unwrap().get_i64("request").unwrap(), 1);
    let log: loghelper::domain::Log = bson::deserialize_from_slice(complete[0].as_bytes()).unwrap();
    assert_eq!(log.problems[0].kind, ProblemKind::PairedByOrder);
}

async fn stale_halves_hide_no_partner(store: SharedStore) {
    let half = |request, response| ALog { message_id: None, session: Some("s1"), ..a_log("", request, response) };
    let stale: Vec<_> = (0..70).map(|n| half(Some((n, n)), None)).collect();
    put(&store, &stale).await;
    let now = 10 * 86_400;
    assert_eq!(put(&store, &[half(Some((900, now)), None)]).await, [LogOutcome::New]);
    assert_eq!(put(&store, &[half(None, Some((901, now + 1)))]).await, [COMPLETED]);
}

async fn two_halves_of_one_batch_meet(store: SharedStore) {
    let outcomes = put(&store, &[a_log("a", Some((1, 10)), None), a_log("a", None, Some((2, 11))), a_log("a", Some((1, 10)), None)]).await;
    assert_eq!(outcomes, [LogOutcome::New, COMPLETED, LogOutcome::AlreadyStored]);
    assert_eq!(all(&store, "").await.len(), 1);
}
