//! A store that cannot be reached or written to: the command says what it waits for, ends after the stated time, and leaves nothing behind.

use std::process::{Command, Output, Stdio};

use crate::{
    mongod::Mongod,
    support::{Place, SEED, samples},
};

/// Runs the program where it waits four seconds at most; its code, and what it said.
fn impatient(place: &Place, words: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = place.command(words).env("LOGHELPER_STORE__RETRY_SECONDS", "4").output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

/// It failed, after it had said that it waits, for what, and how long.
fn assert_waited(said: &(Option<i32>, String), what: &str) {
    let (code, said) = said;
    let waits = said.lines().filter(|line| line.contains("waiting for the store")).count();
    assert!(*code == Some(1) && waits > 0 && said.contains(&format!("(waited 4 s to {what})")), "{said}");
}

#[test]
fn an_unreachable_server_is_waited_for_and_then_named() {
    let place = Place::new(Some("mongodb://user:s3cret@127.0.0.1:1/x".to_owned()));
    let said = impatient(&place, &["query", ""]);
    assert_waited(&said, "reach the store");
    assert!(said.1.contains("127.0.0.1:1") && said.1.contains("unavailable") && !said.1.contains("s3cret"), "{}", said.1);
}

/// What an ingestion that failed leaves is nothing, and the next one is as if it had not been.
async fn assert_nothing_half_written(place: &Place, path: &str, clean: &Place) {
    assert_eq!(place.ok(&["query", ""]).len(), 0);
    let documents = place.documents().await;
    for collection in ["LogFile", "Quarantine", "LogQuery"] {
        assert!(documents[collection].is_empty(), "{collection}: {documents:?}");
    }
    for place in [place, clean] {
        place.ok(&["kb", "import", SEED]);
        place.ok(&["ingest", "--branch", "K1", path]);
    }
    assert!(place.state() == clean.state(), "the documents differ");
    assert_eq!(place.documents().await, clean.documents().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_died_gets_nothing_half_written() {
    let Some(mut server) = Mongod::start().await else { return };
    let (place, clean) = (Place::new(Some(server.uri("died"))), Place::new(Some(server.uri("clean"))));
    let folder = tempfile::tempdir().unwrap();
    let path = samples(300, folder.path()).remove(0);
    let path = path.to_str().unwrap();
    place.ok(&["migrate"]);
    server.kill();
    assert_waited(&impatient(&place, &["ingest", "--branch", "K1", path]), "reach the store");
    server.restart();
    assert_nothing_half_written(&place, path, &clean).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_waited_for_and_gets_nothing_half_written() {
    let (place, clean) = (Place::new(None), Place::new(None));
    let folder = tempfile::tempdir().unwrap();
    let path = samples(300, folder.path()).remove(0);
    let path = path.to_str().unwrap();
    place.ok(&["migrate"]);
    let holder = rusqlite::Connection::open(place.folder.path().join("loghelper.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = impatient(&place, &["ingest", "--branch", "K1", path]);
    assert_waited(&said, "register the file");
    assert!(said.1.contains("another process holds the database"), "{}", said.1);
    holder.execute_batch("ROLLBACK").unwrap();
    assert_nothing_half_written(&place, path, &clean).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_named_and_gets_nothing_half_written() {
    let place = Place::new(None);
    let folder = tempfile::tempdir().unwrap();
    let path = samples(300, folder.path()).remove(0);
    place.ok(&["migrate"]);
    // A folder that only this script sees so: permissions would not stop whoever may do everything.
    let script = r#"
        mount --bind "$DATA" "$DATA" && mount -o remount,bind,ro "$DATA" || exit 99
        "$PROGRAM" ingest --branch K1 "$FILE"
    "#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]).stdin(Stdio::null()).env_remove("LOGHELPER_STORE");
    command.env("DATA", place.folder.path()).env("LOGHELPER_DATA_DIR", place.folder.path());
    command.env("PROGRAM", env!("CARGO_BIN_EXE_loghelper")).env("FILE", &path);
    let done = match command.output() {
        Ok(done) if done.status.code() != Some(99) && !String::from_utf8_lossy(&done.stderr).contains("unshare:") => done,
        _ => return eprintln!("skipped: this machine lets no process have a folder that cannot be written"),
    };
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && said.contains("loghelper.db cannot be written: it is read-only"), "{said}");
    assert_nothing_half_written(&place, path.to_str().unwrap(), &Place::new(None)).await;
}
