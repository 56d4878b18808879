//! What every store promises of ingestion: keys, the ledger's records, advice, pages of the quarantine.

use std::sync::Arc;

use bson::{Binary, DateTime, rawdoc, spec::BinarySubtype};
use loghelper::{
    domain::{
        BranchCode, Brought, FileOutcome, FileState, FirstBrought, IngestKey, KnownErrorId, Ledger, LedgerCounts, LogFile, LogFileId,
        ParseCounts, ProblemKind, Quarantined,
    },
    store::{Error, FileCursor, QuarantineCursor, SharedStore},
};

use crate::support::{ALog, a_log, file_id, mongodb, sqlite};

contract! {
    keys_are_kept_and_end_and_remember_their_last_use,
    many_records_are_saved_at_once_and_make_a_ledger,
    what_was_there_before_is_no_error_of_the_ledger_again,
    an_error_whose_response_came_before_its_exchange_is_one,
    records_that_nobody_closed_are_found_by_when_they_were_left,
    a_branch_is_told_each_known_error_once_and_in_order,
    the_quarantine_is_leafed_through_by_branch_and_date,
    files_are_leafed_through_without_gaps_or_repeats,
}

fn at(seconds: i64) -> DateTime {
    DateTime::from_millis(seconds * 1000)
}

fn branch(code: &str) -> BranchCode {
    code.parse().unwrap()
}

async fn keys_are_kept_and_end_and_remember_their_last_use(store: SharedStore) {
    let key = |id: &str, code: &str, seconds: i64| IngestKey {
        id: id.into(),
        branch: branch(code),
        name: "agent".into(),
        hash: IngestKey::hash_of(id),
        created_by: "olena".into(),
        created_at: at(seconds),
        ends_at: None,
        last_used_at: None,
    };
    let keys = [key("lhk_b", "K1", 1), key("lhk_a", "K1", 2), key("lhk_c", "K0", 3)];
    for key in &keys {
        store.insert_ingest_key(key).await.unwrap();
    }
    assert!(matches!(store.insert_ingest_key(&keys[0]).await, Err(Error::Conflict { .. })));
    assert_eq!(store.find_ingest_key("lhk_a").await.unwrap().as_ref(), Some(&keys[1]));
    assert_eq!(store.find_ingest_key("lhk_x").await.unwrap(), None);
    assert_eq!(store.list_ingest_keys(Some(&branch("K1"))).await.unwrap(), keys[..2]);
    let ids: Vec<String> = store.list_ingest_keys(None).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(ids, ["lhk_c", "lhk_b", "lhk_a"]);
    // An end may come nearer, never go further away.
    for (end, expected) in [(20, 20), (10, 10), (30, 10)] {
        assert!(store.end_ingest_key("lhk_a", at(end)).await.unwrap());
        assert_eq!(store.find_ingest_key("lhk_a").await.unwrap().unwrap().ends_at, Some(at(expected)));
    }
    assert!(!store.end_ingest_key("lhk_x", at(1)).await.unwrap());
    for (used, expected) in [(50, 50), (40, 50), (60, 60)] {
        store.touch_ingest_keys(&[("lhk_b".into(), at(used)), ("lhk_x".into(), at(used))]).await.unwrap();
        assert_eq!(store.find_ingest_key("lhk_b").await.unwrap().unwrap().last_used_at, Some(at(expected)));
    }
    assert_eq!(store.find_ingest_key("lhk_x").await.unwrap(), None);
}

fn a_file(code: &str, name: &str, created: i64, logs: i64) -> LogFile {
    LogFile {
        id: LogFileId::from_content(&[name.as_bytes()]),
        branch: branch(code),
        name: name.into(),
        content_hash: String::new(),
        size_bytes: 100,
        format: "bars".into(),
        encoding: "UTF-8".into(),
        state: FileState::Done,
        message: None,
        uploaded_by: "olena".into(),
        created_at: at(created),
        finished_at: Some(at(created + 60)),
        counts: ParseCounts { records: 2 * logs, logs, complete: logs - 1, ..ParseCounts::default() },
        outcome: FileOutcome {
            joined_logs: 3,
            completed_logs: 1,
            quarantined: 4,
            lost: 1,
            errors_known: 5,
            errors_unknown: 6,
            ..FileOutcome::default()
        },
        stretch: None,
    }
}

async fn many_records_are_saved_at_once_and_make_a_ledger(store: SharedStore) {
    store.save_log_files(&[]).await.unwrap();
    let day = 86_400;
    let files = [a_file("K1", "a", 10, 5), a_file("K1", "b", 20, 7), a_file("K2", "c", day + 1, 9), a_file("K1", "d", day + 2, 2)];
    store.save_log_files(&files).await.unwrap();
    // A second time changes nothing, another content replaces.
    store.save_log_files(&files).await.unwrap();
    store.save_log_files(&[a_file("K1", "b", 20, 8)]).await.unwrap();
    let days =
        |ledger: Ledger| ledger.days.into_iter().map(|((code, day), counts)| (code.to_string(), day, counts.parsed)).collect::<Vec<_>>();
    let day_of = |code: &str, day: i64, parsed: i64| (code.to_owned(), day, parsed);
    let second = [day_of("K1", 1, 2), day_of("K2", 1, 9)];
    assert_eq!(days(store.sum_ledger(None, at(20)).await.unwrap()), [[day_of("K1", 0, 8)].as_slice(), second.as_slice()].concat());
    assert_eq!(days(store.sum_ledger(None, at(21)).await.unwrap()), second);
    assert_eq!(days(store.sum_ledger(Some(&[branch("K2")]), at(0)).await.unwrap()), second[1..]);
    assert!(store.sum_ledger(Some(&[]), at(0)).await.unwrap().days.is_empty());
    // A file arrived when it began; of a stream nothing may have been written yet.
    let file = LogFile { content_hash: "h".into(), ..a_file("K3", "e", 2 * day, 1) };
    let stream = LogFile { finished_at: None, ..a_file("K4", "f", 2 * day, 1) };
    store.save_log_files(&[file, stream]).await.unwrap();
    let last_seen = store.sum_ledger(None, at(2 * day)).await.unwrap().last_seen;
    assert_eq!(last_seen.into_values().collect::<Vec<_>>(), [at(2 * day), at(2 * day)]);
    let ledger = store.sum_ledger(Some(&[branch("K1"), branch("K2")]), at(0)).await.unwrap();
    let counts = ledger.days[&(branch("K1"), 0)];
    let expected =
        LedgerCounts { bytes: 200, received: 26, parsed: 13, paired: 13, duplicate: 4, quarantined: 8, known: 10, unknown: 12, lost: 2 };
    assert_eq!((counts, ledger.days.len()), (expected, 3));
    assert_eq!(ledger.last_seen[&branch("K1")], at(day + 62));
}

async fn what_was_there_before_is_no_error_of_the_ledger_again(store: SharedStore) {
    let first = FirstBrought { complete: 1, errors_known: 2, errors_unknown: 3 };
    let mut file = a_file("K1", "a", 10, 9);
    file.outcome.first = Some(first);
    store.save_log_files(&[file, a_file("K1", "b", 20, 9)]).await.unwrap();
    let counts = store.sum_ledger(None, at(0)).await.unwrap().days[&(branch("K1"), 0)];
    assert_eq!((counts.paired, counts.known, counts.unknown), (1 + 1 + 8 + 1, 2 + 5, 3 + 6));
    let logs = [
        a_log("a", Some((1, 1)), Some((2, 2))),
        a_log("b", Some((3, 3)), None),
        ALog { file: "g", ..a_log("c", Some((4, 4)), Some((5, 5))) },
    ];
    store.insert_logs(&Arc::from(logs.map(|log| log.encoded()))).await.unwrap();
    let numbers =
        async |file: &str| (store.count_log_file(&file_id(file)).await.unwrap(), store.count_brought(&file_id(file)).await.unwrap());
    let brought =
        |new, completed, complete| Brought { new, completed, first: FirstBrought { complete, errors_known: 0, errors_unknown: 0 } };
    assert_eq!(
        [numbers("f").await, numbers("g").await, numbers("h").await],
        [(2, brought(2, 0, 1)), (1, brought(1, 0, 1)), (0, brought(0, 0, 0))]
    );
    // Another file completes a Log with an error, and its own; what comes again changes nothing.
    let verdict = |known: bson::RawBson| Some(rawdoc! { "known_error_id": known, "group_id": null, "method": null, "score": 0.0 });
    let logs = [
        ALog { file: "h", verdict: verdict(bson::RawBson::Null), ..a_log("b", None, Some((6, 3))) },
        ALog { file: "h", verdict: verdict(bson::RawBson::String("k".to_owned())), ..a_log("d", None, Some((8, 7))) },
        ALog { file: "h", ..a_log("d", Some((7, 7)), None) },
        ALog { file: "h", ..a_log("c", Some((4, 4)), Some((5, 5))) },
    ];
    for _ in 0..2 {
        for log in &logs {
            store.insert_logs(&Arc::from([log.encoded()])).await.unwrap();
        }
    }
    let first = FirstBrought { complete: 0, errors_known: 1, errors_unknown: 1 };
    assert_eq!(
        [numbers("f").await, numbers("g").await, numbers("h").await],
        [(2, brought(2, 0, 1)), (1, brought(1, 0, 1)), (1, Brought { new: 1, completed: 2, first })]
    );
}

async fn an_error_whose_response_came_before_its_exchange_is_one(store: SharedStore) {
    let verdict = || Some(rawdoc! { "known_error_id": bson::RawBson::Null, "group_id": null, "method": null, "score": 0.0 });
    // From one file twice, and from two; under a message id, a later exchange under it, and without one.
    for (number, (second, id, base)) in (0_i64..).zip([("f", Some("a"), 0), ("g", Some("b"), 0), ("f", Some("b"), 100), ("g", None, 0)]) {
        let first: &'static str = format!("f{number}").leak();
        let second: &'static str = if second == "f" { first } else { format!("g{number}").leak() };
        let n = base + 1000 * number;
        let response = ALog { file: first, message_id: id, verdict: verdict(), ..a_log("", None, Some((n + 2, base + 11))) };
        let whole = ALog { file: second, request: Some((n + 1, base + 10)), ..response.clone() };
        let mut counted = [FirstBrought::default(); 2];
        for _ in 0..2 {
            for (log, counted) in [&response, &whole].into_iter().zip(&mut counted) {
                let log = log.encoded();
                let outcomes = store.insert_logs(&Arc::from([log.clone()])).await.unwrap();
                counted.add(&log, outcomes[0]);
            }
        }
        let once = FirstBrought { complete: 0, errors_known: 0, errors_unknown: 1 };
        assert_eq!(counted, [once, FirstBrought::default()], "{second} {id:?}");
        let found = [store.count_brought(&file_id(first)).await.unwrap(), store.count_brought(&file_id(second)).await.unwrap()];
        let errors = found.map(|brought| (brought.new, brought.completed, brought.first.errors_unknown));
        assert_eq!(errors, if first == second { [(1, 1, 1); 2] } else { [(1, 0, 1), (0, 1, 0)] }, "{second} {id:?}");
    }
}

async fn records_that_nobody_closed_are_found_by_when_they_were_left(store: SharedStore) {
    let open = |name: &str, created| LogFile { state: FileState::Processing, ..a_file("K1", name, created, 1) };
    let begun = LogFile { finished_at: None, ..open("begun", 1) };
    store.save_log_files(&[open("later", 100), open("first", 10), a_file("K1", "closed", 10, 1), begun]).await.unwrap();
    store.save_log_file(&open("now", 500)).await.unwrap();
    let left = async |before: i64, limit: usize| {
        let files = store.list_left_log_files(at(before), limit).await.unwrap();
        files.into_iter().map(|file| file.name).collect::<Vec<_>>()
    };
    assert_eq!(left(300, 10).await, ["first", "later"]);
    assert_eq!(left(300, 1).await, ["first"]);
    assert_eq!(left(70, 10).await, Vec::<String>::new());
    store.save_log_file(&a_file("K1", "first", 10, 1)).await.unwrap();
    assert_eq!(left(1000, 10).await, ["later", "now"]);
    // Whoever was taken for dead wrote it meanwhile.
    let read = store.list_left_log_files(at(300), 1).await.unwrap().remove(0);
    let written = read.finished_at.unwrap();
    let closed = LogFile { state: FileState::Done, ..read.clone() };
    let grown = LogFile { size_bytes: 77, finished_at: Some(at(600)), ..read.clone() };
    store.save_log_file(&grown).await.unwrap();
    assert!(!store.close_left_log_file(&closed, written).await.unwrap());
    assert_eq!(store.find_log_file(&read.id).await.unwrap(), Some(grown.clone()));
    let closed = LogFile { state: FileState::Done, ..grown };
    assert!(store.close_left_log_file(&closed, at(600)).await.unwrap());
    assert_eq!(store.find_log_file(&read.id).await.unwrap().as_ref(), Some(&closed));
    assert_eq!(left(1000, 10).await, ["now"]);
    // What is closed is not closed again, nor is made what is gone.
    assert!(!store.close_left_log_file(&closed, at(600)).await.unwrap());
    let gone = LogFile { state: FileState::Done, ..open("gone", 1) };
    assert!(!store.close_left_log_file(&gone, gone.finished_at.unwrap()).await.unwrap());
    assert_eq!(store.find_log_file(&gone.id).await.unwrap(), None);
}

async fn a_branch_is_told_each_known_error_once_and_in_order(store: SharedStore) {
    let known = |id: &str| KnownErrorId(id.into());
    let with = |id: &'static str, n: i64, known: &str| ALog {
        verdict: Some(rawdoc! { "known_error_id": known, "group_id": null, "method": "exact", "score": 1.0 }),
        ..a_log(id, Some((n, n)), Some((n + 100, n)))
    };
    let logs = [with("a", 1, "y"), with("b", 2, "x"), with("c", 3, "y"), a_log("d", Some((9, 9)), None)];
    store.insert_logs(&Arc::from(logs.map(|log| log.encoded()))).await.unwrap();
    let code = branch("K1");
    assert_eq!(store.list_known_of_branch(&code).await.unwrap(), [known("x"), known("y")]);
    assert_eq!(store.list_known_of_branch(&branch("K2")).await.unwrap(), []);
    store.insert_advice(&code, &[known("y"), known("x")]).await.unwrap();
    store.insert_advice(&code, &[known("x"), known("z"), known("y")]).await.unwrap();
    store.insert_advice(&branch("K2"), &[known("x")]).await.unwrap();
    let told = |advice: Vec<loghelper::domain::BranchAdvice>| {
        advice.into_iter().map(|advice| (advice.seq, advice.known_error_id.0)).collect::<Vec<_>>()
    };
    let all = told(store.list_advice(&code, 0, 10).await.unwrap());
    assert_eq!(all, [(1, "y".to_owned()), (2, "x".to_owned()), (3, "z".to_owned())]);
    assert_eq!(told(store.list_advice(&code, 1, 1).await.unwrap()), [(2, "x".to_owned())]);
    assert_eq!(told(store.list_advice(&branch("K2"), 0, 10).await.unwrap()), [(1, "x".to_owned())]);
}

async fn the_quarantine_is_leafed_through_by_branch_and_date(store: SharedStore) {
    let file = LogFileId::from_content(&[b"f"]);
    let piece = |offset: i64, code: &str, seconds: i64| Quarantined {
        id: Quarantined::id_for(&file, offset),
        branch: branch(code),
        log_file_id: file,
        offset,
        kind: ProblemKind::Unrecognised,
        reason: "no record".into(),
        raw: Binary { subtype: BinarySubtype::Generic, bytes: vec![0xFF, 0] },
        size_bytes: 2,
        created_at: at(seconds),
        stretch: None,
    };
    // Several of the same moment.
    let pieces: Vec<_> = (0..9).map(|n| piece(n, if n % 3 == 0 { "K2" } else { "K1" }, n / 4)).collect();
    store.insert_quarantined(&pieces).await.unwrap();
    for (code, n) in [(None, 9), (Some(branch("K1")), 6), (Some(branch("K2")), 3), (Some(branch("K3")), 0)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_quarantine_page(code.as_ref(), after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(QuarantineCursor { date: last.created_at, id: last.id });
            seen.extend(page);
        }
        let mut expected: Vec<_> = pieces.iter().filter(|piece| code.as_ref().is_none_or(|code| piece.branch == *code)).cloned().collect();
        expected.sort_by_key(|piece| std::cmp::Reverse((piece.created_at, piece.id)));
        assert_eq!((seen.len(), seen), (n, expected));
    }
    assert_eq!(store.find_quarantined(&pieces[4].id).await.unwrap().as_ref(), Some(&pieces[4]));
    assert!(store.delete_quarantined(&pieces[4].id).await.unwrap());
    assert!(!store.delete_quarantined(&pieces[4].id).await.unwrap());
    assert_eq!(store.find_quarantined(&pieces[4].id).await.unwrap(), None);
}

async fn files_are_leafed_through_without_gaps_or_repeats(store: SharedStore) {
    // Several of the same moment, more than fit on a page.
    let files: Vec<_> = (0..11).map(|n| a_file(if n % 3 == 0 { "K2" } else { "K1" }, &format!("f{n}"), n / 5, 2)).collect();
    store.save_log_files(&files).await.unwrap();
    let of = |codes: &[&str]| Some(codes.iter().map(|code| branch(code)).collect::<Vec<_>>());
    for (own, n) in [(None, 11), (of(&["K1"]), 7), (of(&["K1", "K2"]), 11), (of(&[]), 0), (of(&["K3"]), 0)] {
        for limit in [1, 2, 3, 20] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = store.list_log_file_page(own.as_deref(), after, limit).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = Some(FileCursor::of(last));
                seen.extend(page);
            }
            let mut expected: Vec<_> =
                files.iter().filter(|file| own.as_ref().is_none_or(|own| own.contains(&file.branch))).cloned().collect();
            expected.sort_by_key(|file| (std::cmp::Reverse(file.created_at), file.id));
            assert_eq!((seen.len(), seen), (n, expected), "{own:?} by {limit}");
        }
    }
    let place = FileCursor::of(&files[0]);
    assert_eq!(place.to_string().parse(), Ok(place));
}
