//! `migrate` and `doctor`: care of the store.

use std::process::ExitCode;

use anyhow::Result;

use super::{Global, output::Lines};
use crate::{
    app,
    config::{Config, LlmBackend},
    domain::GroupState,
    ml::{Gguf, Site, catalogue, embedder},
    store::{AuditGuard, migrations},
    usecase::ingest,
};

/// Bring the store's schema up to date; say what was done.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  loghelper migrate --store sqlite:/var/lib/loghelper/loghelper.db")]
pub(super) struct Migrate {}

/// Look whether everything that is needed is there; nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  loghelper doctor --data-dir /var/lib/loghelper")]
pub(super) struct Doctor {}

impl Migrate {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let store = app::open_store(&config).await?;
        let applied = app::migrate(&store, &config).await?;
        let mut lines = Lines::new();
        for step in &applied {
            lines.text(&format!("applied {:04} {}", step.number, step.name))?;
        }
        lines.text(&format!("{}: schema {}", store.describe(), store.schema_version().await?))?;
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Doctor {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let mut good = true;
        let mut lines = Lines::new();
        let mut say = |fine: bool, what: String| {
            good &= fine;
            lines.text(&format!("{} {what}", if fine { "ok  " } else { "FAIL" })).and_then(|()| lines.flush())
        };
        let folder = std::fs::create_dir_all(&config.data.dir).and_then(|()| tempfile::tempfile_in(&config.data.dir));
        match folder {
            Ok(_) => say(true, format!("data folder {} can be written", config.data.dir.display()))?,
            Err(error) => say(false, format!("data folder {}: {error}", config.data.dir.display()))?,
        }
        let folder = embedder::folder(&config.llm, &config.data.dir);
        if config.llm.embedder.is_empty() && !folder.exists() {
            say(
                true,
                "no embedding model, errors are recognised by their words alone: `loghelper model pull all-MiniLM-L6-v2` brings one".into(),
            )?;
        } else {
            match embedder::SentenceModel::load(&folder) {
                Ok(model) => say(true, format!("embedding model {} in {}", model.id(), folder.display()))?,
                Err(error) => say(false, format!("embedding model: {error}"))?,
            }
        }
        let (fine, model) = language_model(&config);
        say(fine, model)?;
        match app::open_store(&config).await {
            Err(error) => say(false, format!("store: {error:#}"))?,
            Ok(store) => {
                say(true, format!("{} answers", store.describe()))?;
                let version = store.schema_version().await?;
                let fine = version == migrations::LATEST;
                let advice = if fine { "" } else { ": run `loghelper migrate`" };
                say(fine, format!("schema {version} of {}{advice}", migrations::LATEST))?;
                if fine {
                    let known = store.list_known_errors().await?.len();
                    say(known > 0, format!("{known} known errors{}", if known > 0 { "" } else { ": run `loghelper kb import FILE`" }))?;
                    let users = store.list_users().await?.len();
                    say(users > 0, format!("{users} people{}", if users > 0 { "" } else { ": run `loghelper user add NAME`" }))?;
                    let branches = store.list_branches().await?;
                    say(true, format!("{} branches", branches.len()))?;
                    for branch in &branches {
                        if let Some(fault) = ingest::unusable(branch) {
                            let code = &branch.code;
                            say(
                                false,
                                format!(
                                    "branch {code}: {fault}, so that nothing it sends is taken: `loghelper branch add {code}` with `--timezone NAME` or `--encoding NAME` sets it"
                                ),
                            )?;
                        }
                    }
                    let (fine, guard) = told(store.audit_guard().await?);
                    say(fine, format!("audit log: {guard}"))?;
                    let pending = store.list_pending_log_errors().await?.len();
                    let advice = if pending == 0 { "" } else { ": the next command finishes them" };
                    say(true, format!("{pending} interrupted approvals{advice}"))?;
                    say(true, format!("{} unknown error groups", store.count_log_errors(GroupState::Unknown).await?))?;
                }
            }
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What would write drafts, and whether it is as it was configured: none at all is fine where none was asked for.
fn language_model(config: &Config) -> (bool, String) {
    let llm = &config.llm;
    match llm.backend {
        LlmBackend::None => (true, "drafts are put together from the nearest answers: `llm.backend` says so".to_owned()),
        LlmBackend::Http => (true, format!("drafts are written by `{}` at {}, which was not asked now", llm.model, llm.url)),
        LlmBackend::Local => match catalogue::locate(&llm.model, &config.data.dir, llm.context, Site::here)
            .and_then(|file| Gguf::open(&file))
        {
            Ok(model) => (true, format!("language model {}; `loghelper model check` tries it", model.path().display())),
            Err(_) if llm.model.trim().is_empty() => {
                (true, "no language model, drafts are put together from the nearest answers: `loghelper model pull` brings one".to_owned())
            }
            Err(error) => (false, format!("language model: {}; {}", error.chain(), error.remedy())),
        },
    }
}

/// How safe the audit log is, and whether that will do: a database without accounts is one for trying things out.
fn told(guard: AuditGuard) -> (bool, &'static str) {
    match guard {
        AuditGuard::Refused => (true, "entries can be added and neither changed nor removed"),
        AuditGuard::Allowed => (false, "this account could change or remove entries: give it the roles of deploy/mongodb/roles.js"),
        AuditGuard::Open => {
            (true, "the database knows no accounts, so whoever reaches it could change entries: see deploy/mongodb/roles.js")
        }
    }
}
