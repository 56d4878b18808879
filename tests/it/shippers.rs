//! Real log shippers send to a real server, and what they sent is counted; where one is not installed its test says that it is skipped.
//!
//! `LOGHELPER_TEST_PYTHON` names a Python that has the libraries of `tests/shippers/requirements.txt`, `LOGHELPER_TEST_NODE` a Node with
//! those of `tests/shippers/package.json`.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    poster::{Serving, key},
    support::Place,
};

/// A server with one branch, and what arrived of it.
pub struct Office {
    place: Place,
    server: Serving,
    pub key: String,
}

impl Office {
    fn new() -> Self {
        Self::with("")
    }

    /// With this configuration.
    pub fn with(config: &str) -> Self {
        let place = Place::new(None);
        std::fs::write(place.folder.path().join("loghelper.toml"), config).unwrap();
        let key = key(&place, "K01");
        let server = Serving::start(&place);
        Self { place, server, key }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    fn logs(&self, filter: &str) -> Vec<Value> {
        self.place.ok(&["query", filter])
    }

    /// The Logs, once there are so many of them.
    pub fn until(&self, n: usize) -> Vec<Value> {
        self.wait(n, "")
    }

    /// The Logs, once there are so many with both halves.
    pub fn until_whole(&self, n: usize) -> Vec<Value> {
        self.wait(n, "state = complete");
        self.logs("")
    }

    /// The Logs, once there are so many with those that were lost at a listener; and how many were.
    pub fn until_with_lost(&self, n: usize, listener: &str) -> (Vec<Value>, usize) {
        let begun = Instant::now();
        loop {
            let (logs, lost) = (self.logs(""), self.lost(listener));
            if logs.len() + lost >= n {
                return (logs, lost);
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {n} arrived, {lost} were lost", logs.len());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Messages that were lost at a listener, as it counts them.
    fn lost(&self, listener: &str) -> usize {
        let mut stream = TcpStream::connect(&self.server.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let begin = format!("loghelper_listener_lost_total{{listener=\"{listener} ");
        text.lines().find(|line| line.starts_with(&begin)).and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap()
    }

    fn wait(&self, n: usize, filter: &str) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let logs = self.logs(filter);
            if logs.len() >= n {
                return logs;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {n} arrived", logs.len());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Runs a script of `tests/shippers` with the libraries of real clients; `false` where there are none.
pub fn python(script: &str, words: &[&str]) -> bool {
    run("LOGHELPER_TEST_PYTHON", script, words)
}

fn run(interpreter: &str, script: &str, words: &[&str]) -> bool {
    let Ok(program) = std::env::var(interpreter) else {
        eprintln!("skipped: {interpreter} names no program with the clients' libraries");
        return false;
    };
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shippers")).join(script);
    let output = Command::new(program).arg(script).args(words).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    true
}

/// How many of these Logs have an error of which the message contains this.
pub fn n_errors(logs: &[Value], part: &str) -> usize {
    logs.iter().filter(|log| log["error"]["message"].as_str().is_some_and(|message| message.contains(part))).count()
}

#[test]
fn python_logging_loki_delivers_events_records_and_exchanges() {
    let office = Office::new();
    if !python("loki.py", &[&office.url(), "K01", &office.key]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "is closed: Київ"), n_errors(&logs, "vault is closed")), (27, 5, 1));
    let event = logs.iter().find(|log| log["request"]["message"] == "session 7 is open").unwrap();
    assert_eq!((&event["server"], &event["request"]["labels"]["logger"]), (&"gate".into(), &"bars.gate".into()));
    assert!(logs.iter().any(|log| log["message_id"] == "L-1" && log["state"] == "complete"));
    assert!(logs.iter().any(|log| log["message_id"] == "L-2" && log["request"]["method"] == "A"));
}

#[test]
fn the_client_of_elasticsearch_delivers_documents_once_however_often_it_sends_them() {
    let office = Office::new();
    if !python("elastic.py", &[&office.url(), "K01", &office.key]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "is closed")), (2001, 200));
    assert!(logs.iter().any(|log| log["request"]["elastic"]["index"] == "logs-bars"));
}

#[test]
fn the_exporter_of_opentelemetry_delivers_records_with_every_compression() {
    let office = Office::new();
    if !python("otlp.py", &[&office.url(), "K01", &office.key]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "register is closed: Київ")), (3003, 3));
    let of = |service: &str| logs.iter().filter(|log| log["server"] == service).count();
    assert_eq!([of("gate-none"), of("gate-gzip"), of("gate-deflate")], [1001; 3]);
    assert!(logs.iter().any(|log| log["request"]["attributes"]["office"] == 999));
}

#[test]
fn an_exporter_of_opentelemetry_that_its_variables_configure_delivers_records() {
    let office = Office::new();
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/shippers/opentelemetry.env")).unwrap();
    let variables = sample.replace("http://loghelper.bank.example:8080", &office.url()).replace("lhk_KEY", &office.key);
    let file = office.place.folder.path().join("opentelemetry.env");
    std::fs::write(&file, variables).unwrap();
    if !python("otlp_env.py", &[file.to_str().unwrap()]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "register is closed: Київ")), (101, 1));
    assert!(logs.iter().all(|log| log["server"] == "gate"));
}

#[test]
fn winston_loki_delivers_events_and_records_in_snappy() {
    let office = Office::new();
    if !run("LOGHELPER_TEST_NODE", "loki.cjs", &[&office.url(), "K01", &office.key]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "is closed: Київ"), n_errors(&logs, "vault is closed")), (206, 5, 1));
    assert!(logs.iter().any(|log| log["message_id"] == "L-1" && log["state"] == "complete"));
    let event = logs.iter().find(|log| log["request"]["message"] == "session 7 is open").unwrap();
    assert_eq!((&event["server"], &event["request"]["labels"]["level"]), (&"gate".into(), &"info".into()));
}

#[test]
fn the_exporter_of_opentelemetry_for_node_delivers_records_in_json() {
    let office = Office::new();
    if !run("LOGHELPER_TEST_NODE", "otlp.cjs", &[&office.url(), "K01", &office.key]) {
        return;
    }
    let logs = office.logs("");
    assert_eq!((logs.len(), n_errors(&logs, "register is closed: Київ")), (2002, 2));
    let of = |service: &str| logs.iter().filter(|log| log["server"] == service).count();
    assert_eq!([of("gate-none"), of("gate-gzip")], [1001; 2]);
    assert!(logs.iter().any(|log| log["request"]["attributes"]["office"] == 999));
}
