//! Three MongoDB servers that are one replica set, of which the primary can be killed.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bson::{Document, doc};

/// Three members.
pub struct ReplicaSet {
    members: Vec<Member>,
}

struct Member {
    port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl ReplicaSet {
    /// Starts the servers that `LOGHELPER_TEST_MONGOD` names; without it the test is skipped and says so.
    pub async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("LOGHELPER_TEST_MONGOD") else {
            eprintln!("skipped: LOGHELPER_TEST_MONGOD names no mongod");
            return None;
        };
        let members = (0..3).map(|_| Member::start(&program)).collect();
        let set = Self { members };
        let hosts: Vec<Document> =
            set.members.iter().zip(0..).map(|(member, id)| doc! { "_id": id, "host": format!("127.0.0.1:{}", member.port) }).collect();
        // A short term, so that a test does not wait long for an election.
        let config = doc! { "_id": "rs", "members": hosts, "settings": { "electionTimeoutMillis": 2000 } };
        let begun = Instant::now();
        let first = set.members.first()?.port;
        while command(first, doc! { "replSetInitiate": config.clone() }).await.is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the set does not begin");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        set.primary().await;
        Some(set)
    }

    /// URI of a database on it.
    pub fn uri(&self, database: &str) -> String {
        let hosts: Vec<String> = self.members.iter().map(|member| format!("127.0.0.1:{}", member.port)).collect();
        format!("mongodb://{}/{database}?replicaSet=rs", hosts.join(","))
    }

    /// Kills the member that takes writes, as a power cut would.
    pub async fn kill_primary(&mut self) {
        let primary = self.primary().await;
        let member = self.members.iter_mut().find(|member| member.port == primary).expect("it is a member");
        member.child.kill().expect("it runs");
        member.child.wait().expect("it ended");
    }

    /// The port of the member that takes writes, waiting for one.
    async fn primary(&self) -> u16 {
        let begun = Instant::now();
        loop {
            for member in &self.members {
                let said = command(member.port, doc! { "hello": 1 }).await;
                if said.is_some_and(|said| said.get_bool("isWritablePrimary").unwrap_or_default()) {
                    return member.port;
                }
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no member becomes primary");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Member {
    fn start(program: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut command = Command::new(program);
        command.arg("--dbpath").arg(folder.path()).args(["--replSet", "rs", "--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--wiredTigerCacheSizeGB", "0.25"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("mongod starts");
        Self { port, child, _folder: folder }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What one member says to a command; `None` where it fails.
async fn command(port: u16, command: Document) -> Option<Document> {
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=1000");
    let client = mongodb::Client::with_uri_str(uri).await.ok()?;
    client.database("admin").run_command(command).await.ok()
}
