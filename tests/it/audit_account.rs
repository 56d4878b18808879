//! MongoDB with accounts: the server's account, as `deploy/mongodb/roles.js` makes it, can do its work and cannot change the audit log.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bson::{DateTime, Document, doc, oid::ObjectId};
use loghelper::{
    domain::{AuditAction, AuditEntry, AuditId, Via},
    query::Filter,
    store::{AdminStore, AuditGuard, AuditPage, AuditStore, LogPage, LogStore, RawStore, mongo::MongoStore},
};

use crate::support::{a_log, file_id, run};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/mongodb/roles.js");

/// A server that asks who one is.
struct Server {
    port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Server {
    /// Starts it with one account, `root`; without `LOGHELPER_TEST_MONGOD` the test is skipped and says so.
    async fn start() -> Option<Self> {
        let Ok(program) = std::env::var("LOGHELPER_TEST_MONGOD") else {
            eprintln!("skipped: LOGHELPER_TEST_MONGOD names no mongod");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
        let mut command = Command::new(program);
        command.arg("--auth").arg("--dbpath").arg(folder.path()).args(["--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--wiredTigerCacheSizeGB", "0.25"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { port, child, _folder: folder };
        let client = mongodb::Client::with_uri_str(format!("mongodb://127.0.0.1:{port}/")).await.unwrap();
        let begun = Instant::now();
        // Until there is an account, a connection from this machine may make one.
        let root = doc! { "createUser": "root", "pwd": "secret", "roles": ["root"] };
        while client.database("admin").run_command(root.clone()).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not begin");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Some(server)
    }

    fn uri(&self, user: &str, source: &str) -> String {
        format!("mongodb://{user}:secret@127.0.0.1:{}/loghelper?authSource={source}", self.port)
    }

    async fn database(&self, uri: &str) -> mongodb::Database {
        mongodb::Client::with_uri_str(uri).await.unwrap().database("loghelper")
    }
}

/// The commands that the script gives, taken down instead of run; `None` where there is no Node.js to read it.
fn commands_of_script() -> Option<Vec<Document>> {
    let shell = "const db = { getName: () => 'loghelper', getRole: () => null, runCommand: (said) => (console.log(JSON.stringify(said)), { ok: 1 }) };";
    let script = std::fs::read_to_string(SCRIPT).unwrap();
    let Ok(output) = Command::new("node").arg("-e").arg(format!("{shell}\n{script}")).output() else {
        eprintln!("skipped: there is no Node.js to read the script");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let command = |line: &str| bson::serialize_to_document(&serde_json::from_str::<serde_json::Value>(line).unwrap()).unwrap();
    Some(said.lines().map(command).collect())
}

fn entry() -> AuditEntry {
    AuditEntry {
        id: AuditId(ObjectId::new()),
        at: DateTime::from_millis(1),
        actor: "olena".into(),
        via: Via::Session,
        address: None,
        request_id: None,
        action: AuditAction::Request,
        target: "GET /".into(),
        refused: true,
        before: None,
        after: None,
    }
}

/// The line of `loghelper doctor` about the audit log.
fn diagnosis(folder: &Path, uri: &str) -> String {
    let output = run(folder, &["doctor", "--store", uri]);
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().find(|line| line.contains("audit log")).unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[tokio::test]
async fn the_servers_account_adds_entries_and_can_neither_change_nor_remove_them() {
    let Some(commands) = commands_of_script() else { return };
    let Some(server) = Server::start().await else { return };
    let root_uri = server.uri("root", "admin");
    let root = MongoStore::connect(&root_uri, Duration::from_secs(10)).await.unwrap();
    root.migrate().await.unwrap();
    assert_eq!(root.audit_guard().await.unwrap(), AuditGuard::Allowed);
    let database = server.database(&root_uri).await;
    for command in commands {
        database.run_command(command).await.unwrap();
    }
    database.run_command(doc! { "createUser": "loghelper", "pwd": "secret", "roles": ["loghelper_server"] }).await.unwrap();

    let own_uri = server.uri("loghelper", "loghelper");
    let own = MongoStore::connect(&own_uri, Duration::from_secs(10)).await.unwrap();
    assert_eq!(own.audit_guard().await.unwrap(), AuditGuard::Refused);
    own.insert_audit_entry(&entry()).await.unwrap();
    assert_eq!(own.list_audit_entries(&AuditPage { limit: 9, ..AuditPage::default() }).await.unwrap().len(), 1);
    let audit = server.database(&own_uri).await.collection::<Document>("Audit");
    assert!(audit.update_many(doc! {}, doc! { "$set": { "actor": "nobody" } }).await.is_err());
    assert!(audit.delete_many(doc! {}).await.is_err());
    assert!(audit.replace_one(doc! {}, doc! { "actor": "nobody" }).upsert(true).await.is_err());
    assert!(audit.drop().await.is_err());
    assert_eq!(audit.count_documents(doc! {}).await.unwrap(), 1);

    // The account does the rest of the work: it migrates nothing, stores Logs, and keeps files.
    assert!(own.migrate().await.unwrap().is_empty());
    let logs: Arc<[_]> = vec![a_log("a", Some((1, 1)), Some((2, 2))).encoded()].into();
    own.insert_logs(&logs).await.unwrap();
    let page = LogPage { filter: &Filter::All, limit: 9, after: None, scan_limit: 9 };
    assert_eq!(own.list_logs(&page).await.unwrap().logs.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("raw");
    std::fs::write(&path, b"bytes").unwrap();
    own.save_raw(&file_id("f"), &path).await.unwrap();
    assert!(own.delete_raw(&file_id("f")).await.unwrap());

    assert!(diagnosis(folder.path(), &root_uri).starts_with("FAIL"));
    assert!(diagnosis(folder.path(), &own_uri).starts_with("ok"));
}

#[tokio::test]
async fn the_script_names_every_collection() {
    let Some(commands) = commands_of_script() else { return };
    let privileges = commands[0].get_array("privileges").unwrap();
    let named: Vec<&str> = privileges
        .iter()
        .map(|privilege| privilege.as_document().unwrap().get_document("resource").unwrap().get_str("collection").unwrap())
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/mongodb");
    let made = regex::Regex::new(r#""create": "(\w+)""#).unwrap();
    let mut n_made = 0;
    for step in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(step.unwrap().path()).unwrap();
        for found in made.captures_iter(&text) {
            assert!(named.contains(&&found[1]), "{} is missing in roles.js", &found[1]);
            n_made += 1;
        }
    }
    assert!(n_made > 20);
}
