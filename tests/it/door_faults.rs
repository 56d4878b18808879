//! Faults at every door: servers and databases that die, clients that break off, send twice and in the wrong order. In each case every
//! record that was acknowledged is there, exactly once, and half an exchange finds its other half.
//!
//! `LOGHELPER_TEST_KILLS` and `LOGHELPER_TEST_MB` make the test of killed servers as large as one likes.

use std::{
    collections::HashMap,
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use loghelper::store::{SharedStore, mongo::MongoStore, sqlite::SqliteStore};

use crate::{
    doors::{self, ALL, Door, send, send_cut, send_until_taken},
    mongod::Mongod,
    poster::{Serving, key, records},
    support::{Place, mongodb_uri},
};

/// Clients that post at a time.
const CLIENTS: usize = 6;
/// Exchanges of one request.
const EXCHANGES: u64 = 5;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The records of these exchanges, each a text.
fn texts(numbers: std::ops::Range<u64>, request: bool, response: bool) -> Vec<String> {
    let text = |n, request, response| String::from_utf8(records(n..n + 1, request, response)).unwrap();
    let each = |n| [request.then(|| text(n, true, false)), response.then(|| text(n, false, true))];
    numbers.flat_map(each).flatten().collect()
}

/// Requests of all doors in turn, which bring both halves of `n` exchanges, in both orders, apart, together and twice; and an event each
/// where the door takes events. Each exchange comes by one door: what reads alike at two of them is two to the store.
struct Requests {
    pairs: Vec<[Vec<u8>; 2]>,
    n_exchanges: u64,
    n_events: usize,
}

impl Requests {
    fn new(n: u64, key: &str) -> Self {
        let (mut pairs, mut n_events) = (Vec::new(), 0);
        for (index, door) in (0..n.div_ceil(EXCHANGES)).zip(ALL.iter().copied().cycle()) {
            let numbers = index * EXCHANGES..(index * EXCHANGES + EXCHANGES).min(n);
            let (mut one, other) = match index / 6 % 3 {
                0 => (texts(numbers.clone(), true, false), texts(numbers, false, true)),
                1 => (texts(numbers.clone(), false, true), texts(numbers, true, false)),
                _ => (texts(numbers.clone(), true, true), texts(numbers, true, true).into_iter().rev().collect()),
            };
            if !matches!(door, Door::Own | Door::OwnLines) {
                one.push(format!("event {index} happened"));
                n_events += 1;
            }
            pairs.push([door.request("K1", key, &one), door.request("K1", key, &other)]);
        }
        Self { pairs, n_exchanges: n, n_events }
    }

    /// Sends all by several clients, of which some break off, repeat themselves or come from two sides at once.
    fn send(&self, address: &(dyn Fn(usize) -> String + Sync)) {
        let next = AtomicUsize::new(0);
        scope(|threads| {
            for _ in 0..CLIENTS {
                threads.spawn(|| {
                    while let Some((index, [one, other])) =
                        Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, self.pairs.get(i)?)))
                    {
                        if index % 4 == 0 {
                            send_cut(&address(index), one, one.len() * 2 / 3);
                        }
                        scope(|both| {
                            let at_once = (index % 3 == 0).then(|| both.spawn(|| send_until_taken(&address(index + 1), other)));
                            send_until_taken(&address(index), one);
                            if at_once.is_none() {
                                send_until_taken(&address(index + 1), other);
                            }
                        });
                        if index % 5 == 0 {
                            send_until_taken(&address(index), one);
                        }
                    }
                });
            }
        });
    }

    /// Asserts that the ledger counts what that of a run counts in which each request came once, one after the other.
    fn check_ledger(&self, place: &Place) {
        let clean = Place::new(None);
        let key = key(&clean, "K1");
        let server = Serving::start(&clean);
        let requests = Self::new(self.n_exchanges, &key);
        requests.pairs.iter().flatten().for_each(|request| send_until_taken(&server.address, request));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let counts = |place: &Place| runtime.block_on(place.ledger("K1"));
        let expected = counts(&clean);
        let begun = Instant::now();
        // What a server that died did not count is counted by the next after a moment.
        let found = loop {
            let found = counts(place);
            if found == expected || begun.elapsed() > Duration::from_secs(60) {
                break found;
            }
            sleep(Duration::from_millis(200));
        };
        // Of exchanges each both halves; of events the one thing that they are.
        assert_eq!(expected[1], self.n_exchanges as i64 + self.n_events as i64);
        assert_eq!(found, expected);
    }

    /// Asserts that all is there, each exchange once and whole, each event once, and nothing else; beside `more` other Logs.
    fn check(&self, place: &Place, more: usize) {
        let (mut exchanges, mut events): (HashMap<String, u32>, HashMap<String, u32>) = Default::default();
        let mut others = 0;
        for log in place.ok(&["query", ""]) {
            let text = log.to_string();
            if let Some(id) = log["message_id"].as_str() {
                assert_eq!(log["state"], "complete", "{log}");
                *exchanges.entry(id.to_owned()).or_default() += 1;
            } else if let Some(at) = text.find("event ").filter(|at| text[*at..].contains("happened")) {
                let number: String = text[at + 6..].chars().take_while(char::is_ascii_digit).collect();
                *events.entry(number).or_default() += 1;
            } else {
                others += 1;
            }
        }
        let twice =
            |seen: &HashMap<String, u32>| seen.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone()).collect::<Vec<_>>();
        assert_eq!((twice(&exchanges), twice(&events)), (vec![], vec![]));
        assert_eq!((exchanges.len() as u64, events.len(), others), (self.n_exchanges, self.n_events, more));
    }
}

fn killed_again_and_again(place: &Place) {
    let (kills, megabytes) = (setting("LOGHELPER_TEST_KILLS", 3), setting("LOGHELPER_TEST_MB", 1));
    std::fs::write(place.folder.path().join("loghelper.toml"), "[ingest]\nleft_behind_seconds = 1\n").unwrap();
    let key = key(place, "K1");
    let requests = Requests::new(megabytes * 1_000_000 / 400, &key);
    let mut server = Serving::start(place);
    let address = server.address.clone();
    let asked = AtomicUsize::new(0);
    let to_ask = requests.pairs.len() * 2;
    scope(|threads| {
        let clients = threads.spawn(|| {
            requests.send(&|_| {
                asked.fetch_add(1, Ordering::Relaxed);
                address.clone()
            });
        });
        for kill in 1..=kills as usize {
            while asked.load(Ordering::Relaxed) < to_ask * kill / (kills as usize + 1) && !clients.is_finished() {
                sleep(Duration::from_millis(1));
            }
            assert!(!clients.is_finished(), "all was sent before the server could be killed");
            server.kill();
            server = Serving::at(place, address.clone());
        }
    });
    requests.check(place, 0);
    requests.check_ledger(place);
}

#[test]
fn killed_servers_lose_nothing_of_any_door_in_sqlite() {
    killed_again_and_again(&Place::new(None));
}

#[test]
fn killed_servers_lose_nothing_of_any_door_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    killed_again_and_again(&Place::new(Some(uri)));
}

#[test]
fn halves_that_come_to_two_servers_by_every_door_meet() {
    let Some(uri) = mongodb_uri() else { return };
    let (one, other) = (Place::new(Some(uri.clone())), Place::new(Some(uri)));
    let key = key(&one, "K1");
    let servers = [Serving::start(&one), Serving::start(&other)];
    let requests = Requests::new(900, &key);
    requests.send(&|index| servers[index % 2].address.clone());
    requests.check(&one, 0);
    requests.check_ledger(&one);
}

/// A request whose body comes in chunks, up to the middle of the last one.
fn cut_in_a_chunk(request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let head: String = head.lines().filter(|line| !line.starts_with("Content-Length")).map(|line| format!("{line}\r\n")).collect();
    let (first, second) = body.as_bytes().split_at(body.len() * 2 / 3);
    let begin = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", first.len());
    [begin.as_bytes(), first, format!("\r\n{:x}\r\n", second.len()).as_bytes(), &second[..second.len() / 2]].concat()
}

fn cut_off(place: &Place) {
    let key = key(place, "K1");
    let server = Serving::start(place);
    let requests = Requests::new(30, &key);
    for request in requests.pairs.iter().flatten() {
        let cut = cut_in_a_chunk(request);
        send_cut(&server.address, &cut, cut.len());
    }
    // As many as may be under way at a time are let in again, so that none of those that broke off holds a place.
    requests.send(&|_| server.address.clone());
    requests.check(place, 0);
    requests.check_ledger(place);
}

#[test]
fn a_client_that_stops_in_the_middle_of_a_chunk_leaves_nothing_at_any_door_in_sqlite() {
    cut_off(&Place::new(None));
}

#[test]
fn a_client_that_stops_in_the_middle_of_a_chunk_leaves_nothing_at_any_door_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    cut_off(&Place::new(Some(uri)));
}

/// Ports for the doors without HTTP, and the configuration that opens them.
fn listeners(place: &Place) -> [String; 2] {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().to_string();
    let addresses = [free(), free()];
    let listener =
        |address: &str, protocol: &str| format!("[[listeners]]\naddress = \"{address}\"\nprotocol = \"{protocol}\"\nbranch = \"K1\"\n");
    let config = listener(&addresses[0], "syslog_tcp") + &listener(&addresses[1], "gelf_tcp");
    std::fs::write(place.folder.path().join("loghelper.toml"), config).unwrap();
    addresses
}

/// Messages of both framings of syslog and of GELF, the last of each cut by a connection that ends; how many.
fn send_messages([syslog, gelf]: &[String; 2]) -> usize {
    let message = |n: usize| format!("<14>1 2024-06-14T12:16:01Z k01 gate - - - message {n} arrived");
    let mut lines = TcpStream::connect(syslog).unwrap();
    let mut counted = TcpStream::connect(syslog).unwrap();
    let mut objects = TcpStream::connect(gelf).unwrap();
    for n in 0..300 {
        writeln!(lines, "{}", message(n)).unwrap();
        write!(counted, "{} {}", message(1000 + n).len(), message(1000 + n)).unwrap();
        write!(objects, "{{\"version\":\"1.1\",\"host\":\"k01\",\"short_message\":\"message {} arrived\"}}\0", 2000 + n).unwrap();
    }
    lines.write_all(b"<14>1 2024-06-14T12:16:01Z k01 gate - - - message 300 is c").unwrap();
    counted.write_all(b"90 <14>1 2024-06-14T12:16:01Z k01 gate - - - message 1300 is c").unwrap();
    3 * 300 + 2
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_sends_all_away_and_loses_nothing_of_any_door() {
    let Some(mut database) = Mongod::start().await else { return };
    let place = Place::new(Some(database.uri("doors")));
    let addresses = listeners(&place);
    let (place, database) = tokio::task::spawn_blocking(move || {
        let key = key(&place, "K1");
        let requests = Requests::new(180, &key);
        let server = Serving::start(&place);
        for pair in requests.pairs.iter().take(12) {
            send_until_taken(&server.address, &pair[0]);
        }
        database.kill();
        scope(|threads| {
            for pair in requests.pairs.iter().skip(6).take(12) {
                threads.spawn(|| {
                    let answer = send(&server.address, &pair[0]).expect("an answer");
                    let seconds =
                        answer.head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("retry-after: ")?.parse::<u32>().ok());
                    assert!(answer.status == 503 && seconds.is_some_and(|seconds| seconds > 0), "{answer:?}");
                });
            }
        });
        let n_messages = send_messages(&addresses);
        database.restart();
        requests.send(&|_| server.address.clone());
        let begun = Instant::now();
        let is_message = |log: &serde_json::Value| log["message_id"].is_null() && log.to_string().contains("message ");
        // What nothing is answered to is written a moment later.
        while place.ok(&["query", ""]).iter().filter(|log| is_message(log)).count() < n_messages {
            assert!(begun.elapsed() < Duration::from_secs(60), "messages are missing");
            sleep(Duration::from_millis(200));
        }
        requests.check(&place, n_messages);
        (place, database)
    })
    .await
    .unwrap();
    drop((place, database));
}

#[test]
fn every_door_says_in_its_own_words_that_it_took_something() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    for (door, status) in ALL.into_iter().zip([200, 200, 204, 200, 200, 202]) {
        let answer = doors::send(&server.address, &door.request("K1", &key, &texts(0..1, true, true))).expect("an answer");
        assert_eq!(answer.status, status, "{door:?} {answer:?}");
    }
}

async fn taught(place: &Place) -> Vec<String> {
    let store: SharedStore = match &place.store {
        Some(uri) => Arc::new(MongoStore::connect(uri, Duration::from_secs(10)).await.unwrap()),
        None => Arc::new(SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(10)).unwrap()),
    };
    store.list_log_queries().await.unwrap().into_iter().map(|property| property.path).collect()
}

/// Halves apart, as what a response brings is known by its own post.
fn teach_and_kill(place: &Place) {
    let key = key(place, "K1");
    for (request, path) in [(true, "request.params.account"), (false, "response.error")] {
        let mut server = Serving::start(place);
        send_until_taken(&server.address, &Door::Own.request("K1", &key, &texts(0..1, request, !request)));
        server.kill();
        let paths = tokio::runtime::Runtime::new().unwrap().block_on(taught(place));
        assert!(paths.iter().any(|known| known == path), "{path}: {paths:?}");
    }
}

#[test]
fn what_a_post_taught_of_properties_survives_a_server_that_is_killed_at_once_in_sqlite() {
    teach_and_kill(&Place::new(None));
}

#[test]
fn what_a_post_taught_of_properties_survives_a_server_that_is_killed_at_once_in_mongodb() {
    let Some(uri) = mongodb_uri() else { return };
    teach_and_kill(&Place::new(Some(uri)));
}
