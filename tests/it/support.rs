//! What tests share: the program, folders, stores, builders.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bson::{DateTime, RawBson, RawBsonRef, RawDocumentBuf, rawdoc};
use loghelper::{
    domain::{EncodedLog, GroupId, LogError, LogFileId, LogId, client_key, log_id},
    store::{AdminStore, SharedStore, mongo::MongoStore, sqlite::SqliteStore},
};

/// The program under test, with its data in this folder.
pub fn loghelper(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loghelper"));
    command.env_remove("LOGHELPER_STORE").env("LOGHELPER_DATA_DIR", data).stdin(Stdio::null());
    command
}

/// Runs the program with these words.
pub fn run(data: &Path, words: &[&str]) -> Output {
    loghelper(data).args(words).output().expect("the program runs")
}

/// Runs the program, which must succeed; what it printed.
pub fn ok(data: &Path, words: &[&str]) -> String {
    let output = run(data, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// The lines of NDJSON in a text.
pub fn ndjson(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The knowledge base that the project ships.
pub const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json");

/// Where a run keeps its documents: a data folder, and a store if it is not the one in there.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: Option<String>,
}

impl Place {
    /// A fresh one.
    pub fn new(store: Option<String>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store }
    }

    /// The program, run there.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = loghelper(self.folder.path());
        command.args(words);
        if let Some(store) = &self.store {
            command.args(["--store", store]);
        }
        command
    }

    /// What the program, which must succeed, printed as lines of JSON.
    pub fn ok(&self, words: &[&str]) -> Vec<serde_json::Value> {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Everything that a run leaves, without the moments of the run itself.
    pub fn state(&self) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
        let mut logs = self.ok(&["query", ""]);
        logs.sort_by_key(ToString::to_string);
        (logs, self.ok(&["errors", "list", "--state", "all", "--limit", "10000"]))
    }
}

impl Place {
    /// The store itself.
    pub async fn open(&self) -> SharedStore {
        match &self.store {
            Some(uri) => Arc::new(MongoStore::connect(uri, Duration::from_secs(10)).await.expect("a store")),
            None => Arc::new(SqliteStore::open(&self.folder.path().join("loghelper.db"), Duration::from_secs(5)).expect("a store")),
        }
    }

    /// What the ledger counts of a branch, but for what came again: Logs brought or completed, exchanges with both halves, pieces in
    /// quarantine, errors, messages lost. Over all days, as a run may pass midnight.
    pub async fn ledger(&self, branch: &str) -> [i64; 5] {
        let ledger = self.open().await.sum_ledger(Some(&[branch.parse().unwrap()]), DateTime::from_millis(0)).await.unwrap();
        ledger.days.values().fold([0; 5], |sum, day| {
            let counts = [day.parsed - day.duplicate, day.paired, day.quarantined, day.known + day.unknown, day.lost];
            std::array::from_fn(|n| sum[n] + counts[n])
        })
    }

    /// What no command prints: properties, quarantine, known errors, files and what came of them; without the moments of the run itself.
    pub async fn documents(&self) -> BTreeMap<&'static str, Vec<serde_json::Value>> {
        let store = self.open().await;
        let files = store.list_log_files(None, 1000).await.unwrap();
        let mut pieces = Vec::new();
        for file in &files {
            pieces.extend(told(store.list_quarantined(&file.id, 10_000).await.unwrap()));
        }
        BTreeMap::from([
            ("LogQuery", told(store.list_log_queries().await.unwrap())),
            ("Quarantine", pieces),
            ("KnownError", told(store.list_known_errors().await.unwrap())),
            ("LogFile", told(files)),
        ])
    }
}

/// Documents in an order of their own, without the moments at which they were written.
fn told<T: serde::Serialize>(documents: Vec<T>) -> Vec<serde_json::Value> {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                fields.retain(|name, _| !name.ends_with("_at"));
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut all: Vec<_> = documents.iter().map(|document| serde_json::to_value(document).unwrap()).collect();
    all.iter_mut().for_each(strip);
    all.sort_by_key(ToString::to_string);
    all
}

/// The same text as other bytes: a file that was not seen before, with what was.
pub fn recompressed(path: &Path) -> PathBuf {
    let other = path.with_extension("again.zst");
    std::fs::write(&other, zstd::encode_all(std::fs::File::open(path).unwrap(), 1).unwrap()).unwrap();
    other
}

/// Sample logs: three branches, two files each, and one that is empty.
pub fn samples(n: u64, folder: &Path) -> Vec<PathBuf> {
    let n = n.to_string();
    let out = folder.join("samples");
    let text = ok(folder, &["demo", "--generate", &n, "--out", out.to_str().expect("a path in UTF-8")]);
    text.lines().map(PathBuf::from).collect()
}

/// A fresh SQLite store, and the folder that it lives in.
pub async fn sqlite() -> (SharedStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).expect("a store");
    store.migrate().await.expect("a schema");
    (Arc::new(store), folder)
}

/// The URI of a fresh database of the real MongoDB that `LOGHELPER_TEST_MONGODB` names; without it the test is skipped and says so.
pub fn mongodb_uri() -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("LOGHELPER_TEST_MONGODB") else {
        eprintln!("skipped: LOGHELPER_TEST_MONGODB names no MongoDB server");
        return None;
    };
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    Some(format!("{}/{name}", server.trim_end_matches('/')))
}

/// A fresh store on the real MongoDB.
pub async fn mongodb() -> Option<SharedStore> {
    let store = MongoStore::connect(&mongodb_uri()?, Duration::from_secs(10)).await.expect("a store");
    store.migrate().await.expect("a schema");
    Some(Arc::new(store))
}

/// A Log to be stored.
#[derive(Clone)]
pub struct ALog {
    pub message_id: Option<&'static str>,
    /// Fingerprint and second.
    pub request: Option<(i64, i64)>,
    pub response: Option<(i64, i64)>,
    pub session: Option<&'static str>,
    pub file: &'static str,
    pub verdict: Option<RawDocumentBuf>,
    pub body: RawDocumentBuf,
}

/// A group of errors that nobody has dealt with, of this template.
pub fn a_log_error(id: GroupId, template: &str) -> LogError {
    let example = a_log("a", Some((1, 1)), None).encoded().id();
    LogError::begun(id, template.to_owned(), "[]".to_owned(), "boom 1".to_owned(), (file_id("f"), example))
}

/// A request and its response under `id`.
pub fn a_log(id: &'static str, request: Option<(i64, i64)>, response: Option<(i64, i64)>) -> ALog {
    ALog { message_id: Some(id), request, response, session: None, file: "f", verdict: None, body: rawdoc! { "method": "A" } }
}

impl ALog {
    /// The encoded Log, as if its dates could not be read.
    pub fn without_date(&self) -> EncodedLog {
        let mut undated = RawDocumentBuf::new();
        for (name, value) in self.encoded().document().iter().flatten() {
            let is_date = matches!(name.as_str(), "date" | "request_date" | "response_date");
            undated.append(name, if is_date { RawBsonRef::Null } else { value });
        }
        EncodedLog::from_document(undated).expect("a Log")
    }

    /// The encoded Log.
    pub fn encoded(&self) -> EncodedLog {
        let date =
            |half: Option<(i64, i64)>| half.map_or(RawBson::Null, |(_, second)| RawBson::DateTime(DateTime::from_millis(second * 1000)));
        let text = |text: Option<&str>| text.map_or(RawBson::Null, |text| RawBson::String(text.to_owned()));
        let state = match (self.request, self.response) {
            (Some(_), Some(_)) => "complete",
            (Some(_), None) => "request_only",
            _ => "response_only",
        };
        let body = |half: Option<(i64, i64)>| if half.is_some() { RawBson::Document(self.body.clone()) } else { RawBson::Null };
        let error = if self.verdict.is_some() {
            RawBson::Document(rawdoc! { "code": null, "message": "boom", "detail": null })
        } else {
            RawBson::Null
        };
        // Without a message id, halves find each other by their client.
        let client = client_key("K1", "S", "10.0.0.1");
        let print = |half: Option<(i64, i64)>| half.map(|(print, _)| print);
        let later = LogId::of_later(client, print(self.request).or(print(self.response)));
        let (id, pairing_key) = match self.message_id {
            Some(message_id) => (log_id("K1", "S", message_id), RawBson::Null),
            None => (later, RawBson::ObjectId(client.0)),
        };
        let print = |half: Option<(i64, i64)>| print(half).map_or(RawBson::Null, RawBson::Int64);
        let document = rawdoc! {
            "_id": id.0, "branch": "K1", "log_file_id": file_id(self.file).0, "server": "S",
            "message_id": text(self.message_id), "state": state, "remote_ip": null, "request_type": null, "content_type": null, "charset": null,
            "request_date": date(self.request), "request": body(self.request), "response_date": date(self.response), "response": body(self.response),
            "duration_ms": null, "error": error, "problems": [],
            "verdict": self.verdict.clone().map_or(RawBson::Null, RawBson::Document),
            "date": date(self.request.or(self.response)), "session_key": text(self.session), "pairing_key": pairing_key,
            "halves": { "request": print(self.request), "response": print(self.response) },
        };
        EncodedLog::from_document(document).expect("a Log")
    }
}

/// The id of a file of this name.
pub fn file_id(name: &str) -> LogFileId {
    LogFileId::from_content(&[name.as_bytes()])
}
