//! A client that posts one body after the other over one connection.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use anyhow::{Context, ensure};

/// An open connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    head: String,
}

/// The first lines of a post of this branch.
pub fn head(branch: &str, key: &str) -> String {
    format!("POST /api/v1/branches/{branch}/logs HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n")
}

impl Client {
    /// Connects.
    pub fn connect(address: &str, head: String) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), head })
    }

    /// Posts a body, which must be taken; the answer.
    pub fn post(&mut self, body: &[u8]) -> anyhow::Result<serde_json::Value> {
        let head = format!("{}Content-Length: {}\r\n\r\n", self.head, body.len());
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let (mut line, mut status, mut length) = (String::new(), String::new(), 0);
        while line != "\r\n" {
            line.clear();
            ensure!(self.stream.read_line(&mut line)? > 0, "the connection ended");
            if status.is_empty() {
                status = line.clone();
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("the length of the answer")?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        ensure!(status.contains(" 200 "), "{status}{}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer)?)
    }
}
