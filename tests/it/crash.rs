//! Kill -9 in the middle of an ingestion: another run leaves exactly what one clean run leaves.

use std::{
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use loghelper::store::{LogStore, StateCount, sqlite::SqliteStore};

use crate::support::{Place, SEED, mongodb_uri, samples};

fn check(clean: &Place, killed: &Place, n_exchanges: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = samples(n_exchanges, folder.path()).remove(0);
    let words = ["ingest", "--branch", "K1", "--json", path.to_str().unwrap()];
    clean.ok(&["kb", "import", SEED]);
    let begun = Instant::now();
    let mut summary = clean.ok(&words);
    let whole = begun.elapsed();
    killed.ok(&["kb", "import", SEED]);
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
    let (clean, killed) = (Place::new(None), Place::new(None));
    check(&clean, &killed, 60_000);
    assert_eq!(states(&killed), states(&clean));
}

/// How many Logs are in which state, as the embedded store keeps it.
fn states(place: &Place) -> Vec<StateCount> {
    let store = SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(5)).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(store.count_states()).unwrap()
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
