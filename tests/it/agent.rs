//! The agent with a real server: whatever is killed or rotated, each record is stored once, as if the file had been ingested.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use loghelper::store::{AgentStore, sqlite::SqliteStore};

use crate::{
    poster::{Serving, key, post_until_taken, records},
    support::{Place, loghelper},
};

/// How long the agent may take to bring everything to the server.
const PATIENCE: Duration = Duration::from_secs(120);

/// An agent of a folder of its own, and the logs that it follows.
struct Office {
    folder: tempfile::TempDir,
    server: String,
    agent: Option<Child>,
}

impl Office {
    fn new(address: &str, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        fs::write(folder.path().join("key"), format!("{key}\n")).unwrap();
        Self { folder, server: format!("http://{address}"), agent: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = loghelper(self.folder.path());
        command.args(["agent", "--server", &self.server, "--branch", "K1", "--idle", "2"]).args(more);
        command.arg("--key-file").arg(self.path("key")).arg("--spool").arg(self.path("spool"));
        command.arg("--watch").arg(self.path("logs/bars.log"));
        command
    }

    fn start(&mut self, more: &[&str]) {
        self.agent = Some(self.command(more).stderr(Stdio::null()).spawn().unwrap());
    }

    /// SIGKILL: nothing of the agent runs after it.
    fn kill(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            agent.kill().unwrap();
            agent.wait().unwrap();
        }
    }

    /// What `agent status` says, if there is anything yet.
    fn status(&self) -> Option<serde_json::Value> {
        let output = loghelper(self.folder.path()).args(["agent", "status", "--json", "--spool"]).arg(self.path("spool")).output().unwrap();
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Waits until the agent says so of itself.
    fn wait(&self, what: &str, is_so: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let status = self.status();
            if let Some(status) = status.as_ref().filter(|status| is_so(status)) {
                return status.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: {status:?}");
            sleep(Duration::from_millis(300));
        }
    }

    fn append(&self, bytes: &[u8]) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path("logs/bars.log")).unwrap();
        file.write_all(bytes).unwrap();
    }

    /// Gives the file another name, or copies it and makes it empty, or compresses it.
    fn rotate(&self, how: usize, n: usize) {
        let (log, old) = (self.path("logs/bars.log"), self.path(&format!("logs/bars.log.{n}")));
        match how % 3 {
            0 => fs::rename(&log, &old).unwrap(),
            1 => {
                fs::copy(&log, &old).unwrap();
                OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
            }
            _ => {
                fs::rename(&log, &old).unwrap();
                let packed = old.with_extension(format!("{n}.gz"));
                let mut encoder = flate2::write::GzEncoder::new(File::create(packed).unwrap(), flate2::Compression::fast());
                encoder.write_all(&fs::read(&old).unwrap()).unwrap();
                encoder.finish().unwrap();
                fs::remove_file(&old).unwrap();
            }
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether all was read and sent, some time ago.
fn is_done(status: &serde_json::Value) -> bool {
    status["running"] == true && status["lag_bytes"] == 0 && status["spool"]["batches"] == 0 && status["lag_seconds"] == 0
}

/// What is stored, but for the files that it came from; groups and how often.
fn stored(place: &Place) -> (Vec<serde_json::Value>, Vec<(String, i64)>) {
    let mut logs = place.ok(&["query", ""]);
    for log in &mut logs {
        let log = log.as_object_mut().unwrap();
        log.remove("log_file_id");
        log.remove("completion");
    }
    logs.sort_by_key(ToString::to_string);
    let groups = place.ok(&["errors", "list", "--state", "all", "--limit", "1000"]);
    let mut groups: Vec<(String, i64)> =
        groups.iter().map(|group| (group["template"].to_string(), group["count"].as_i64().unwrap())).collect();
    groups.sort();
    (logs, groups)
}

/// What is stored when the same text is ingested in one piece.
fn plain(text: &[u8], folder: &Path) -> (Vec<serde_json::Value>, Vec<(String, i64)>) {
    let (clean, path) = (Place::new(None), folder.join("whole.log"));
    fs::write(&path, text).unwrap();
    clean.ok(&["ingest", "--branch", "K1", path.to_str().unwrap()]);
    stored(&clean)
}

/// Waits until what is stored is that, and says what differs where it does not become so.
fn check(place: &Place, expected: &(Vec<serde_json::Value>, Vec<(String, i64)>)) {
    let begun = Instant::now();
    loop {
        let found = stored(place);
        if found == *expected {
            return;
        }
        // Counts follow the answers after a moment.
        assert!(begun.elapsed() < PATIENCE / 2, "{} Logs of {}; {:?}, not {:?}", found.0.len(), expected.0.len(), found.1, expected.1);
        sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_rotated_log_is_stored_once_though_agent_and_server_die() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let mut server = Some(Serving::start(&place));
    let address = server.as_ref().map(|server| server.address.clone()).unwrap();
    let mut office = Office::new(&address, &key);
    office.start(&[]);
    let (parts, per_part) = (16, 25);
    for part in 0..parts {
        for n in part * per_part..(part + 1) * per_part {
            let record = records(n..n + 1, true, true);
            let (begin, end) = record.split_at(record.len() * (n as usize % 10 + 1) / 12);
            office.append(begin);
            sleep(Duration::from_millis(5));
            office.append(end);
        }
        sleep(Duration::from_millis(700));
        match part % 8 {
            0 | 6 => office.kill(),
            2 => server = None,
            4 => server = Some(Serving::at(&place, address.clone())),
            _ => office.rotate(part as usize / 2, part as usize),
        }
        if office.agent.is_none() && part % 8 != 6 {
            office.start(&[]);
        }
    }
    office.wait("not all was sent", is_done);
    assert!(server.is_some());
    let n = parts * per_part;
    // What was answered by a server that was killed is counted by the next that meets the same groups.
    post_until_taken(&address, "K1", &key, &records((0..n).step_by(10), true, true));
    check(&place, &plain(&records(0..n, true, true), office.folder.path()));
}

#[test]
fn lines_that_say_the_same_are_all_stored_and_once() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let mut office = Office::new(&server.address, &key);
    let line = b"{\"level\":\"error\",\"message\":\"connection refused\"}\n";
    office.start(&[]);
    for part in 1..=3 {
        office.append(&line.repeat(20));
        let begun = Instant::now();
        while place.ok(&["query", ""]).len() < part * 20 {
            assert!(begun.elapsed() < PATIENCE, "equal lines of part {part} are missing");
            sleep(Duration::from_millis(300));
        }
    }
    // All of it again, in one batch.
    office.kill();
    fs::remove_dir_all(office.path("spool")).unwrap();
    office.start(&[]);
    office.wait("not all was sent", |status| is_done(status) && status["n_files"] == 1);
    assert_eq!(place.ok(&["query", ""]).len(), 60);
}

/// Records that take half of their size when they are compressed, a kilobyte each.
fn noisy(n: u64) -> Vec<u8> {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("{state:08x}")
    };
    let record = |n: u64| String::from_utf8(records(n..n + 1, true, true)).unwrap();
    (0..n).flat_map(|n| record(n).replace("CloseSession", &(0..100).map(|_| noise()).collect::<String>()).into_bytes()).collect()
}

#[test]
fn a_full_spool_waits_for_the_server_within_its_bound() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let address = Serving::start(&place).address.clone();
    let mut office = Office::new(&address, &key);
    let text = noisy(3200);
    office.append(&text);
    office.start(&["--spool-mib", "1"]);
    let status = office.wait("the spool does not become full", |status| status["reading"]["kind"] == "spool_full");
    assert_eq!(status["sending"]["kind"], "unreachable", "{status}");
    let size: u64 = fs::read_dir(office.path("spool")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    // One batch may be larger than the bound; here it is not.
    assert!(size < 3 << 19, "{size}");
    let server = Serving::at(&place, address);
    office.wait("not all was sent", is_done);
    check(&place, &plain(&text, office.folder.path()));
    drop(server);
}

#[test]
fn a_key_that_is_refused_is_shown_and_nothing_is_dropped() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let mut office = Office::new(&server.address, "lhk_00000000_nobody");
    office.append(&records(0..20, true, true));
    office.start(&[]);
    let status = office.wait("it is not refused", |status| status["sending"]["kind"] == "refused");
    assert!(status["sending"]["text"].as_str().unwrap().starts_with("401"), "{status}");
    let second = office.command(&[]).output().unwrap();
    assert!(!second.status.success() && String::from_utf8_lossy(&second.stderr).contains("another agent"), "{second:?}");
    office.kill();
    fs::write(office.path("key"), key).unwrap();
    office.start(&[]);
    office.wait("not all was sent", is_done);
    check(&place, &plain(&records(0..20, true, true), office.folder.path()));
}

#[test]
fn a_full_disk_is_a_state_that_ends_when_there_is_room() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let office = Office::new(&server.address, &key);
    let text = noisy(1200);
    office.append(&text);
    fs::create_dir(office.path("spool")).unwrap();
    // A disk of its own, which only this script sees: too small for a batch, and larger when it is asked for.
    let script = r#"
        mount -t tmpfs -o size=512k tmpfs "$SPOOL" || exit 99
        "$@" 2>/dev/null &
        agent=$!
        until grep -q '"kind":"disk"' "$SPOOL/state.json"; do kill -0 $agent || exit 98; sleep 0.2; done
        touch "$OUT/full"
        mount -o remount,size=100m "$SPOOL"
        while [ ! -e "$OUT/end" ]; do sleep 0.1; done
        kill $agent
    "#;
    let agent = office.command(&[]);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(agent.get_program()).args(agent.get_args());
    command.env("SPOOL", office.path("spool")).env("OUT", office.folder.path()).env("LOGHELPER_DATA_DIR", office.folder.path());
    let Ok(mut script) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return eprintln!("skipped: there is no `unshare`");
    };
    while !office.path("full").exists() {
        if let Some(status) = script.try_wait().unwrap() {
            assert_ne!(status.code(), Some(98), "the agent ended");
            return eprintln!("skipped: this machine lets no process have a disk of its own");
        }
        sleep(Duration::from_millis(100));
    }
    check(&place, &plain(&text, office.folder.path()));
    fs::write(office.path("end"), "").unwrap();
    script.wait().unwrap();
}

#[test]
fn an_agent_says_how_it_is_under_the_name_that_it_keeps() {
    let place = Place::new(None);
    let key = key(&place, "K1");
    let server = Serving::start(&place);
    let reports = || {
        let store = SqliteStore::open(&place.folder.path().join("loghelper.db"), Duration::from_secs(5)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(store.list_agent_reports(&"K1".parse().unwrap())).unwrap()
    };
    let mut office = Office::new(&server.address, &key);
    office.append(&records(0..50, true, true));
    office.start(&[]);
    let begun = Instant::now();
    while reports().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "it says nothing");
        sleep(Duration::from_millis(300));
    }
    let first = reports().remove(0);
    assert_eq!((first.n_files, first.version.as_str()), (1, env!("CARGO_PKG_VERSION")));
    assert!(first.files[0].path.ends_with("logs/bars.log") && !first.host.is_empty(), "{first:?}");
    office.kill();
    office.start(&[]);
    while reports()[0].seen_at == first.seen_at {
        assert!(begun.elapsed() < PATIENCE, "it says nothing more");
        sleep(Duration::from_millis(300));
    }
    assert_eq!(reports().iter().map(|report| report.agent.clone()).collect::<Vec<_>>(), [first.agent]);
}
