//! Branches post while servers and databases die: every record that was acknowledged is there exactly once.
//!
//! `LOGHELPER_TEST_KILLS` and `LOGHELPER_TEST_MB` make the test of killed servers as large as one likes.

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use crate::{
    mongod::Mongod,
    poster::{Serving, key, post, post_until_taken, records},
    replica_set::ReplicaSet,
    support::{Place, mongodb_uri},
};

/// Clients that post at a time.
const CLIENTS: usize = 4;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Bodies that together hold both halves of `n` exchanges each twice over: small and large, in both orders, halves apart and together.
fn bodies(n: u64) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut from = 0;
    for (index, size) in [1, 3, 20, 700, 5].into_iter().cycle().enumerate() {
        let to = (from + size).min(n);
        match index % 3 {
            0 => bodies.extend([records(from..to, true, false), records(from..to, false, true)]),
            1 => bodies.extend([records(from..to, false, true), records(from..to, true, false)]),
            _ => bodies.extend([records(from..to, true, true), records((from..to).rev(), true, true)]),
        }
        from = to;
        if from == n {
            return bodies;
        }
    }
    bodies
}

/// Posts all bodies by several clients, each until it is taken; `address` may change from client to client.
fn post_all(bodies: &[Vec<u8>], address: &(dyn Fn(usize) -> String + Sync), key: &str) {
    let next = AtomicUsize::new(0);
    scope(|threads| {
        for _ in 0..CLIENTS {
            threads.spawn(|| {
                while let Some((index, body)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, bodies.get(i)?))) {
                    post_until_taken(&address(index), "K1", key, body);
                }
            });
        }
    });
}

/// Asserts that the exchanges 0 to `n` are there, each once and whole, and that groups and ledger count them.
fn check(place: &Place, n: u64) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for log in place.ok(&["query", ""]) {
        assert_eq!(log["state"], "complete", "{log}");
        *seen.entry(log["message_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len() as u64, n);
    assert!(seen.values().all(|times| *times == 1));
    let errors = || -> i64 {
        let groups = place.ok(&["errors", "list", "--state", "all", "--limit", "1000"]);
        groups.iter().map(|group| group["count"].as_i64().unwrap()).sum()
    };
    let begun = Instant::now();
    // Counts follow the answers after a moment.
    while errors() as u64 != n.div_ceil(10) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} errors are counted of {}", errors(), n.div_ceil(10));
        sleep(Duration::from_millis(200));
    }
}

/// A server that died is taken for dead soon, and what it did not count is counted by the next.
fn left_behind_soon(place: &Place) {
    std::fs::write(place.folder.path().join("loghelper.toml"), "[ingest]\nleft_behind_seconds = 1\n").unwrap();
}

/// Asserts that the ledger counts what that of a run counts in which each body came once: at once, or a moment later where somebody died.
async fn check_ledger(place: &Place, clean: &Place, bodies: &[Vec<u8>]) {
    tokio::task::block_in_place(|| {
        let key = key(clean, "K1");
        let server = Serving::start(clean);
        bodies.iter().for_each(|body| drop(post_until_taken(&server.address, "K1", &key, body)));
    });
    let expected = clean.ledger("K1").await;
    assert!(expected[0] > 0, "{expected:?}");
    let begun = Instant::now();
    loop {
        let found = place.ledger("K1").await;
        if found == expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{found:?} {expected:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn check_ledger_of(place: &Place, clean: &Place, bodies: &[Vec<u8>]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { check_ledger(place, clean, bodies).await });
}

fn killed_again_and_again(place: &Place, clean: &Place) {
    let (kills, megabytes) = (setting("LOGHELPER_TEST_KILLS", 3), setting("LOGHELPER_TEST_MB", 2));
    let n = megabytes * 1_000_000 / 400;
    let bodies = bodies(n);
    left_behind_soon(place);
    let key = key(place, "K1");
    let mut server = Serving::start(place);
    let address = server.address.clone();
    let taken = AtomicUsize::new(0);
    scope(|threads| {
        let clients = threads.spawn(|| {
            post_all(
                &bodies,
                &|_| {
                    taken.fetch_add(1, Ordering::Relaxed);
                    address.clone()
                },
                &key,
            );
        });
        for kill in 1..=kills {
            // After a share of all posts, in the middle of others.
            while taken.load(Ordering::Relaxed) < bodies.len() * kill as usize / (kills as usize + 1) && !clients.is_finished() {
                sleep(Duration::from_millis(1));
            }
            assert!(!clients.is_finished(), "all was posted before the server could be killed");
            server.kill();
            server = Serving::at(place, address.clone());
        }
    });
    // What was answered by a server that was killed is counted by the next that meets the same groups.
    post_until_taken(&address, "K1", &key, &records((0..n).step_by(10), true, true));
    check(place, n);
    check_ledger_of(place, clean, &bodies);
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_in_sqlite() {
    killed_again_and_again(&Place::new(None), &Place::new(None));
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_in_mongodb() {
    let (Some(uri), Some(clean)) = (mongodb_uri(), mongodb_uri()) else { return };
    killed_again_and_again(&Place::new(Some(uri)), &Place::new(Some(clean)));
}

#[test]
fn two_servers_on_one_database_bring_the_halves_together() {
    let Some(uri) = mongodb_uri() else { return };
    let (one, other) = (Place::new(Some(uri.clone())), Place::new(Some(uri)));
    let key = key(&one, "K1");
    let servers = [Serving::start(&one), Serving::start(&other)];
    let n = 2000;
    // At the same time: the requests to one, the responses to the other; and both to both.
    let bodies: Vec<Vec<u8>> = (0..n / 20)
        .flat_map(|part| {
            let numbers = part * 20..part * 20 + 20;
            [records(numbers.clone(), true, false), records(numbers, false, true)]
        })
        .collect();
    post_all(&bodies, &|index| servers[index % 2].address.clone(), &key);
    post_all(&bodies, &|index| servers[(index + 1) % 2].address.clone(), &key);
    check(&one, n);
    check_ledger_of(&one, &Place::new(None), &bodies);
}

/// Posts the bodies to a server while something happens to what stands behind it; what happens is given a way to wait until so many bodies
/// were sent, and must have begun before all were.
fn while_posting(server: &Serving, key: &str, bodies: &[Vec<u8>], happen: impl FnOnce(&dyn Fn(usize))) {
    let taken = AtomicUsize::new(0);
    let address = |_: usize| {
        taken.fetch_add(1, Ordering::Relaxed);
        server.address.clone()
    };
    scope(|threads| {
        let clients = threads.spawn(|| post_all(bodies, &address, key));
        happen(&|n| {
            while taken.load(Ordering::Relaxed) < n && !clients.is_finished() {
                sleep(Duration::from_millis(1));
            }
            assert!(!clients.is_finished(), "all was posted before it happened");
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_dies_is_followed_by_another_and_nothing_is_lost() {
    let Some(mut set) = ReplicaSet::start().await else { return };
    let (place, clean) = (Place::new(Some(set.uri("posts"))), Place::new(None));
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let n = 3000;
    let bodies = bodies(n);
    while_posting(&server, &key, &bodies, |reach| {
        reach(bodies.len() / 3);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(set.kill_primary()));
    });
    check(&place, n);
    check_ledger(&place, &clean, &bodies).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_while_branches_post_is_waited_for_and_nothing_is_lost() {
    let Some(mut database) = Mongod::start().await else { return };
    let (place, clean) = (Place::new(Some(database.uri("posts"))), Place::new(None));
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let n = 3000;
    let bodies = bodies(n);
    while_posting(&server, &key, &bodies, |reach| {
        for share in 1..=2 {
            reach(bodies.len() * share / 3);
            database.kill();
            sleep(Duration::from_secs(1));
            database.restart();
        }
    });
    check(&place, n);
    check_ledger(&place, &clean, &bodies).await;
}

/// A server whose data folder is a disk of its own: full soon, and larger when the file `more` is made.
fn serve_on_a_small_disk(place: &Place, megabytes: u32, out: &std::path::Path, address: &str) -> Option<Child> {
    let script = r#"
        mount -t tmpfs -o size="$SIZE" tmpfs "$DATA" || exit 99
        $PROGRAM branch key add K1 >"$OUT/key" 2>/dev/null || exit 98
        (while [ ! -e "$OUT/more" ]; do sleep 0.1; done; mount -o remount,size=300m "$DATA"; touch "$OUT/larger") &
        $PROGRAM serve --listen "$ADDRESS" &
        server=$!
        while [ ! -e "$OUT/end" ]; do sleep 0.1; done
        $PROGRAM query "" >"$OUT/logs"
        kill $server
        wait $server
        cp "$DATA"/loghelper.db* "$OUT/" || true
        touch "$OUT/done"
    "#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("DATA", place.folder.path()).env("LOGHELPER_DATA_DIR", place.folder.path());
    match &place.store {
        Some(store) => command.env("LOGHELPER_STORE", store),
        None => command.env_remove("LOGHELPER_STORE"),
    };
    command.env("SIZE", format!("{megabytes}m"));
    command.env("PROGRAM", env!("CARGO_BIN_EXE_loghelper")).env("OUT", out).env("ADDRESS", address);
    let mut child = command.spawn().ok()?;
    let begun = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        if child.try_wait().ok()?.is_some() || begun.elapsed() > Duration::from_secs(20) {
            _ = child.kill();
            _ = child.wait();
            return None;
        }
        sleep(Duration::from_millis(50));
    }
    Some(child)
}

/// Posts of which one in ten is large, so that it goes by the spool folder, to a server whose disk is full soon.
fn full_disk(place: &Place, megabytes: u32) {
    let out = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let Some(mut server) = serve_on_a_small_disk(place, megabytes, out.path(), &address) else {
        return eprintln!("skipped: this machine lets no process have a disk of its own");
    };
    let key: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(out.path().join("key")).unwrap()).unwrap();
    let key = key["key"].as_str().unwrap();
    let n = 20_000;
    let mut bodies = Vec::new();
    let mut from = 0;
    while from < n {
        let to = (from + if bodies.len() % 10 == 5 { 4000 } else { 100 }).min(n);
        bodies.push(records(from..to, true, true));
        from = to;
    }
    let (mut refused, mut n_taken) = (Vec::new(), 0);
    for body in &bodies {
        match post(&address, "K1", key, body) {
            Some((200, _)) => n_taken += 1,
            Some((503, _)) | None => refused.push(body),
            Some((status, answer)) => panic!("{status}: {answer}"),
        }
    }
    assert!(n_taken > 0 && !refused.is_empty(), "{n_taken} were taken, {} not", refused.len());
    std::fs::write(out.path().join("more"), "").unwrap();
    for body in refused {
        post_until_taken(&address, "K1", key, body);
    }
    std::fs::write(out.path().join("end"), "").unwrap();
    server.wait().unwrap();
    let logs = std::fs::read_to_string(out.path().join("logs")).unwrap();
    let ids: std::collections::BTreeSet<&str> =
        logs.lines().filter_map(|line| line.split("\"message_id\":\"").nth(1)?.split('"').next()).collect();
    assert_eq!((logs.lines().count() as u64, ids.len() as u64), (n, n));
    assert_eq!(logs.lines().filter(|log| log.contains("\"state\":\"complete\"")).count() as u64, n);
    // The disk is gone with the server; the store is where it was copied to.
    check_ledger_of(&Place { folder: out, store: place.store.clone() }, &Place::new(None), &bodies);
}

#[test]
fn a_full_disk_of_store_and_spool_refuses_posts_for_now_and_loses_none_that_it_took() {
    full_disk(&Place::new(None), 6);
}

#[test]
fn a_full_spool_beside_mongodb_refuses_large_posts_for_now_and_loses_none_that_it_took() {
    let Some(uri) = mongodb_uri() else { return };
    full_disk(&Place::new(Some(uri)), 1);
}
