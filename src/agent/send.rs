//! One batch to the server, and what its answer means.
//!
//! Only an answer that counts what was received is a success: a proxy's friendly page is none. What a person has to mend (a revoked key,
//! a branch that nobody knows) is told apart from what passes by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Error, retry_after, spool::Batch, unix_now};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// For a whole request: the largest batch on a slow line, and the server's work on it.
const REQUEST: Duration = Duration::from_secs(600);
/// For saying how the agent is.
const REPORT: Duration = Duration::from_secs(30);
/// An answer is no larger.
const MAX_ANSWER: u64 = 1 << 20;
/// Of what an unknown server says, so much is shown.
const MAX_SHOWN: usize = 300;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The server has it for good.
    Taken,
    /// Not now: try again.
    Later { why: String, wait: Option<Duration> },
    /// A person has to mend something.
    Refused { why: String },
    /// The server does not want this batch; it may want others.
    Unwanted { why: String },
}

/// The way to the server.
pub(super) struct Client {
    agent: ureq::Agent,
    address: String,
    /// Where it says how it is.
    reports: String,
    key_file: PathBuf,
}

impl Client {
    /// A client of this server for this branch; the key is read anew for each batch, so that it can be changed in place.
    ///
    /// # Errors
    /// When a file cannot be read, or an address or certificate cannot be used.
    pub(super) fn new(server: &str, branch: &str, key_file: &Path, ca_file: Option<&Path>) -> Result<Self, Error> {
        let server = server.trim_end_matches('/');
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Error::Settings(format!("`{server}` is no address of a server: it begins with https:// or http://")));
        }
        read_key(key_file).map_err(|error| Error::Read(key_file.to_owned(), error))?;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(REQUEST))
            .user_agent(concat!("loghelper-agent/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = ca_file {
            let roots = RootCerts::new_with_certs(&certificates(path)?);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let address = format!("{server}/api/v1/branches/{branch}/logs");
        let reports = format!("{server}/api/v1/branches/{branch}/agent");
        Ok(Self { agent: config.build().new_agent(), address, reports, key_file: key_file.to_owned() })
    }

    /// Sends a batch.
    pub(super) fn post(&self, batch: &Batch) -> Verdict {
        let key = match read_key(&self.key_file) {
            Ok(key) => key,
            Err(error) => return Verdict::Refused { why: format!("{} cannot be read: {error}", self.key_file.display()) },
        };
        let request = self.agent.post(&self.address);
        let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "text/plain");
        let request = request.header("Content-Encoding", "zstd").header("Idempotency-Key", &batch.header.key);
        let request = match batch.header.origin() {
            None => request,
            Some((origin, offset)) => request.header("LogHelper-Source", origin.to_string()).header("LogHelper-Offset", offset.to_string()),
        };
        let later = |error: ureq::Error| Verdict::Later { why: error.to_string(), wait: None };
        let mut answer = match request.send(batch.body.as_slice()) {
            Ok(answer) => answer,
            Err(error) => return later(error),
        };
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let wait = header("retry-after").and_then(|value| retry_after::wait(value, header("date"), unix_now()));
        match answer.body_mut().with_config().limit(MAX_ANSWER).lossy_utf8(true).read_to_string() {
            Ok(body) => judge(answer.status().as_u16(), wait, &body),
            Err(error) => later(error),
        }
    }
}

impl Client {
    /// Says how the agent is; what the answer says of this way to the server.
    pub(super) fn report(&self, state: &[u8]) -> Verdict {
        let key = match read_key(&self.key_file) {
            Ok(key) => key,
            Err(error) => return Verdict::Refused { why: format!("{} cannot be read: {error}", self.key_file.display()) },
        };
        let request = self.agent.post(&self.reports).config().timeout_global(Some(REPORT)).build();
        let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
        let later = |error: ureq::Error| Verdict::Later { why: error.to_string(), wait: None };
        let mut answer = match request.send(state) {
            Ok(answer) => answer,
            Err(error) => return later(error),
        };
        match answer.body_mut().with_config().limit(MAX_ANSWER).lossy_utf8(true).read_to_string() {
            Ok(body) => judge_report(answer.status().as_u16(), &body),
            Err(error) => later(error),
        }
    }
}

fn read_key(path: &Path) -> std::io::Result<String> {
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let pem = fs::read(path).map_err(|error| Error::Read(path.to_owned(), error))?;
    let found: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(Error::Settings(format!("{} has no certificate in PEM form", path.display())));
    }
    Ok(found)
}

/// What the answer to a report means. A server that has no such address may take batches all the same.
fn judge_report(status: u16, body: &str) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        404 | 405 => Verdict::Unwanted { why: status.to_string() },
        _ => judge(status, None, body),
    }
}

/// What an answer means.
fn judge(status: u16, wait: Option<Duration>, body: &str) -> Verdict {
    let parsed: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let said = parsed.get("message").and_then(|message| message.as_str()).unwrap_or(body);
    let said: String = said.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
    let why = format!("{status}: {said}");
    match status {
        200..=299 if parsed.get("received").is_some_and(serde_json::Value::is_u64) => Verdict::Taken,
        200..=299 => Verdict::Refused { why: format!("{status}, but what answers is not LogHelper: {said}") },
        408 | 425 | 429 | 500..=599 => Verdict::Later { why, wait },
        400 | 413 | 415 | 422 => Verdict::Unwanted { why },
        _ => Verdict::Refused { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_to_do_next() {
        let wait = Some(Duration::from_secs(7));
        for (status, body, expected) in [
            (200, r#"{"received":3,"new":3}"#, "taken"),
            (200, "<html>Welcome to the network</html>", "refused"),
            (204, "", "refused"),
            (302, "", "refused"),
            (401, r#"{"code":"unauthenticated","message":"revoked"}"#, "refused"),
            (403, "", "refused"),
            (404, "", "refused"),
            (400, "", "unwanted"),
            (413, "", "unwanted"),
            (408, "", "later"),
            (429, "", "later"),
            (500, "", "later"),
            (503, r#"{"message":"send it again"}"#, "later"),
        ] {
            let found = match judge(status, wait, body) {
                Verdict::Taken => "taken",
                Verdict::Later { wait: asked, .. } => {
                    assert_eq!(asked, wait);
                    "later"
                }
                Verdict::Refused { .. } => "refused",
                Verdict::Unwanted { .. } => "unwanted",
            };
            assert_eq!(found, expected, "{status} {body}");
        }
        assert_eq!(judge(401, None, "{\"message\":\"re\\u001bvoked\"}"), Verdict::Refused { why: "401: revoked".to_owned() });
    }

    #[test]
    fn an_answer_to_a_report_says_whether_batches_would_be_taken() {
        for (status, expected) in [
            (200, Verdict::Taken),
            (204, Verdict::Taken),
            (401, Verdict::Refused { why: "401: revoked".to_owned() }),
            (403, Verdict::Refused { why: "403: revoked".to_owned() }),
            (503, Verdict::Later { why: "503: revoked".to_owned(), wait: None }),
            (404, Verdict::Unwanted { why: "404".to_owned() }),
        ] {
            assert_eq!(judge_report(status, r#"{"message":"revoked"}"#), expected);
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        assert!(matches!(Client::new("http://x", "K1", &key, None), Err(Error::Read(..))));
        fs::write(&key, "lhk_x\n").unwrap();
        assert!(Client::new("http://x/", "K1", &key, None).is_ok_and(|client| client.address == "http://x/api/v1/branches/K1/logs"));
        assert!(matches!(Client::new("x", "K1", &key, None), Err(Error::Settings(_))));
        assert!(matches!(Client::new("https://x", "K1", &key, Some(&key)), Err(Error::Settings(_))));
    }
}
