//! What is known changes while errors lie in the store: they are judged anew; groups are merged and split.

use std::{
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use bson::DateTime;
use loghelper::{
    domain::{KnownError, KnownErrorId, LifeCycle, Tenure},
    store::{KnowledgeStore, sqlite::SqliteStore},
};
use serde_json::{Value, json};

use crate::support::{Place, mongodb_uri};

/// Exchanges of which each fails with one of these errors, in turn.
fn log_of(ids: &str, errors: &[String]) -> String {
    let exchange = |(n, error): (usize, &String)| {
        let (minute, second) = (n / 60 % 60, n % 60);
        format!(
            "=> S at 5/8/2016 7:{minute:02}:{second:02} AM: from 10.0.0.1;\nInput = {{\"method\":\"A\",\"message_id\":\"{ids}{n}\"}}\n<= S at 5/8/2016 7:{minute:02}:{second:02} AM: to 10.0.0.1\nOutput = {{\"status\":\"ERROR\",\"error\":{},\"message_id\":\"{ids}{n}\"}}\n",
            json!({ "code": 7, "message": error })
        )
    };
    errors.iter().enumerate().map(exchange).collect()
}

/// Two kinds of errors, 30 and 20 times, with values of their own.
fn errors() -> Vec<String> {
    let locked = (0..30).map(|n| format!("Document {} is locked by client {}", 1000 + n, 70 + n));
    let missing = (0..20).map(|n| format!("Signature key {} has expired yesterday", 500 + n));
    locked.chain(missing).collect()
}

fn ingested(place: &Place, errors: &[String]) {
    let path = place.folder.path().join("relearn.log");
    std::fs::write(&path, log_of("m", errors)).unwrap();
    place.ok(&["ingest", "--branch", "K1", "--json", path.to_str().unwrap()]);
}

fn groups(place: &Place, state: &str) -> Vec<Value> {
    place.ok(&["errors", "list", "--state", state])
}

fn count(place: &Place, filter: &str) -> usize {
    place.ok(&["query", filter]).len()
}

fn new_knowledge_reaches_stored_errors(place: &Place) {
    ingested(place, &errors());
    let unknown = groups(place, "unknown");
    assert_eq!(unknown.iter().map(|group| group["count"].as_i64().unwrap()).sum::<i64>(), 50, "{unknown:?}");
    let text = "Signature key 500 has expired yesterday";
    let preview = &place.ok(&["kb", "preview", "--text", text])[0];
    let n = |list: &Value| list.as_array().unwrap().iter().map(|one| one["n"].as_i64().unwrap()).sum::<i64>();
    assert_eq!((preview["errors"].as_i64(), n(&preview["unknown"]), n(&preview["taken"])), (Some(50), 20, 0), "{preview}");
    let kb = place.folder.path().join("kb.json");
    let entry =
        json!({ "known_errors": [{ "id": "ke-key", "title": "Key expired", "text": text, "answers": [{ "text": "Renew the key" }] }] });
    std::fs::write(&kb, entry.to_string()).unwrap();
    let output = place.command(&["kb", "import", kb.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(count(place, "verdict.known_error_id = \"ke-key\""), 20);
    assert_eq!(place.ok(&["kb", "preview", "--text", text, "--id", "ke-key"])[0]["own"], 20);
    let known = groups(place, "known");
    assert_eq!((known.len(), known[0]["known_error_id"].as_str(), known[0]["count"].as_i64()), (1, Some("ke-key"), Some(20)));
    assert_eq!(groups(place, "unknown").iter().map(|group| group["count"].as_i64().unwrap()).sum::<i64>(), 30);
}

fn groups_merge_and_split(place: &Place) {
    ingested(place, &errors());
    let unknown = groups(place, "unknown");
    let of =
        |word: &str| unknown.iter().find(|group| group["template"].as_str().unwrap().starts_with(word)).unwrap()["id"].as_str().unwrap();
    let (locked, expired) = (of("Document").to_owned(), of("Signature").to_owned());
    let merged = &place.ok(&["errors", "merge", &expired, "--into", &locked])[0];
    assert_eq!(merged, &json!({ "group_id": locked, "logs": 20 }));
    // The same again moves nothing, and what comes later goes there too.
    assert_eq!(place.ok(&["errors", "merge", &expired, "--into", &locked])[0]["logs"], 0);
    let more: Vec<String> = (0..5).map(|n| format!("Signature key {} has expired yesterday", 900 + n)).collect();
    let path = place.folder.path().join("more.log");
    std::fs::write(&path, log_of("later", &more)).unwrap();
    place.ok(&["ingest", "--branch", "K1", "--json", path.to_str().unwrap()]);
    let shown = |id: &str| place.ok(&["errors", "show", id]).remove(0);
    assert_eq!(shown(&locked)["count"], 55);
    // One document is a case of its own.
    let variables = shown(&locked)["variables"].clone();
    let number = variables.as_array().unwrap().iter().find(|variable| variable["value"] == "1000").unwrap().clone();
    let part = &place.ok(&["errors", "split", &locked, "--place", &number["place"].to_string(), "--value", "1003"])[0];
    assert_eq!(part["logs"], 1, "{part} {variables}");
    assert_eq!((&shown(part["group_id"].as_str().unwrap())["count"], &shown(&locked)["count"]), (&json!(1), &json!(54)));
    let refused = place.command(&["errors", "merge", &locked, "--into", &locked]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("itself"));
}

#[test]
fn new_knowledge_reaches_errors_stored_in_sqlite() {
    new_knowledge_reaches_stored_errors(&Place::new(None));
}

#[test]
fn new_knowledge_reaches_errors_stored_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    new_knowledge_reaches_stored_errors(&Place::new(Some(uri)));
}

#[test]
fn groups_merge_and_split_in_sqlite() {
    groups_merge_and_split(&Place::new(None));
}

#[test]
fn groups_merge_and_split_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    groups_merge_and_split(&Place::new(Some(uri)));
}

/// Exchanges of a file that takes some seconds.
const N_MANY: usize = 120_000;

/// Two files, the second of which is being read while a group of the first is explained by somebody else.
#[tokio::test]
async fn what_is_learnt_during_an_ingestion_reaches_what_it_stores() {
    let place = Place::new(None);
    ingested(&place, &errors());
    let expired = groups(&place, "unknown").into_iter().find(|group| group["template"].as_str().unwrap().starts_with("Signature")).unwrap();
    let path = place.folder.path().join("large.log");
    let many: Vec<String> = (0..N_MANY).map(|n| format!("Signature key {} has expired yesterday", 1000 + n)).collect();
    std::fs::write(&path, log_of("large", &many)).unwrap();
    let mut ingestion = place.command(&["ingest", "--branch", "K1", path.to_str().unwrap()]).stdout(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_millis(700));
    let id = expired["id"].as_str().unwrap();
    place.ok(&["errors", "approve", id, "--new-status", "900", "--status-title", "Keys", "--answer", "Renew the key"]);
    assert!(ingestion.try_wait().unwrap().is_none(), "the ingestion ended too early: make the file larger");
    assert!(ingestion.wait().unwrap().success());
    assert_eq!(count(&place, "error.message starts \"Signature\" and not verdict.known_error_id exists"), 0);
    assert_eq!(count(&place, "verdict.known_error_id exists"), 20 + N_MANY);
}

#[tokio::test]
async fn a_running_server_follows_what_another_process_learns() {
    let place = Place::new(None);
    ingested(&place, &errors());
    let mut server = place.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let store = SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(10)).unwrap();
    let now = DateTime::from_millis(1);
    let entry = KnownError {
        id: KnownErrorId("ke-key".into()),
        title: "Key expired".into(),
        title_uk: None,
        text: "Signature key 500 has expired yesterday".into(),
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
    store.save_known_errors(&[(entry, vec![])]).await.unwrap();
    let begun = Instant::now();
    while count(&place, "verdict.known_error_id = \"ke-key\"") < 20 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the server does not follow");
        sleep(Duration::from_millis(200));
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
