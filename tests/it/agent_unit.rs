//! The agent's unit: systemd understands every line of it, and what it starts follows logs.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    poster::{Serving, key, records},
    support::Place,
};

const UNIT: &str = include_str!("../../deploy/loghelper-agent.service");
const PROGRAM: &str = "/usr/local/bin/loghelper";

/// Killed when it is dropped.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("loghelper-agent.service");
    // It looks for the program, which is not where it will be installed.
    fs::write(&unit, UNIT.replace(PROGRAM, env!("CARGO_BIN_EXE_loghelper"))).unwrap();
    let mut command = Command::new("systemd-analyze");
    let Ok(output) = command.args(["verify", "--man=no", "--generators=no"]).arg(&unit).output() else {
        return eprintln!("skipped: there is no systemd-analyze");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{}: {said}", output.status);
}

#[test]
fn what_the_unit_starts_sends_what_its_folder_has() {
    let place = Place::new(None);
    let (key, server) = (key(&place, "K1"), Serving::start(&place));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(path("logs")).unwrap();
    fs::write(Path::new(&path("logs")).join("gate.log"), records(0..20, true, true)).unwrap();
    fs::write(path("key"), key).unwrap();
    let line = UNIT.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let line = line
        .replace("${CREDENTIALS_DIRECTORY}", &path(""))
        .replace("${STATE_DIRECTORY}", &path("spool"))
        .replace("/var/log/bars", &path("logs"));
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words[0], PROGRAM);
    let mut command = Command::new(env!("CARGO_BIN_EXE_loghelper"));
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("LOGHELPER_AGENT_SERVER", format!("http://{}", server.address)).env("LOGHELPER_AGENT_BRANCH", "K1");
    let _agent = Agent(command.spawn().unwrap());
    let begun = Instant::now();
    while place.ok(&["query", "state = complete"]).len() < 20 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{words:?}");
        sleep(Duration::from_millis(200));
    }
}
