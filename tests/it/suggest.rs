//! Drafts by the program itself: from the command line, and on after a server was killed in the middle of one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bson::DateTime;
use loghelper::{
    domain::{GroupId, Suggestion, SuggestionState},
    store::{AdminStore, SharedStore, sqlite::SqliteStore},
};
use serde_json::{Value, json};

use crate::support::{loghelper, ndjson, ok};

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// A model's server that begins a draft and hangs the first time, and ends it from then on; its port.
fn model() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        length = lower.strip_prefix("content-length:").and_then(|n| n.trim().parse().ok()).unwrap_or(length);
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() || !head.starts_with("POST") {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        return;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let label = &asked["response_format"]["json_schema"]["schema"]["properties"]["cites"]["items"]["enum"][0];
    let draft =
        json!({ "verdict": "draft", "cause": "It is full.", "steps": ["Empty it."], "cites": [label], "confidence": 50 }).to_string();
    let first = ASKED.fetch_add(1, Ordering::SeqCst) == 0;
    let text = if first { draft.get(..30).unwrap_or_default() } else { &draft };
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {chunk}\n\n");
    if first {
        std::thread::sleep(Duration::from_secs(60));
    }
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let _ = write!(stream, "data: {end}\n\ndata: [DONE]\n\n");
}

fn serve(data: &Path, port: u16) -> Child {
    let mut server = loghelper(data)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("LOGHELPER_LLM__BACKEND", "http")
        .env("LOGHELPER_LLM__MODEL", "m")
        .env("LOGHELPER_LLM__DRAFTS_PER_DAY", "0")
        .env("LOGHELPER_LLM__URL", format!("http://127.0.0.1:{port}/v1"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
    server
}

/// An unknown error that something is known nearby.
fn with_evidence(data: &Path) -> GroupId {
    for group in ndjson(&ok(data, &["errors", "list", "--limit", "50"])) {
        let id = group["id"].as_str().unwrap().to_owned();
        let draft = ndjson(&ok(data, &["suggest", "--error", &id, "--json"])).remove(0);
        if draft["verdict"] == "draft" {
            return id.parse().unwrap();
        }
    }
    panic!("nothing is near any unknown error of the demonstration");
}

async fn until(store: &SharedStore, suggestion: &Suggestion, is_so: impl Fn(&Suggestion) -> bool) -> Suggestion {
    for _ in 0..600 {
        let found = store.find_suggestion(&suggestion.id).await.unwrap().unwrap();
        if is_so(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays {:?}", store.find_suggestion(&suggestion.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_a_killed_server_left_is_written_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["demo", "--no-serve"]);
    let port = model();
    let store = SqliteStore::open(&data.join("loghelper.db"), Duration::from_secs(10)).unwrap();
    store.ping().await.unwrap();
    let store: SharedStore = std::sync::Arc::new(store);
    let asked = Suggestion::asked(with_evidence(data), "evidence", "en", 0, "olena", DateTime::now());
    assert!(store.insert_suggestion(&asked).await.unwrap());
    let mut server = serve(data, port);
    let begun = until(&store, &asked, |found| !found.so_far.is_empty()).await;
    assert_eq!((begun.state, begun.n_begun), (SuggestionState::Drafting, 1));
    // SIGKILL: nothing of the program runs after it.
    server.kill().unwrap();
    server.wait().unwrap();
    // Nobody waits here for the lease to end.
    let holder = begun.lease.unwrap().holder;
    assert!(store.touch_suggestion(&asked.id, &holder, DateTime::from_millis(1), "").await.unwrap());
    let mut server = serve(data, port);
    let done = until(&store, &asked, |found| !found.state.is_open()).await;
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((done.state, done.n_begun), (SuggestionState::Done, 2), "{done:?}");
    assert_eq!(done.proposal.unwrap().steps, ["Empty it."]);
    assert!(done.model.starts_with("m at http://127.0.0.1"), "{}", done.model);
}

#[test]
fn the_command_line_drafts_with_its_sources() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    ok(data, &["kb", "import", crate::support::SEED]);
    let words = ["suggest", "--text", "ORA-00942: table or view does not exist in the archive", "--json"];
    let draft = ndjson(&ok(data, &words)).remove(0);
    assert!(draft["verdict"] == "draft" || draft["verdict"] == "insufficient_evidence", "{draft}");
    assert_eq!(draft["model"], Value::Null);
    let none = ok(data, &["suggest", "--text", "zyx"]);
    assert!(none.starts_with("not enough evidence"), "{none}");
    let wrong = loghelper(data).args(["suggest"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
