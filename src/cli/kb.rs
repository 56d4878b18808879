//! `kb`: the knowledge base as one JSON document.

use std::{fs::File, io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use bson::DateTime;
use clap::Subcommand;

use super::{Global, input};
use crate::{
    app,
    usecase::knowledge_base::{self, Document},
};

/// Import, export or check the knowledge base.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper kb check seed/knowledge_base.json\n  loghelper kb import seed/knowledge_base.json\n  loghelper kb export backup.json"
)]
pub(super) struct Kb {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add the document's statuses and known errors; entries with the same id are replaced
    Import {
        /// The document, `-` for standard input
        file: PathBuf,
    },
    /// Write the store's knowledge base
    Export {
        /// Where to, `-` for standard output
        file: PathBuf,
    },
    /// Say what is wrong with a document; no store is opened
    Check {
        /// The document, `-` for standard input
        file: PathBuf,
    },
}

impl Kb {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        match self.action {
            Action::Check { file } => {
                let document = read(&file)?;
                let faults = knowledge_base::check(&document, &[]);
                report(&file, &faults);
                if faults.is_empty() {
                    println!(
                        "{}: {} statuses, {} known errors: good",
                        file.display(),
                        document.statuses.len(),
                        document.known_errors.len()
                    );
                }
                Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            Action::Import { file } => {
                let document = read(&file)?;
                let services = app::open(global.config()?).await?;
                let faults = knowledge_base::check(&document, &services.store.list_status_errors().await?);
                report(&file, &faults);
                if !faults.is_empty() {
                    eprintln!("loghelper: nothing was imported");
                    return Ok(ExitCode::FAILURE);
                }
                knowledge_base::import(services.store.as_ref(), &document, "import", DateTime::now()).await?;
                println!("{}: {} statuses, {} known errors imported", file.display(), document.statuses.len(), document.known_errors.len());
                Ok(ExitCode::SUCCESS)
            }
            Action::Export { file } => {
                let services = app::open(global.config()?).await?;
                let document = knowledge_base::export(services.store.as_ref()).await?;
                let mut text = serde_json::to_vec_pretty(&document)?;
                text.push(b'\n');
                if file.as_os_str() == "-" {
                    std::io::stdout().write_all(&text)?;
                } else {
                    File::create(&file)
                        .and_then(|mut out| out.write_all(&text))
                        .with_context(|| format!("cannot write {}", file.display()))?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn read(path: &std::path::Path) -> Result<Document> {
    let input = std::io::BufReader::new(input::open(path)?);
    serde_json::from_reader(input).with_context(|| format!("{} is no knowledge base", path.display()))
}

fn report(path: &std::path::Path, faults: &[String]) {
    for fault in faults {
        eprintln!("loghelper: {}: {fault}", path.display());
    }
}
