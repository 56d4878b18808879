//! Kill -9 in the middle of an ingestion: another run leaves exactly what one clean run leaves.

use std::{
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{loghelper, ndjson, ok, samples};

/// Everything that a run leaves, without the moments of the run itself.
fn state(data: &Path) -> (Vec<Value>, Vec<Value>) {
    let mut logs = ndjson(&ok(data, &["query", ""]));
    logs.sort_by_key(ToString::to_string);
    let groups = ndjson(&ok(data, &["errors", "list", "--state", "all", "--limit", "10000"]));
    (logs, groups)
}

#[test]
fn a_killed_ingestion_is_completed_by_the_next() {
    let kb = concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json");
    let folder = tempfile::tempdir().unwrap();
    let path = samples(60_000, folder.path()).remove(0);
    let words = ["ingest", "--branch", "K1", "--json", path.to_str().unwrap()];
    let clean = tempfile::tempdir().unwrap();
    ok(clean.path(), &["kb", "import", kb]);
    let begun = Instant::now();
    let summary = ndjson(&ok(clean.path(), &words));
    let whole = begun.elapsed();

    let killed = tempfile::tempdir().unwrap();
    ok(killed.path(), &["kb", "import", kb]);
    let mut n_killed = 0;
    for share in [3, 5, 7] {
        let mut child = loghelper(killed.path()).args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole * share / 10);
        // SIGKILL: nothing of the program runs after it.
        n_killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(n_killed > 0, "the ingestion ended before it could be killed: make the file larger");
    sleep(Duration::from_millis(50));
    let mut again = ndjson(&ok(killed.path(), &words));
    let mut summary = summary;
    // How often it was begun is no part of the result.
    for one in [&mut again[0], &mut summary[0]] {
        one.as_object_mut().unwrap().remove("again");
    }
    assert_eq!(again, summary);
    assert_eq!(state(killed.path()), state(clean.path()));
}
