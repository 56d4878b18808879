//! Kill -9 in the middle of an ingestion: another run leaves exactly what one clean run leaves.

use std::{
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use loghelper::store::{LogStore, StateCount, sqlite::SqliteStore};

use crate::support::{Place, SEED, mongodb_uri, recompressed, samples};

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
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let documents = |place: &Place| runtime.block_on(place.documents());
    let (found, expected) = (documents(killed), documents(clean));
    for (collection, documents) in &expected {
        assert!(!documents.is_empty() && found[collection] == *documents, "{collection}: {:?} {documents:?}", found[collection]);
    }
    // What stands in it once stands in it once, by whatever bytes it comes.
    let replay = recompressed(&path);
    let replayed = killed.ok(&["ingest", "--branch", "K1", "--json", replay.to_str().unwrap()]);
    assert_eq!((&replayed[0]["again"], &replayed[0]["new_logs"]), (&false.into(), &0.into()));
    assert!(killed.state() == clean.state(), "a replay changed the documents");
    assert_eq!(documents(killed)["KnownError"], expected["KnownError"]);
}

fn check_twice(once: &Place, twice: &Place) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for place in [once, twice] {
        place.ok(&["kb", "import", SEED]);
    }
    let paths = samples(1200, folder.path());
    let ingest = |place: &Place, path: &Path| place.ok(&["ingest", "--branch", "K1", "--json", path.to_str().unwrap()]).remove(0);
    for path in &paths {
        ingest(once, path);
        let first = ingest(twice, path);
        let renamed = path.with_extension("renamed");
        std::fs::copy(path, &renamed).unwrap();
        for path in [path, &renamed] {
            let mut again = ingest(twice, path);
            assert_eq!(again["again"], true);
            again["again"] = false.into();
            assert_eq!(again, first, "the result is that of the first time");
        }
    }
    let documents = runtime.block_on(once.documents());
    assert!(twice.state() == once.state() && runtime.block_on(twice.documents()) == documents, "the documents differ");
    // Other bytes with the same text: the hash of the file does not tell.
    for path in paths.iter().filter(|path| path.metadata().unwrap().len() > 0) {
        let replayed = ingest(twice, &recompressed(path));
        assert_eq!((&replayed["again"], &replayed["new_logs"]), (&false.into(), &0.into()), "{replayed}");
    }
    assert!(twice.state() == once.state(), "a replay changed the documents");
    assert_eq!(runtime.block_on(twice.documents())["KnownError"], documents["KnownError"]);
}

#[test]
fn the_same_file_twice_leaves_what_one_run_leaves_in_sqlite() {
    check_twice(&Place::new(None), &Place::new(None));
}

#[test]
fn the_same_file_twice_leaves_what_one_run_leaves_in_mongodb() {
    let (Some(once), Some(twice)) = (mongodb_uri(), mongodb_uri()) else { return };
    check_twice(&Place::new(Some(once)), &Place::new(Some(twice)));
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
