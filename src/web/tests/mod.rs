//! The pages over real connections: a server on a store of its own, and a browser of few words.

mod api;
mod api_desk;
mod api_rules;
mod archives;
mod asking;
mod choices;
mod clients;
mod drafted_ahead;
mod explaining;
mod hostile;
mod http;
mod ingest;
mod injections;
mod listeners;
mod logs;
mod paging;
mod poison;
mod queue;
mod refusals;
mod roles;
mod scope;
mod shippers;
mod sign_in;
mod suggest;
mod tell;
mod triage;
mod unread;
mod uploads;
mod workplace;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bson::DateTime;
use tokio::runtime::Runtime;

use super::Server;
use crate::{
    config::Config,
    domain::{GroupId, KnownErrorId, LogFileId, LogId, Role, Session, StatusCode, User},
    parse::FormatChoice,
    store::{AdminStore, SharedStore, sqlite::SqliteStore},
    usecase::{
        IngestRequest, Services,
        approve::{Approval, StatusChoice, Ways, approve},
    },
};
use http::Answer;

/// What every form of a test's session carries.
const CSRF: &str = "the session's token";

/// A running server.
struct Pages {
    runtime: Runtime,
    services: Arc<Services>,
    address: String,
    /// Of syslog and GELF.
    listeners: Vec<SocketAddr>,
    /// Removed with the value.
    _folder: tempfile::TempDir,
}

impl Pages {
    /// With nothing in its store.
    fn empty(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut config = Config::in_dir(folder.path());
        config.server.listen.set_port(0);
        change(&mut config);
        let (services, address, listeners) = runtime.block_on(async {
            let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
            store.migrate().await.unwrap();
            let store: SharedStore = Arc::new(store);
            let services = Arc::new(Services::open(store, Arc::new(config)).await.unwrap());
            let server = Server::bind(services.clone()).unwrap();
            let address = server.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
            let listeners = server.listeners().to_vec();
            tokio::spawn(server.run());
            (services, address, listeners)
        });
        Self { runtime, services, address, listeners, _folder: folder }
    }

    /// A signed-in person; the cookie of a new session.
    fn sign_in(&self, name: &str, role: Role, branches: &[&str]) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let token = format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let now = DateTime::now();
        let user = User {
            name: name.to_owned(),
            password_hash: String::new(),
            role,
            branches: branches.iter().map(|code| code.parse().unwrap()).collect(),
            disabled: false,
            single_keys_off: false,
            created_at: now,
        };
        let session = Session {
            token_hash: blake3::hash(token.as_bytes()).to_hex().to_string(),
            user: name.to_owned(),
            csrf: CSRF.to_owned(),
            created_at: now,
            opened_from: String::new(),
            expires_at: DateTime::from_millis(now.timestamp_millis() + 3_600_000),
        };
        self.runtime.block_on(async {
            if self.services.store.find_user(name).await.unwrap().is_none() {
                self.services.store.insert_user(&user).await.unwrap();
            }
            self.services.store.insert_session(&session).await.unwrap();
        });
        format!("loghelper_session={token}")
    }

    fn get(&self, cookie: &str, path: &str) -> Answer {
        http::exchange(&self.address, &http::request("GET", path, &[("Cookie", cookie)], b""))
    }

    fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = http::form(fields);
        let headers = [("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded")];
        http::exchange(&self.address, &http::request("POST", path, &headers, body.as_bytes()))
    }
}

/// What the hostile log of one branch led to, with one of its two errors explained.
struct Hostile {
    pages: Pages,
    file: LogFileId,
    /// The Log whose error is not explained.
    log: LogId,
    unknown: GroupId,
    explained: GroupId,
    known: KnownErrorId,
}

impl Hostile {
    fn new() -> Self {
        let pages = Pages::empty(|_| ());
        let services = pages.services.clone();
        let ingest = IngestRequest {
            branch: "K01".parse().unwrap(),
            name: "\"><img src=x onerror=alert(20)>.log".to_owned(),
            path: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile.log")).to_owned(),
            format: FormatChoice::Auto,
            uploaded_by: "<i>olena</i>".to_owned(),
        };
        let (file, log, unknown, explained, known) = pages.runtime.block_on(async {
            let file = services.ingest_file(ingest, Arc::new(|_| ())).await.unwrap().file.id;
            let groups = services.store.list_log_errors(None, 10).await.unwrap();
            let group = |part: &str| groups.iter().find(|group| group.message.contains(part)).unwrap();
            let (unknown, explained) = (group("alert(8)"), group("alert(13)"));
            let approval = Approval {
                group: explained.id,
                status: StatusChoice::New(crate::domain::StatusError {
                    keywords: vec!["<script>alert(22)</script>".to_owned()],
                    colour: Some("url(javascript:alert(23))".to_owned()),
                    meaning: Some("{{7*7}}<script>alert(24)</script>".to_owned()),
                    ..crate::domain::StatusError::new(StatusCode(10), "</option><script>alert(21)</script>")
                }),
                title: "<script>alert(25)</script>".to_owned(),
                text: explained.message.clone(),
                keywords: vec!["\"><script>alert(26)</script>".to_owned()],
                answers: vec!["<a href=\"javascript:alert(27)\">here</a>".to_owned()],
                ways: Ways::default(),
                by: "<i>olena</i>".to_owned(),
            };
            let known = approve(&services, approval, DateTime::now()).await.unwrap().known_error_id;
            (file, unknown.example_log_id, unknown.id, explained.id, known)
        });
        Self { pages, file, log, unknown, explained, known }
    }
}
