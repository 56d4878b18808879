//! A browser of few words: it says exactly the bytes that a test wants said.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// The value of a header, blank where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let named = |line: &&str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }
}

/// A request of these bytes; its length is stated.
pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// Fields as a form sends them.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

/// A form with a file, as a browser sends it: the boundary is `b`.
pub(super) fn multipart(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let mut text: String = fields.iter().map(part).collect();
    text.push_str("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"day.log\"\r\n\r\n");
    [text.as_bytes(), file, b"\r\n--b--\r\n"].concat()
}

/// A connection that gives up rather than waiting for ever.
pub(super) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends a request and reads the answer. A server that has heard enough may close before all is sent.
pub(super) fn exchange(address: &str, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    let _ = stream.write_all(request);
    read(&mut stream)
}

/// Reads one answer to its end, which its head states.
pub(super) fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut block = [0; 8192];
    // A connection that is reset ends the answer just as one that is closed.
    while let Ok(n @ 1..) = stream.read(&mut block) {
        bytes.extend_from_slice(&block[..n]);
        if let Some(answer) = parse(&bytes) {
            return answer;
        }
    }
    panic!("no whole answer, but `{}`", String::from_utf8_lossy(&bytes))
}

/// The answer, if all of it is there.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    let by_length = answer.header("Content-Length").parse::<usize>().is_ok_and(|length| answer.body.len() >= length);
    let by_chunk = answer.header("Transfer-Encoding") == "chunked" && answer.body.ends_with("0\r\n\r\n");
    let whole = status == 204 || by_length || by_chunk;
    whole.then_some(answer)
}
