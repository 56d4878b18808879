//! Kill -9 in the middle of an ingestion: another run leaves exactly what one clean run leaves.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Instant,
};

use serde_json::Value;

use crate::support::{loghelper, mongodb_uri, samples};

/// Where a run keeps its documents: a data folder, and a store if it is not the one in there.
struct Place {
    folder: tempfile::TempDir,
    store: Option<String>,
}

impl Place {
    fn new(store: Option<String>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = loghelper(self.folder.path());
        command.args(words);
        if let Some(store) = &self.store {
            command.args(["--store", store]);
        }
        command
    }

    fn ok(&self, words: &[&str]) -> Vec<Value> {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Everything that a run leaves, without the moments of the run itself.
    fn state(&self) -> (Vec<Value>, Vec<Value>) {
        let mut logs = self.ok(&["query", ""]);
        logs.sort_by_key(ToString::to_string);
        (logs, self.ok(&["errors", "list", "--state", "all", "--limit", "10000"]))
    }
}

fn check(clean: &Place, killed: &Place, n_exchanges: u64) {
    let kb = concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json");
    let folder = tempfile::tempdir().unwrap();
    let path = samples(n_exchanges, folder.path()).remove(0);
    let words = ["ingest", "--branch", "K1", "--json", path.to_str().unwrap()];
    clean.ok(&["kb", "import", kb]);
    let begun = Instant::now();
    let mut summary = clean.ok(&words);
    let whole = begun.elapsed();
    killed.ok(&["kb", "import", kb]);
    let mut n_killed = 0;
    for share in [3, 5, 7] {
        let mut child = killed.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole * share / 10);
        // SIGKILL: nothing of the program runs after it.
        n_killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(n_killed > 0, "the ingestion ended before it could be killed: make the file larger");
    let mut again = killed.ok(&words);
    // How often it was begun is no part of the result.
    for one in [&mut again[0], &mut summary[0]] {
        one.as_object_mut().unwrap().remove("again");
    }
    assert_eq!(again, summary);
    assert!(killed.state() == clean.state(), "the documents differ");
}

#[test]
fn a_killed_ingestion_into_sqlite_is_completed_by_the_next() {
    check(&Place::new(None), &Place::new(None), 60_000);
}

#[test]
fn a_killed_ingestion_into_mongodb_is_completed_by_the_next() {
    let (Some(clean), Some(killed)) = (mongodb_uri(), mongodb_uri()) else { return };
    check(&Place::new(Some(clean)), &Place::new(Some(killed)), 60_000);
}

#[test]
fn an_unreachable_store_is_waited_for_and_then_named() {
    let place = Place::new(Some("mongodb://user:s3cret@127.0.0.1:1/x".to_owned()));
    let output = place.command(&["query", ""]).env("LOGHELPER_STORE__RETRY_SECONDS", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("127.0.0.1:1") && said.contains("unavailable"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}
