//! `model`: the language model: which there are, fetching one, trying one.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use super::{Global, model_check, output::Lines, progress};
use crate::ml::{
    Site,
    catalogue::{self, Entry, Role},
    need::Need,
    pins::Part,
    pull::{Pin, pull, recorded},
};

/// List the known language models, fetch one, try one on this machine.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper model list\n  loghelper model pull qwen3-1.7b-q8\n  loghelper model pull qwen3-1.7b-q8 --from http://mirror.bank/models\n  loghelper model check\n  loghelper model check ./other.gguf --json"
)]
pub(super) struct Model {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the known models, what they need, and which suits this machine
    #[command(after_help = "Example:\n  loghelper model list --json")]
    List {
        /// One JSON line a model
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model; what broke off goes on where it was
    #[command(
        after_help = "Examples:\n  loghelper model pull qwen3-1.7b-q8\n  loghelper model pull qwen3-1.7b-q8 --from http://mirror.bank/models"
    )]
    Pull(Pull),
    /// Load a model, measure it, and run the self-tests
    #[command(after_help = "Examples:\n  loghelper model check\n  loghelper model check ./other.gguf --json")]
    Check(model_check::Check),
}

/// What to fetch.
#[derive(Debug, clap::Args)]
struct Pull {
    /// A name of the list; the one that suits this machine where none is given
    name: Option<String>,
    /// Folder to fetch from instead, such as a mirror inside the bank
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// SHA-256 that the weights must have, instead of the one that is known here
    #[arg(long, value_name = "HEX", value_parser = sha256)]
    sha256: Option<String>,
}

impl Model {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let work = move || match self.action {
            Action::List { json } => list(&config, json),
            Action::Pull(command) => command.run(&config),
            Action::Check(command) => command.run(&config),
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn list(config: &crate::config::Config, json: bool) -> Result<ExitCode> {
    let mut lines = Lines::new();
    let (site, context) = (Site::here(), config.llm.context);
    let best = catalogue::recommended(&site, context).map(|entry| entry.name);
    if !json {
        lines.text(&format!("{:<38}{:>10}{:>10}  {:<8} note", "name", "file", "memory", ""))?;
    }
    for entry in catalogue::entries() {
        let is_pulled = entry.weights(&config.data.dir).is_file();
        let is_best = best == Some(entry.name);
        let need = entry.need(&site, context);
        if json {
            lines.json(&serde_json::json!({
                "name": entry.name, "role": if entry.role == Role::Drafts { "drafts" } else { "meaning" }, "licence": "Apache-2.0",
                "bytes": entry.bytes(), "about_memory_bytes": need.map(|need| need.all()), "memory": need.map(parts),
                "on_graphics_processor": site.has_gpu(), "pulled": is_pulled, "recommended": is_best,
                "address": entry.address, "files": entry.files.iter().map(file).collect::<Vec<_>>(), "note": entry.note,
            }))?;
            continue;
        }
        let size = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
        let state = if is_pulled { "pulled" } else { "" };
        let advice = if is_best { " (suits this machine)" } else { "" };
        let (file, memory) = (size(entry.bytes()), need.map_or_else(|| "small".to_owned(), |need| size(need.all())));
        lines.text(&format!("{:<38}{file:>10}{memory:>10}  {state:<8} {}{advice}", entry.name, entry.note))?;
    }
    if !json {
        lines.text(&format!(
            "memory is reckoned from the form of each model, for one reply with {context} tokens of context (`llm.context`), {}",
            place(&site)
        ))?;
        lines.text("all are under Apache-2.0; any other GGUF file can be named by its path")?;
    }
    lines.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Of what a need is made.
fn parts(need: Need) -> serde_json::Value {
    let Need { weights, context, work, beside } = need;
    serde_json::json!({ "weights_bytes": weights, "context_bytes": context, "work_bytes": work, "beside_bytes": beside })
}

/// For which memory it is reckoned.
fn place(site: &Site) -> String {
    let free = site.free.map_or_else(|| "nobody knows how much is free".to_owned(), |free| format!("{:.1} GB are free", free as f64 / 1e9));
    match (site.has_gpu(), cfg!(feature = "cuda")) {
        (true, _) => format!("in the memory of the graphics processor, of which {free}"),
        (false, true) => format!("in memory, as no graphics processor was found; {free}"),
        (false, false) => format!("in memory, as this program was built for processors alone (docs/gpu.md); {free}"),
    }
}

fn file(part: &Part) -> serde_json::Value {
    serde_json::json!({ "name": part.name, "bytes": part.bytes, "sha256": part.sha256 })
}

impl Pull {
    fn run(self, config: &crate::config::Config) -> Result<ExitCode> {
        let entry = self.entry(config)?;
        let from = self.from.as_deref().unwrap_or(entry.address).trim_end_matches('/');
        let folder = entry.folder(&config.data.dir);
        for (place, file) in entry.files.iter().enumerate() {
            let target = folder.join(file.name);
            let pin = match self.sha256.as_deref().filter(|_| place == 0) {
                Some(sha256) => Pin { sha256, bytes: None },
                None => Pin { sha256: file.sha256, bytes: Some(file.bytes) },
            };
            if let Some(digest) = recorded(&target).filter(|_| target.is_file()) {
                if !pin.sha256.eq_ignore_ascii_case(&digest) {
                    bail!("{} is there already, with the SHA-256 {digest}: remove it to fetch another", target.display());
                }
                println!("{} is there already, SHA-256 {digest}", target.display());
                continue;
            }
            let bar = progress::bar(0, file.name);
            let pulled = pull(&format!("{from}/{}", file.name), &target, pin, |bytes, total| {
                bar.set_length(total.unwrap_or(bytes));
                bar.set_position(bytes);
            });
            bar.finish_and_clear();
            let pulled = pulled.with_context(|| format!("`{}` was not fetched", entry.name))?;
            println!("{}: {} bytes ({} were there)\nSHA-256 {}, as pinned", target.display(), pulled.bytes, pulled.kept, pulled.sha256);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn entry(&self, config: &crate::config::Config) -> Result<Entry> {
        match &self.name {
            Some(name) => catalogue::entries()
                .into_iter()
                .find(|entry| entry.name == name)
                .with_context(|| format!("there is no model `{name}` in `loghelper model list`")),
            None => catalogue::recommended(&Site::here(), config.llm.context)
                .context("no model of the list suits the memory of this machine; name one to fetch it all the same"),
        }
    }
}

/// 64 hexadecimal digits.
fn sha256(text: &str) -> Result<String, String> {
    match text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("a SHA-256 has 64 hexadecimal digits".to_owned()),
    }
}
