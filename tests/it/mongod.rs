//! A MongoDB server of a test's own, to be killed: a replica set of one, as production stores are replica sets.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bson::doc;

/// A running server; killed when it is dropped.
pub struct Mongod {
    program: String,
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Mongod {
    /// Starts the server that `LOGHELPER_TEST_MONGOD` names; without it the test is skipped and says so.
    pub async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("LOGHELPER_TEST_MONGOD") else {
            eprintln!("skipped: LOGHELPER_TEST_MONGOD names no mongod");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let child = spawn(&program, folder.path(), port);
        let server = Self { program, folder, port, child };
        let member = format!("127.0.0.1:{port}");
        let set = doc! { "replSetInitiate": { "_id": "rs", "members": [{ "_id": 0, "host": &member }] } };
        server.until(set).await;
        server.until(doc! { "hello": 1 }).await;
        Some(server)
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Starts it again with the same data.
    pub fn restart(&mut self) {
        self.child = spawn(&self.program, self.folder.path(), self.port);
    }

    /// URI of a database on it.
    pub fn uri(&self, database: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{database}?replicaSet=rs", self.port)
    }

    /// Runs the command until it succeeds, and a `hello` until the member can be written to.
    async fn until(&self, command: bson::Document) {
        let client =
            mongodb::Client::with_uri_str(format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)).await.expect("a URI");
        let begun = Instant::now();
        loop {
            let said = client.database("admin").run_command(command.clone()).await;
            if said.as_ref().is_ok_and(|said| said.get_bool("isWritablePrimary").unwrap_or(true)) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "mongod does not come up: {said:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn spawn(program: &str, folder: &std::path::Path, port: u16) -> Child {
    let mut command = Command::new(program);
    command.arg("--dbpath").arg(folder).args(["--replSet", "rs", "--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("mongod starts")
}
