//! `agent`: the branch's side. It follows log files and sends them, whatever the network does.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::Subcommand;

use super::{Global, output::Lines};
use crate::{
    agent::{self, Settings, State, Trouble},
    domain::BranchCode,
};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// Follow log files of a branch and send them to the server; nothing is lost while the network or the server is away.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  loghelper agent --server https://logs.bank.example --branch K01 --key-file key --watch '/var/log/bars/*.log'\n  loghelper agent --server https://logs.bank.example --branch K01 --key-file key --ca-file bank-ca.pem --watch /var/log/bars --spool /var/lib/loghelper-agent\n  loghelper agent status --spool /var/lib/loghelper-agent"
)]
pub(super) struct Agent {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    send: Send,
}

#[derive(Debug, clap::Args)]
struct Send {
    /// Address of the server: https://… [env: LOGHELPER_AGENT_SERVER]
    #[arg(long, required = true, value_name = "URL", value_parser = address, env = "LOGHELPER_AGENT_SERVER", hide_env = true)]
    server: Option<String>,
    /// Code of the branch whose logs they are [env: LOGHELPER_AGENT_BRANCH]
    #[arg(long, required = true, value_name = "CODE", env = "LOGHELPER_AGENT_BRANCH", hide_env = true)]
    branch: Option<BranchCode>,
    /// File with the branch's ingestion key; it may be replaced while the agent runs
    #[arg(long, required = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with the certificates (PEM) to trust instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Files, folders, or patterns with * and ?; rotated and compressed forms of them are recognised
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    watch: Vec<PathBuf>,
    /// Folder of what waits to be sent [default: agent in the data folder]
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
    /// How large it may become; reading waits when it is full
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    spool_mib: u64,
    /// Silence in seconds after which a record goes though it may go on
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    idle: u64,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print what an agent of this machine does
    #[command(after_help = "Example:\n  loghelper agent status --spool /var/lib/loghelper-agent --json")]
    Status {
        /// Its folder [default: agent in the data folder]
        #[arg(long, value_name = "DIR")]
        spool: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Agent {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        match self.action {
            Some(Action::Status { spool, json }) => status(folder(spool, global)?, json),
            None => {
                let settings = self.send.settings(global)?;
                eprintln!("LogHelper's agent sends logs of {} to {}", settings.branch, settings.server);
                tokio::task::spawn_blocking(move || agent::run(&settings)).await??;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Send {
    fn settings(self, global: &Global) -> Result<Settings> {
        let missing = |name: &str| format!("`--{name}` is missing; `loghelper agent --help` has examples");
        Ok(Settings {
            server: self.server.with_context(|| missing("server"))?,
            branch: self.branch.with_context(|| missing("branch"))?.to_string(),
            key_file: self.key_file.with_context(|| missing("key-file"))?,
            ca_file: self.ca_file,
            watch: self.watch,
            spool: folder(self.spool, global)?,
            spool_bytes: self.spool_mib * MIB,
            idle: Duration::from_secs(self.idle),
        })
    }
}

/// The address of a server.
fn address(text: &str) -> Result<String, String> {
    let known = ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if known { Ok(text.to_owned()) } else { Err("an address begins with https:// or http://".to_owned()) }
}

fn folder(given: Option<PathBuf>, global: &Global) -> Result<PathBuf> {
    given.map_or_else(|| Ok(global.config()?.data.dir.join("agent")), Ok)
}

fn status(spool: PathBuf, json: bool) -> Result<ExitCode> {
    let (state, runs) = agent::read_state(&spool).with_context(|| format!("no agent left its state in {}", spool.display()))?;
    let mut lines = Lines::new();
    if json {
        let mut value = serde_json::to_value(&state)?;
        if let Some(value) = value.as_object_mut() {
            value.insert("running".to_owned(), runs.into());
        }
        lines.json(&value)?;
    } else {
        show(&mut lines, &state, runs)?;
    }
    lines.flush()?;
    Ok(if runs { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The state for people.
fn show(lines: &mut Lines, state: &State, runs: bool) -> Result<()> {
    let date = |seconds: u64| i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let date = |seconds: u64| date(seconds).map_or_else(|| "?".to_owned(), |date| date.to_string());
    let trouble = |trouble: &Option<Trouble>| match trouble {
        Some(trouble) => format!("{} since {}: {}", trouble.kind, date(trouble.since), trouble.text),
        None if !runs => "nothing was wrong when it ran last".to_owned(),
        None => "works".to_owned(),
    };
    let sending = match &state.sending {
        None if runs && state.heard_at.is_none() => "was not tried yet".to_owned(),
        sending => trouble(sending),
    };
    let running = if runs { format!("process {}, since {}", state.pid, date(state.started_at)) } else { "does not run".to_owned() };
    for (name, text) in [
        ("agent", format!("{} ({running})", state.version)),
        ("seen", date(state.updated_at)),
        ("server", format!("{}, branch {}", state.server, state.branch)),
        ("sending", sending),
        ("reading", trouble(&state.reading)),
        ("last success", state.last_success_at.map_or_else(|| "none since the start".to_owned(), date)),
        ("heard", state.heard_at.map_or_else(|| "not since the start".to_owned(), date)),
        ("sent", format!("{} batches, {} bytes since the start", state.sent_batches, state.sent_bytes)),
        ("spool", format!("{} batches, {} of {} bytes", state.spool.batches, state.spool.bytes, state.spool.max_bytes)),
        ("lag", format!("{} bytes not read, oldest text {} s", state.lag_bytes, state.lag_seconds)),
        ("files", state.n_files.to_string()),
    ] {
        lines.text(&format!("{name:<13}{}", printable(&text)))?;
    }
    for file in &state.files {
        let trouble = file.trouble.as_deref().map(|text| format!("  {text}")).unwrap_or_default();
        lines.text(&printable(&format!("  {:>13} of {:>13}  {}{trouble}", file.offset, file.size_bytes, file.path)))?;
    }
    Ok(())
}

/// A text that stays in its line and does nothing to a terminal: names of files may have anything in them.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_end_stays_in_its_line() {
        assert_eq!(printable("Журнал 1\n\u{1b}[2Jx"), r"Журнал 1\n\u{1b}[2Jx");
    }
}
