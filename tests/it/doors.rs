//! The doors by which branches' programs send over HTTP, each with a client of few words that says what the protocol says.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How long a client goes on trying.
const PATIENCE: Duration = Duration::from_secs(120);

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Own,
    OwnLines,
    Loki,
    Bulk,
    Otlp,
    Gelf,
}

pub const ALL: [Door; 6] = [Door::Own, Door::OwnLines, Door::Loki, Door::Bulk, Door::Otlp, Door::Gelf];

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Whether the client lets go of what it sent, because it is said to be stored.
    pub fn is_taken(&self) -> bool {
        // A bulk request says of each document what became of it.
        matches!(self.status, 200 | 202 | 204) && !self.body.contains("\"errors\":true")
    }
}

impl Door {
    /// A request that brings these texts: records of the branch format, or lines.
    pub fn request(self, branch: &str, key: &str, texts: &[String]) -> Vec<u8> {
        let own = format!("/api/v1/branches/{branch}/logs");
        let lines = |values: &mut dyn Iterator<Item = Value>| values.map(|value| format!("{value}\n")).collect::<String>();
        // The same text has the same date, however often it is sent.
        let nanos = |text: &str| 1_700_000_000_000_000_000 + text.bytes().map(i64::from).sum::<i64>() * 1_000_000;
        let (path, kind, body) = match self {
            Self::Own => (own.as_str(), "text/plain", texts.concat()),
            Self::OwnLines => (own.as_str(), "application/x-ndjson", lines(&mut texts.iter().map(|text| exchange(text)))),
            Self::Loki => {
                let values: Vec<Value> = texts.iter().map(|text| json!([nanos(text).to_string(), text])).collect();
                (
                    "/loki/api/v1/push",
                    "application/json",
                    json!({ "streams": [{ "stream": { "job": "bars" }, "values": values }] }).to_string(),
                )
            }
            Self::Bulk => {
                let mut items = texts.iter().flat_map(|text| [json!({ "create": { "_index": "bars" } }), json!({ "message": text })]);
                ("/_bulk", "application/x-ndjson", lines(&mut items))
            }
            Self::Otlp => {
                let record = |text: &String| json!({ "timeUnixNano": nanos(text).to_string(), "body": { "stringValue": text } });
                let records: Vec<Value> = texts.iter().map(record).collect();
                let body = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": records }] }] });
                ("/v1/logs", "application/json", body.to_string())
            }
            Self::Gelf => {
                let message = |text: &String| json!({ "version": "1.1", "host": "gate", "short_message": "record", "full_message": text });
                ("/gelf", "application/json", lines(&mut texts.iter().map(message)))
            }
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head, body].concat().into_bytes()
    }
}

/// A record of the branch format as an object of its half.
fn exchange(record: &str) -> Value {
    let (head, body) = record.split_once('\n').unwrap();
    let half = if head.starts_with("=>") { "request" } else { "response" };
    let body: Value = serde_json::from_str(body.split_once(" = ").unwrap().1.trim()).unwrap();
    json!({ "server": "BarsScheduler", "remote_ip": "10.7.73.12", "message_id": body["message_id"], half: body })
}

/// Sends a request once; `None` where no whole answer came.
pub fn send(address: &str, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    stream.write_all(request).ok()?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).ok()?;
    let text = String::from_utf8(said).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// Sends a part of a request and goes away.
pub fn send_cut(address: &str, request: &[u8], size: usize) {
    if let Ok(mut stream) = TcpStream::connect(address) {
        _ = stream.write_all(&request[..size.min(request.len())]);
        _ = stream.shutdown(Shutdown::Both);
    }
}

/// Sends until it is taken.
pub fn send_until_taken(address: &str, request: &[u8]) {
    let begun = Instant::now();
    loop {
        match send(address, request) {
            Some(answer) if answer.is_taken() => return,
            Some(Answer { status: 429 | 503, .. }) | None => {}
            Some(answer) => panic!("{answer:?}"),
        }
        assert!(begun.elapsed() < PATIENCE, "nothing is taken");
        sleep(Duration::from_millis(50));
    }
}
