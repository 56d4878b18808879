//! A server of a test's own, and a client that posts until it is answered.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::support::Place;

/// How long a client goes on trying.
const PATIENCE: Duration = Duration::from_secs(120);

/// A serving process, killed when it is dropped.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    /// Starts a server of this place at a free address and waits until it answers.
    pub fn start(place: &Place) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
        Self::at(place, format!("127.0.0.1:{port}"))
    }

    /// Starts a server of this place at this address and waits until it answers.
    pub fn at(place: &Place, address: String) -> Self {
        let mut child = place.command(&["serve", "--listen", &address]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        while !said.contains("serves at") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "the server ended: {said}");
        }
        // What it says later is nothing to a test, and must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, address }
    }

    /// The most memory that it had up to now, in MiB.
    pub fn peak_mib(&self) -> u64 {
        let said = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = said.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") >> 10
    }

    /// SIGKILL: nothing of the program runs after it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A server with a branch that posts.
pub struct Office<'p> {
    pub place: &'p Place,
    pub server: Serving,
    pub key: String,
}

impl<'p> Office<'p> {
    pub fn new(place: &'p Place) -> Self {
        let key = key(place, "K1");
        Self { place, server: Serving::start(place), key }
    }
}

/// A new key of this branch.
pub fn key(place: &Place, branch: &str) -> String {
    place.ok(&["branch", "key", "add", branch])[0]["key"].as_str().unwrap().to_owned()
}

/// Posts once; status and body, or `None` where no whole answer came.
pub fn post(address: &str, branch: &str, key: &str, body: &[u8]) -> Option<(u16, serde_json::Value)> {
    let (status, said) = send(address, &format!("/api/v1/branches/{branch}/logs"), key, &[], body)?;
    Some((status, serde_json::from_str(&said).ok()?))
}

/// Posts once to this path with these headers; status and body, or `None` where no whole answer came.
pub fn send(address: &str, path: &str, key: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).ok()?;
    let text = String::from_utf8(said).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Posts until the server says that it is stored; what it said.
pub fn post_until_taken(address: &str, branch: &str, key: &str, body: &[u8]) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        match post(address, branch, key, body) {
            Some((200, answer)) => return answer,
            Some((429 | 503, _)) | None => {}
            Some((status, answer)) => panic!("{status}: {answer}"),
        }
        assert!(begun.elapsed() < PATIENCE, "nothing is taken");
        sleep(Duration::from_millis(50));
    }
}

/// Requests, responses or both of the exchanges with these numbers; every tenth fails, in one of four ways.
pub fn records(numbers: impl Iterator<Item = u64>, request: bool, response: bool) -> Vec<u8> {
    let mut text = String::new();
    for n in numbers {
        let (minute, second) = (n / 60 % 60, n % 60);
        if request {
            text.push_str(&format!(
                "=> BarsScheduler at 5/8/2016 7:{minute:02}:{second:02} AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\nInput = {{\"method\":\"CloseSession\",\"params\":{{\"account\":{n}}},\"message_id\":\"M-{n}\"}}\n"
            ));
        }
        if response {
            let status = match n % 10 {
                0 => format!(
                    "\"status\":\"ERROR\",\"error\":\"{} is not available\"",
                    ["register", "vault", "printer", "line"][(n / 10 % 4) as usize]
                ),
                _ => "\"status\":\"OK\"".to_owned(),
            };
            text.push_str(&format!(
                "<= BarsScheduler at 5/8/2016 7:{minute:02}:{second:02} AM: to 10.7.73.12\nOutput = {{{status},\"message_id\":\"M-{n}\"}}\n"
            ));
        }
    }
    text.into_bytes()
}
