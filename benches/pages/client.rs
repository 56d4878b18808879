//! A browser's part of HTTP: one connection kept open, a cookie, answers compressed.

use std::{io::Read, str::FromStr};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One person's connection.
pub struct Client {
    address: String,
    stream: TcpStream,
    cookie: String,
    read: Vec<u8>,
}

async fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    head: String,
}

impl Client {
    /// Signs a person in.
    pub async fn sign_in(address: &str, name: &str, password: &str) -> anyhow::Result<Self> {
        let stream = connect(address).await?;
        let mut client = Self { address: address.to_owned(), stream, cookie: String::new(), read: Vec::new() };
        let answer = client.ask("POST", "/sign-in", &format!("name={name}&password={password}")).await?;
        let cookie =
            answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).context("no session: is the password right?")?;
        client.cookie = cookie.to_owned();
        Ok(client)
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.ask("GET", path, "").await
    }

    async fn ask(&mut self, method: &str, path: &str, form: &str) -> anyhow::Result<Answer> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\naccept-encoding: gzip\r\ncookie: {}\r\n", self.address, self.cookie);
        if method == "POST" {
            request.push_str(&format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", form.len()));
        }
        let request = format!("{request}\r\n{form}");
        if self.begin(&request).await.is_err() {
            // The server ends connections that rest too long; a browser opens another.
            self.read.clear();
            self.stream = connect(&self.address).await?;
            self.begin(&request).await?;
        }
        self.answer().await
    }

    /// Sends a request, and waits for the first of the answer.
    async fn begin(&mut self, request: &str) -> anyhow::Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        self.fill(1).await
    }

    async fn answer(&mut self) -> anyhow::Result<Answer> {
        let end = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8(self.read.drain(..end).collect())?;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
        let mut answer = Answer { status, body: Vec::new(), head };
        if answer.header("transfer-encoding").is_some() {
            loop {
                let end = self.until(b"\r\n").await?;
                let line = String::from_utf8(self.read.drain(..end).collect())?;
                let size = usize::from_str_radix(line.trim(), 16)?;
                self.fill(size + 2).await?;
                answer.body.extend(self.read.drain(..size + 2).take(size));
                if size == 0 {
                    break;
                }
            }
        } else {
            let size = answer.header("content-length").and_then(|size| usize::from_str(size).ok()).unwrap_or(0);
            self.fill(size).await?;
            answer.body.extend(self.read.drain(..size));
        }
        Ok(answer)
    }

    /// Reads until these bytes have come; where they end.
    async fn until(&mut self, mark: &[u8]) -> anyhow::Result<usize> {
        loop {
            if let Some(place) = self.read.windows(mark.len()).position(|window| window == mark) {
                return Ok(place + mark.len());
            }
            self.fill(self.read.len() + 1).await?;
        }
    }

    /// Reads until there are so many bytes.
    async fn fill(&mut self, size: usize) -> anyhow::Result<()> {
        while self.read.len() < size {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        Ok(())
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ str| line.split_once(':').is_some_and(|(of, _)| of.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| named(line)).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    /// The text of the page.
    pub fn text(&self) -> anyhow::Result<String> {
        if self.header("content-encoding") != Some("gzip") {
            return Ok(String::from_utf8(self.body.clone())?);
        }
        let mut text = String::new();
        flate2::read::GzDecoder::new(self.body.as_slice()).read_to_string(&mut text)?;
        Ok(text)
    }
}
