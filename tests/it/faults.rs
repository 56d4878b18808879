//! What a bank calls a normal day: the database dies, the disk is full, the schema is newer than the program.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use loghelper::store::{AdminStore, Error, mongo::MongoStore, sqlite::SqliteStore};

use crate::{
    mongod::Mongod,
    support::{Place, SEED, mongodb_uri, samples},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_in_the_middle_is_waited_for_and_nothing_is_lost() {
    let Some(mut server) = Mongod::start().await else { return };
    let (clean, broken) = (Place::new(Some(server.uri("clean"))), Place::new(Some(server.uri("broken"))));
    let folder = tempfile::tempdir().unwrap();
    let path = samples(40_000, folder.path()).remove(0);
    let words = ["ingest", "--branch", "K1", "--json", path.to_str().unwrap()];
    clean.ok(&["kb", "import", SEED]);
    broken.ok(&["kb", "import", SEED]);
    let begun = Instant::now();
    let summary = clean.ok(&words);
    let whole = begun.elapsed();
    let mut child = broken.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    sleep(whole * 4 / 10);
    server.kill();
    assert!(child.try_wait().unwrap().is_none(), "the ingestion ended before the database died: make the file larger");
    sleep(Duration::from_secs(2));
    server.restart();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!([said], summary.as_slice());
    assert!(broken.state() == clean.state(), "the documents differ");
}

#[test]
fn a_full_disk_is_named_and_the_ingestion_is_completed_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = samples(20_000, folder.path()).remove(0);
    let (clean, full) = (Place::new(None), Place::new(None));
    let words = ["ingest", "--branch", "K1", "--json", path.to_str().unwrap()];
    clean.ok(&["kb", "import", SEED]);
    let summary = clean.ok(&words);
    // A disk of its own, which only this script sees. It is full after the first part of the file, and larger later.
    let script = r#"
        mount -t tmpfs -o size=6m tmpfs "$DATA" || exit 99
        $PROGRAM kb import "$SEED" >/dev/null || exit 1
        $PROGRAM ingest --branch K1 --json "$FILE" >"$OUT/first" 2>"$OUT/said" && exit 2
        mount -o remount,size=200m "$DATA" || exit 3
        $PROGRAM ingest --branch K1 --json "$FILE" >"$OUT/second" || exit 4
        $PROGRAM query "" >"$OUT/logs" || exit 5
    "#;
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]);
    command.env("DATA", full.folder.path()).env("LOGHELPER_DATA_DIR", full.folder.path()).env_remove("LOGHELPER_STORE");
    command.env("PROGRAM", env!("CARGO_BIN_EXE_loghelper")).env("SEED", SEED).env("FILE", &path).env("OUT", out.path());
    let done = match command.output() {
        Ok(done) if !matches!(done.status.code(), Some(99)) && !String::from_utf8_lossy(&done.stderr).contains("unshare:") => done,
        _ => return eprintln!("skipped: this machine lets no process have a disk of its own"),
    };
    let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap_or_default();
    assert!(done.status.success(), "{:?}: {} {}", done.status, String::from_utf8_lossy(&done.stderr), read("said"));
    assert!(read("said").contains("disk is full"), "{}", read("said"));
    let second: serde_json::Value = serde_json::from_str(&read("second")).unwrap();
    assert_eq!([second], summary.as_slice());
    let mut logs: Vec<serde_json::Value> = read("logs").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    logs.sort_by_key(ToString::to_string);
    assert!(logs == clean.state().0, "the documents differ");
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    let store = SqliteStore::open(&path, Duration::from_secs(5)).unwrap();
    store.migrate().await.unwrap();
    let sql = "UPDATE \"Meta\" SET value = 99 WHERE _id = 'schema_version'";
    rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let said = store.migrate().await.unwrap_err();
    assert!(matches!(&said, Error::Refused(text) if text.contains("99")), "{said}");

    let Some(uri) = mongodb_uri() else { return };
    let store = MongoStore::connect(&uri, Duration::from_secs(10)).await.unwrap();
    store.migrate().await.unwrap();
    let database = mongodb::Client::with_uri_str(&uri).await.unwrap().default_database().unwrap();
    let version = bson::doc! { "$set": { "value": 99 } };
    let meta = database.collection::<bson::Document>("Meta");
    meta.update_one(bson::doc! { "_id": "schema_version" }, version).await.unwrap();
    let said = store.migrate().await.unwrap_err();
    assert!(matches!(&said, Error::Refused(text) if text.contains("99")), "{said}");
}

#[tokio::test]
async fn a_corrupt_document_is_named_not_skipped() {
    use loghelper::store::KnowledgeStore;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corrupt.db");
    let store = SqliteStore::open(&path, Duration::from_secs(5)).unwrap();
    store.migrate().await.unwrap();
    let document = bson::serialize_to_vec(&bson::doc! { "_id": "ke-broken", "title": 5 }).unwrap();
    let sql = "INSERT INTO \"KnownError\" (_id, doc) VALUES ('ke-broken', ?1)";
    rusqlite::Connection::open(&path).unwrap().execute(sql, [document]).unwrap();
    let said = store.list_known_errors().await.unwrap_err().to_string();
    assert!(said.contains("KnownError") && said.contains("ke-broken"), "{said}");
}
