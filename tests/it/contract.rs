//! What every store promises, each behaviour once.

use std::sync::Arc;

use bson::{DateTime, rawdoc, spec::BinarySubtype};
use loghelper::{
    domain::{
        Answer, Branch, DateOrder, FileOutcome, FileState, KnownError, KnownErrorId, LifeCycle, LogFile, LogOutcome, ParseCounts,
        ProblemKind, PropertyDelta, PropertySide, PropertyType, Quarantined, QueryConfig, Role, Session, StatusCode, StatusError, Tenure,
        User, ViewKind,
    },
    query::Filter,
    store::{Error, LogCursor, LogPage, SharedStore},
};

use crate::support::{ALog, a_log, file_id, mongodb, sqlite};

/// Runs each case on every store.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let (store, _folder) = super::sqlite().await;
                super::$case(store).await;
            })*
        }

        mod on_mongodb {
            $(#[tokio::test]
            async fn $case() {
                let Some(store) = super::mongodb().await else { return };
                super::$case(store).await;
            })*
        }
    };
}

contract! {
    pages_have_neither_gaps_nor_repeats,
    logs_without_a_date_come_last,
    knowledge_grows_its_version,
    properties_count_a_file_once,
    sessions_end,
    names_are_taken_once,
    quarantined_bytes_come_back,
    files_branches_and_filters_are_kept,
    migrating_twice_does_nothing,
    operators_in_bodies_are_data,
}

/// Stores Logs in one batch.
pub async fn put(store: &SharedStore, logs: &[ALog]) -> Vec<LogOutcome> {
    let logs: Arc<[_]> = logs.iter().map(ALog::encoded).collect();
    store.insert_logs(&logs).await.unwrap()
}

/// All Logs that a filter finds.
pub async fn all(store: &SharedStore, filter: &str) -> Vec<bson::RawDocumentBuf> {
    let filter: Filter = filter.parse().unwrap();
    store.list_logs(&LogPage { filter: &filter, limit: 10_000, after: None, scan_limit: usize::MAX }).await.unwrap().logs
}

/// Message ids, as many as there are Logs on several pages.
pub const IDS: [&str; 23] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w"];

async fn pages_have_neither_gaps_nor_repeats(store: SharedStore) {
    // Dates repeat, and some Logs have none.
    let logs: Vec<_> = IDS
        .iter()
        .enumerate()
        .map(|(n, id)| {
            let n = n as i64;
            let mut log = a_log(id, Some((n, n / 4)), None);
            log.body = rawdoc! { "n": n };
            log
        })
        .collect();
    put(&store, &logs).await;
    let filter: Filter = "request.n >= 3".parse().unwrap();
    let (mut seen, mut after): (Vec<String>, Option<LogCursor>) = (Vec::new(), None);
    loop {
        let page = LogPage { filter: &filter, limit: 4, after, scan_limit: 3 };
        let found = store.list_logs(&page).await.unwrap();
        assert!(found.logs.len() <= 4);
        seen.extend(found.logs.iter().map(|log| log.get_str("message_id").unwrap().to_owned()));
        match found.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    assert_eq!(sorted, IDS[3..].iter().map(ToString::to_string).collect::<Vec<_>>());
}

async fn logs_without_a_date_come_last(store: SharedStore) {
    let dated = [a_log("a", Some((1, 10)), None), a_log("b", Some((2, 20)), None)];
    put(&store, &dated).await;
    let undated: Vec<_> = ["c", "d", "e"].map(|id| a_log(id, Some((id.len() as i64, 0)), None).without_date()).into_iter().collect();
    assert_eq!(store.insert_logs(&Arc::from(undated)).await.unwrap(), [LogOutcome::New; 3]);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let found = store.list_logs(&LogPage { filter: &Filter::All, limit: 2, after, scan_limit: 2 }).await.unwrap();
        seen.extend(found.logs.iter().map(|log| log.get_str("message_id").unwrap().to_owned()));
        let Some(next) = found.next else { break };
        after = Some(next);
    }
    assert_eq!(seen[..2], ["b", "a"]);
    seen[2..].sort();
    assert_eq!(seen[2..], ["c", "d", "e"]);
    assert_eq!(all(&store, "date >= 1970-01-01").await.len(), 2);
    assert_eq!(all(&store, "date < 1971-01-01").await.len(), 2);
}

fn a_known_error(id: &str) -> (KnownError, Vec<Answer>) {
    let (id, now) = (KnownErrorId(id.into()), DateTime::from_millis(1));
    let answer = |position: i32, text: &str| Answer {
        id: Answer::id_for(&id, text),
        known_error_id: id.clone(),
        position,
        text: text.into(),
        text_uk: None,
        n_worked: 0,
        n_failed: 0,
        author: "a".into(),
        created_at: now,
    };
    let answers = vec![answer(0, "first"), answer(1, "second")];
    let entry = KnownError {
        id: id.clone(),
        title: "T".into(),
        title_uk: None,
        text: "boom".into(),
        keywords: vec![],
        keywords_any: vec![],
        keywords_all: vec![],
        keywords_none: vec![],
        code: None,
        regex: None,
        conditions: None,
        status: None,
        state: LifeCycle::Approved,
        tenure: Tenure::default(),
        version: 0,
        rejudge_pending: false,
        from_group: None,
        approved_by: "a".into(),
        approved_at: now,
        updated_at: now,
        count: 0,
        last_seen: None,
    };
    (entry, answers)
}

async fn knowledge_grows_its_version(store: SharedStore) {
    let before = store.knowledge_version().await.unwrap();
    store.save_known_errors(&[a_known_error("ke")]).await.unwrap();
    let after = store.knowledge_version().await.unwrap();
    assert!(after > before);
    let status = StatusError::new(StatusCode(5), "S");
    store.save_status_error(&status).await.unwrap();
    assert!(store.knowledge_version().await.unwrap() > after);
    assert_eq!(store.list_status_errors().await.unwrap(), [status]);
    let texts: Vec<_> = store.list_answers(Some(&KnownErrorId("ke".into()))).await.unwrap().into_iter().map(|answer| answer.text).collect();
    assert_eq!(texts, ["first", "second"]);
    let known = rawdoc! { "known_error_id": "ke", "group_id": null, "method": "exact", "score": 0.9 };
    put(&store, &[ALog { verdict: Some(known), ..a_log("a", Some((1, 7)), Some((2, 8))) }]).await;
    store.recount_known_errors(&[KnownErrorId("ke".into())]).await.unwrap();
    store.save_known_errors(&[a_known_error("ke")]).await.unwrap();
    let entry = store.find_known_error(&KnownErrorId("ke".into())).await.unwrap().unwrap();
    assert_eq!((entry.count, entry.last_seen), (1, Some(DateTime::from_millis(7000))));
    assert_eq!(store.list_known_errors().await.unwrap().len(), 1);
    assert_eq!(store.list_answers(None).await.unwrap().len(), 2);
}

async fn properties_count_a_file_once(store: SharedStore) {
    let delta = PropertyDelta {
        path: "request.n".into(),
        side: PropertySide::Request,
        types: vec![PropertyType::Number],
        examples: vec!["1".into()],
        count: 3,
    };
    for file in ["f", "f", "g"] {
        store.add_properties(&file_id(file), std::slice::from_ref(&delta)).await.unwrap();
    }
    store.close_properties(&file_id("f")).await.unwrap();
    assert_eq!(store.list_log_queries().await.unwrap()[0].open_files, [file_id("g")]);
    let found = store.list_log_queries().await.unwrap();
    assert_eq!((found.len(), found[0].count, found[0].path.as_str()), (1, 6, "request.n"));
}

fn a_user() -> User {
    User {
        name: "olena".into(),
        password_hash: "h".into(),
        role: Role::ExpertAnalyst,
        branches: vec![],
        disabled: false,
        single_keys_off: true,
        created_at: DateTime::from_millis(1),
    }
}

async fn sessions_end(store: SharedStore) {
    let session = Session {
        token_hash: "t".into(),
        user: "olena".into(),
        csrf: "c".into(),
        created_at: DateTime::from_millis(0),
        opened_from: String::new(),
        expires_at: DateTime::from_millis(100),
    };
    store.insert_session(&session).await.unwrap();
    assert_eq!(store.find_session("t", DateTime::from_millis(99)).await.unwrap(), Some(session.clone()));
    assert_eq!(store.find_session("t", DateTime::from_millis(100)).await.unwrap(), None);
    store.delete_expired_sessions(DateTime::from_millis(100)).await.unwrap();
    assert_eq!(store.find_session("t", DateTime::from_millis(1)).await.unwrap(), None);
    store.insert_session(&session).await.unwrap();
    store.delete_session("t").await.unwrap();
    assert_eq!(store.find_session("t", DateTime::from_millis(1)).await.unwrap(), None);
}

async fn names_are_taken_once(store: SharedStore) {
    assert!(!store.update_user(&a_user()).await.unwrap());
    store.insert_user(&a_user()).await.unwrap();
    assert!(matches!(store.insert_user(&a_user()).await, Err(Error::Conflict { .. })));
    assert!(store.update_user(&User { disabled: true, ..a_user() }).await.unwrap());
    assert!(store.find_user("olena").await.unwrap().unwrap().disabled);
    assert_eq!(store.list_users().await.unwrap().len(), 1);
}

async fn quarantined_bytes_come_back(store: SharedStore) {
    let piece = |offset: i64| Quarantined {
        id: Quarantined::id_for(&file_id("f"), offset),
        branch: "K1".parse().unwrap(),
        log_file_id: file_id("f"),
        offset,
        kind: ProblemKind::Unrecognised,
        reason: "r".into(),
        raw: bson::Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255, 10, 13] },
        size_bytes: 4,
        created_at: DateTime::from_millis(1),
        stretch: None,
    };
    for _ in 0..2 {
        store.insert_quarantined(&[piece(9), piece(3)]).await.unwrap();
    }
    assert_eq!(store.list_quarantined(&file_id("f"), 10).await.unwrap(), [piece(3), piece(9)]);
    assert_eq!(store.count_quarantined(&file_id("f")).await.unwrap(), 2);
}

async fn files_branches_and_filters_are_kept(store: SharedStore) {
    let branch = |code: &str| Branch {
        code: code.parse().unwrap(),
        name: "N".into(),
        timezone: "UTC".into(),
        encoding: None,
        date_order: DateOrder::Detect,
        created_at: DateTime::from_millis(1),
    };
    store.save_branch(&branch("K2")).await.unwrap();
    store.save_branch(&branch("K1")).await.unwrap();
    assert_eq!(store.list_branches().await.unwrap(), [branch("K1"), branch("K2")]);
    assert_eq!(store.find_branch(&"K1".parse().unwrap()).await.unwrap(), Some(branch("K1")));
    let file = |name: &str, code: &str, at: i64| LogFile {
        id: file_id(name),
        branch: code.parse().unwrap(),
        name: name.into(),
        content_hash: "h".into(),
        size_bytes: 1,
        format: "bars".into(),
        encoding: "UTF-8".into(),
        state: FileState::Done,
        message: None,
        uploaded_by: "a".into(),
        created_at: DateTime::from_millis(at),
        finished_at: None,
        counts: ParseCounts::default(),
        outcome: FileOutcome::default(),
        stretch: None,
    };
    for (name, code, at) in [("x", "K1", 1), ("y", "K2", 3), ("z", "K1", 2)] {
        store.save_log_file(&file(name, code, at)).await.unwrap();
    }
    let names = |files: Vec<LogFile>| files.into_iter().map(|file| file.name).collect::<Vec<_>>();
    assert_eq!(names(store.list_log_files(None, 2).await.unwrap()), ["y", "z"]);
    assert_eq!(names(store.list_log_files(Some(&["K1".parse().unwrap()]), 9).await.unwrap()), ["z", "x"]);
    assert!(store.list_log_files(Some(&[]), 9).await.unwrap().is_empty());
    let config = |owner: &str, shared: bool| QueryConfig {
        id: QueryConfig::id_for(owner, "q"),
        kind: ViewKind::Logs,
        name: "q".into(),
        owner: owner.into(),
        shared,
        filter: "branch = K1".into(),
        columns: vec![],
        range: String::new(),
        pinned: false,
        updated_at: DateTime::from_millis(1),
    };
    store.save_query_config(&config("a", true)).await.unwrap();
    store.save_query_config(&config("b", false)).await.unwrap();
    assert_eq!(store.find_query_config("b", ViewKind::Logs, "q").await.unwrap().unwrap().owner, "b");
    assert_eq!(store.find_query_config("c", ViewKind::Logs, "q").await.unwrap().unwrap().owner, "a");
    assert_eq!(store.list_query_configs("c", ViewKind::Logs).await.unwrap().len(), 1);
    assert!(store.delete_query_config(&QueryConfig::id_for("a", "q")).await.unwrap());
    assert!(!store.delete_query_config(&QueryConfig::id_for("a", "q")).await.unwrap());
}

async fn migrating_twice_does_nothing(store: SharedStore) {
    assert!(store.migrate().await.unwrap().is_empty());
    assert_eq!(store.schema_version().await.unwrap(), loghelper::store::migrations::LATEST);
    store.ping().await.unwrap();
    assert!(!store.describe().is_empty());
}

async fn operators_in_bodies_are_data(store: SharedStore) {
    let body = rawdoc! { "$where": "1", "a": { "$gt": 0, "$ne": null }, "b.c": 1 };
    put(&store, &[ALog { body: body.clone(), ..a_log("a", Some((1, 1)), None) }]).await;
    let found = all(&store, "").await;
    assert_eq!(found[0].get_document("request").unwrap(), body.as_ref() as &bson::RawDocument);
    assert_eq!(all(&store, "message_id = \"{$ne: null}\"").await.len(), 0);
}
