//! Processes under measurement, and what the system says of them.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

/// Clock ticks of `/proc` in a second; Linux shows them so on every machine that we know.
const TICKS: f64 = 100.0;

/// A process, killed when it is dropped.
pub struct Process {
    child: Child,
}

/// The program with its data in this folder, and in this store if one is named.
pub fn loghelper(data: &Path, store: Option<&str>, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loghelper"));
    command.env_remove("LOGHELPER_STORE").env("LOGHELPER_DATA_DIR", data).env("LOGHELPER_LLM__BACKEND", "none").args(words);
    if let Some(store) = store {
        command.args(["--store", store]);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the program; what it printed.
pub fn run(data: &Path, store: Option<&str>, words: &[&str]) -> anyhow::Result<String> {
    let output = loghelper(data, store, words).output()?;
    ensure!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// A new ingestion key of a branch.
pub fn key(data: &Path, store: Option<&str>, branch: &str) -> anyhow::Result<String> {
    let printed: serde_json::Value = serde_json::from_str(&run(data, store, &["branch", "key", "add", branch])?)?;
    Ok(printed["key"].as_str().context("no key was printed")?.to_owned())
}

/// An address of this machine at which nobody listens.
pub fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

impl Process {
    /// Starts a command and waits until it says on standard error that it `is_up`.
    pub fn start(command: &mut Command, is_up: &str) -> anyhow::Result<Self> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("standard error is piped")?);
        let process = Self { child };
        let mut said = String::new();
        while !said.contains(is_up) {
            ensure!(lines.read_line(&mut said)? > 0, "it ended: {said}");
        }
        // What it says later must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::stderr()));
        Ok(process)
    }

    /// A server of this folder and store, and where it is.
    pub fn server(data: &Path, store: Option<&str>) -> anyhow::Result<(Self, String)> {
        let address = free_address()?;
        let process = Self::start(&mut loghelper(data, store, &["serve", "--listen", &address]), "serves at")?;
        Ok((process, address))
    }

    /// Processor time that it used, in seconds.
    pub fn cpu(&self) -> f64 {
        cpu_of(&self.child.id().to_string(), 13)
    }

    /// Memory that it holds, and the most that it ever held, in bytes.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let of = |name: &str| {
            let kib = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
            kib.unwrap_or_default() << 10
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Processor time that this process used, in seconds.
pub fn own_cpu() -> f64 {
    cpu_of("self", 13)
}

/// Processor time that processes used which this one has waited for, in seconds.
pub fn children_cpu() -> f64 {
    cpu_of("self", 15)
}

/// User and system time, which stand beside each other from this column on (from 0).
fn cpu_of(process: &str, column: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses, the second column, may hold anything.
    let columns = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    columns.skip(column - 2).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}
