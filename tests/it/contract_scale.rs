//! What every store promises of figures about all it holds, and of parts read by index: the same whatever came before.

use std::{collections::BTreeMap, sync::Arc};

use bson::{DateTime, RawDocumentBuf, rawdoc};
use loghelper::{
    domain::{Answer, GroupId, GroupState, KnownError, KnownErrorId, LifeCycle, LogError, LogId, Method, StatusCode, Tenure, Verdict},
    query::Filter,
    store::{GroupDecision, KnownErrorPage, LogPage, SharedStore, StateCount, VerdictChange},
};

use crate::support::{ALog, a_log, a_log_error, file_id, mongodb, sqlite};

contract! {
    states_are_counted_through_every_change,
    logs_of_a_session_are_found_in_their_order,
    changed_groups_are_told_from_a_place_on,
    known_errors_are_leafed_through_by_id,
    known_errors_that_came_most_often_come_first,
    known_errors_and_their_answers_are_found_together,
}

fn group(n: u8) -> GroupId {
    GroupId::from_content(&[&[n]])
}

fn verdict(known: Option<&str>) -> RawDocumentBuf {
    let known = known.map_or(bson::RawBson::Null, |known| bson::RawBson::String(known.to_owned()));
    rawdoc! { "known_error_id": known, "group_id": group(0).0, "method": null, "score": 0.5 }
}

/// The states of the Logs one by one, as `count_states` is to have counted them.
async fn counted_one_by_one(store: &SharedStore) -> Vec<StateCount> {
    let page = LogPage { filter: &Filter::All, limit: 1000, after: None, scan_limit: usize::MAX };
    let mut counts = BTreeMap::<String, StateCount>::new();
    for log in store.list_logs(&page).await.unwrap().logs {
        let branch = log.get_str("branch").unwrap();
        let count =
            counts.entry(branch.to_owned()).or_insert(StateCount { branch: branch.parse().unwrap(), normal: 0, known: 0, unknown: 0 });
        let known = log.get_document("verdict").is_ok_and(|verdict| verdict.get_str("known_error_id").is_ok());
        match (log.get_document("error").is_ok(), known) {
            (false, _) => count.normal += 1,
            (true, true) => count.known += 1,
            (true, false) => count.unknown += 1,
        }
    }
    counts.into_values().collect()
}

async fn states_are_counted_through_every_change(store: SharedStore) {
    let total = |counts: &[StateCount]| counts.iter().map(|count| (count.normal, count.known, count.unknown)).collect::<Vec<_>>();
    let check = async |expected: &[(i64, i64, i64)]| {
        let counts = store.count_states().await.unwrap();
        assert_eq!(counts, counted_one_by_one(&store).await);
        assert_eq!(total(&counts), expected);
    };
    let put = async |logs: &[ALog]| {
        let logs: Arc<[_]> = logs.iter().map(ALog::encoded).collect();
        store.insert_logs(&logs).await.unwrap();
    };
    check(&[]).await;
    let erring = |id, known| ALog { verdict: Some(verdict(known)), ..a_log(id, Some((1, 1)), Some((2, 2))) };
    let logs = [
        a_log("a", Some((1, 1)), None),
        a_log("b", Some((1, 1)), Some((2, 2))),
        erring("c", None),
        erring("d", None),
        erring("e", Some("ke")),
    ];
    put(&logs).await;
    put(&logs).await;
    check(&[(2, 1, 2)]).await;
    // The half that was missing brings an error.
    put(&[ALog { verdict: Some(verdict(None)), ..a_log("a", None, Some((9, 3))) }]).await;
    check(&[(1, 1, 3)]).await;
    let known = |known: Option<&str>| Verdict {
        known_error_id: known.map(|known| KnownErrorId(known.to_owned())),
        group_id: Some(group(0)),
        method: Some(Method::Approved),
        score: 1.0,
    };
    store.update_verdicts(&group(0), &known(Some("other"))).await.unwrap();
    check(&[(1, 4, 0)]).await;
    let page = LogPage { filter: &"error exists".parse().unwrap(), limit: 1, after: None, scan_limit: 100 };
    let first = LogId(store.list_logs(&page).await.unwrap().logs[0].get_object_id("_id").unwrap());
    let change = |was: Option<&str>, is: Option<&str>| VerdictChange {
        log: first,
        was: was.map(|was| KnownErrorId(was.to_owned())),
        verdict: known(is),
    };
    for (was, is, expected) in
        [(Some("other"), Some("ke"), (1, 4, 0)), (Some("ke"), None, (1, 3, 1)), (None, None, (1, 3, 1)), (None, Some("ke"), (1, 4, 0))]
    {
        store.change_verdicts(&[change(was, is)]).await.unwrap();
        check(&[expected]).await;
    }
    while store.delete_logs_of_file(&file_id("f"), 2).await.unwrap().n_logs > 0 {}
    check(&[]).await;
}

async fn logs_of_a_session_are_found_in_their_order(store: SharedStore) {
    let of = |id, second, session| ALog { session: Some(session), ..a_log(id, Some((second, second)), None) };
    let logs = [of("a", 5, "s"), of("b", 9, "s"), of("c", 7, "s"), of("d", 8, "other"), a_log("e", Some((6, 6)), None)];
    store.insert_logs(&logs.iter().map(ALog::encoded).collect()).await.unwrap();
    // The half that was missing leaves it in its session.
    let answer = ALog { session: Some("s"), ..a_log("c", None, Some((70, 8))) };
    store.insert_logs(&Arc::from([answer.encoded()])).await.unwrap();
    let filter: Filter = "branch = K1 and session_key = s".parse().unwrap();
    let page = LogPage { filter: &filter, limit: 10, after: None, scan_limit: 10 };
    let ids = |logs: Vec<RawDocumentBuf>| logs.iter().map(|log| log.get_str("message_id").unwrap().to_owned()).collect::<String>();
    assert_eq!(ids(store.list_logs(&page).await.unwrap().logs), "bca");
    assert_eq!(ids(store.list_later_logs(&page).await.unwrap().logs), "acb");
}

fn a_group(n: u8, pattern: &str) -> LogError {
    LogError { pattern: pattern.into(), breadth: pattern.len() as i64, ..a_log_error(group(n), "boom <*>") }
}

async fn changed_groups_are_told_from_a_place_on(store: SharedStore) {
    store.insert_log_errors(&[a_group(1, "[]"), a_group(2, "[]")]).await.unwrap();
    let all = store.list_changed_groups(None).await.unwrap();
    assert_eq!(all.groups.len(), 2);
    let told = async |place| {
        let changed = store.list_changed_groups(Some(place)).await.unwrap();
        assert!(changed.place >= place);
        let mut told: Vec<_> = changed.groups.into_iter().map(|group| (group.id, group.pattern, group.known_error_id.is_some())).collect();
        told.sort();
        (told, changed.place)
    };
    // What is written after a place was given is told from it on, new or changed; what was written before may be told again.
    store.insert_log_errors(&[a_group(1, "[1]"), a_group(3, "[]")]).await.unwrap();
    let (changed, place) = told(all.place).await;
    for expected in [(group(1), "[1]".to_owned(), false), (group(3), "[]".to_owned(), false)] {
        assert!(changed.contains(&expected));
    }
    let known = Some(KnownErrorId("ke".into()));
    let decision = GroupDecision { state: GroupState::Known, status: None, known_error_id: known, relabel_pending: false };
    store.update_log_error(&group(2), &decision).await.unwrap();
    let (changed, place) = told(place).await;
    assert!(changed.contains(&(group(2), "[]".to_owned(), true)));
    let back = GroupDecision { state: GroupState::Unknown, known_error_id: None, ..decision };
    store.update_log_error(&group(2), &back).await.unwrap();
    assert!(told(place).await.0.contains(&(group(2), "[]".to_owned(), false)));
}

fn known_error(id: &str, status: Option<i32>, state: LifeCycle) -> KnownError {
    let now = DateTime::from_millis(1);
    KnownError {
        id: KnownErrorId(id.into()),
        title: id.into(),
        title_uk: None,
        text: "boom".into(),
        keywords: vec![],
        keywords_any: vec![],
        keywords_all: vec![],
        keywords_none: vec![],
        code: None,
        regex: None,
        conditions: None,
        status: status.map(StatusCode),
        state,
        tenure: Tenure::default(),
        version: 1,
        rejudge_pending: false,
        from_group: None,
        approved_by: "a".into(),
        approved_at: now,
        updated_at: now,
        count: 0,
        last_seen: None,
    }
}

/// Known errors `a` to `d`, of which `b` came twice, `c` and `d` once.
async fn four_known_errors(store: &SharedStore) {
    let entries = [
        ("a", Some(1), LifeCycle::Approved),
        ("b", Some(1), LifeCycle::Draft),
        ("c", Some(2), LifeCycle::Approved),
        ("d", None, LifeCycle::Approved),
    ];
    let answer = |id: &KnownErrorId, position, text: &str| Answer {
        id: Answer::id_for(id, text),
        known_error_id: id.clone(),
        position,
        text: text.into(),
        text_uk: None,
        n_worked: 0,
        n_failed: 0,
        author: "a".into(),
        created_at: DateTime::from_millis(1),
    };
    let with_answers = |(id, status, state): (&str, Option<i32>, LifeCycle)| {
        let entry = known_error(id, status, state);
        let answers = if id == "b" { vec![answer(&entry.id, 0, "first"), answer(&entry.id, 1, "second")] } else { vec![] };
        (entry, answers)
    };
    store.save_known_errors(&entries.map(with_answers)).await.unwrap();
    let log =
        |(id, known): (&'static str, &str)| ALog { verdict: Some(verdict(Some(known))), ..a_log(id, Some((1, 1)), Some((2, 2))) }.encoded();
    let logs: Arc<[_]> = [("w", "b"), ("x", "b"), ("y", "c"), ("z", "d")].map(log).into();
    store.insert_logs(&logs).await.unwrap();
    store.recount_known_errors(&["a", "b", "c", "d"].map(|id| KnownErrorId(id.into()))).await.unwrap();
    // A change of the entry leaves its counts as they are.
    store.save_known_errors(&[with_answers(entries[1])]).await.unwrap();
}

fn names(entries: &[KnownError]) -> String {
    entries.iter().map(|entry| entry.id.as_str()).collect()
}

async fn known_errors_are_leafed_through_by_id(store: SharedStore) {
    four_known_errors(&store).await;
    let approved = Some(LifeCycle::Approved);
    for (state, after, limit, expected) in [
        (None, None, 9, "abcd"),
        (None, None, 2, "ab"),
        (None, Some("b"), 9, "cd"),
        (approved, None, 2, "ac"),
        (approved, Some("c"), 9, "d"),
        (None, Some("d"), 9, ""),
    ] {
        let page = KnownErrorPage { state, after, limit };
        assert_eq!(names(&store.list_known_error_page(&page).await.unwrap()), expected, "{page:?}");
    }
}

async fn known_errors_that_came_most_often_come_first(store: SharedStore) {
    assert!(store.list_top_known_errors(9).await.unwrap().is_empty());
    assert!(store.count_by_status().await.unwrap().is_empty());
    four_known_errors(&store).await;
    assert_eq!(names(&store.list_top_known_errors(9).await.unwrap()), "bcd");
    assert_eq!(names(&store.list_top_known_errors(2).await.unwrap()), "bc");
    assert_eq!(store.count_by_status().await.unwrap(), [(None, 1), (Some(StatusCode(1)), 2), (Some(StatusCode(2)), 1)]);
}

async fn known_errors_and_their_answers_are_found_together(store: SharedStore) {
    four_known_errors(&store).await;
    let ids = ["c", "b", "none"].map(|id| KnownErrorId(id.into()));
    let mut found = store.find_known_errors(&ids).await.unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!((names(&found).as_str(), found[0].count), ("bc", 2));
    assert_eq!(store.find_answers(&ids).await.unwrap(), store.list_answers(Some(&KnownErrorId("b".into()))).await.unwrap());
    assert_eq!(store.find_answers(&ids).await.unwrap().len(), 2);
    assert!(store.find_known_errors(&[]).await.unwrap().is_empty() && store.find_answers(&[]).await.unwrap().is_empty());
}
