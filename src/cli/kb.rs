//! `kb`: the knowledge base as one JSON document, or its known errors as a table.

use std::{fs::File, io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use bson::DateTime;
use clap::Subcommand;
use serde_json::json;

use super::{
    Global,
    kb_file::{self, Checked, Fault},
    output::Lines,
    progress, usage,
};
use crate::{
    app,
    domain::{KnownError, KnownErrorId},
    usecase::{
        Services,
        knowledge_base::{self, Plan, Step},
        preview::{self, Draft},
        rejudge::{self, Rejudged},
        rejudge_known,
    },
};

/// Import, export or check the knowledge base, try a rule on history, judge stored errors anew.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper kb check seed/knowledge_base.json\n  loghelper kb import seed/knowledge_base.json\n  loghelper kb import known_errors.csv --dry-run\n  loghelper kb export backup.json\n  loghelper kb preview --keyword deadlock --days 30"
)]
pub(super) struct Kb {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add the statuses and known errors of a document, or the known errors of a CSV table; entries with the same id are replaced
    #[command(
        after_help = "Examples:\n  loghelper kb import seed/knowledge_base.json\n  loghelper kb import known_errors.csv --dry-run\n  loghelper kb import - < knowledge_base.json.gz"
    )]
    Import {
        /// The document or table, `-` for standard input; .gz and .zst are read as they are
        file: PathBuf,
        /// Only say what would be new, changed and the same
        #[arg(long)]
        dry_run: bool,
        /// Import the good rows of a table even where others are bad
        #[arg(long)]
        skip_bad: bool,
    },
    /// Write the store's knowledge base; a file that ends in .csv gets its known errors as a table
    #[command(
        after_help = "Examples:\n  loghelper kb export backup.json\n  loghelper kb export known_errors.csv\n  loghelper kb export - | jq .known_errors"
    )]
    Export {
        /// Where to, `-` for standard output
        file: PathBuf,
    },
    /// Say which stored errors a rule would catch, and which it would take from other known errors; nothing is saved
    Preview(Box<Preview>),
    /// Judge the stored errors that nobody knew by the knowledge base as it is now
    #[command(after_help = "Example:\n  loghelper kb rejudge")]
    Rejudge,
    /// Say what is wrong with a document or a table; no store is opened
    #[command(after_help = "Example:\n  loghelper kb check seed/knowledge_base.json")]
    Check {
        /// The document or table, `-` for standard input; .gz and .zst are read as they are
        file: PathBuf,
    },
}

impl Kb {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        match self.action {
            Action::Check { file } => {
                let Checked { document, faults } = kb_file::read(&file, None)?;
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
            Action::Import { file, dry_run, skip_bad } => {
                let services = app::open(global.config()?).await?;
                let stored = knowledge_base::export(services.store.as_ref()).await?;
                let Checked { document, faults } = kb_file::read(&file, Some(&stored))?;
                report(&file, &faults);
                if dry_run {
                    println!("{}", counts(&knowledge_base::plan(services.store.as_ref(), &document, DateTime::now()).await?));
                    return Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
                }
                let may_skip = skip_bad && !document.known_errors.is_empty() && faults.iter().all(|fault| fault.of_row);
                if !faults.is_empty() && !may_skip {
                    eprintln!("loghelper: nothing was imported");
                    return Ok(ExitCode::FAILURE);
                }
                knowledge_base::import(&services, &document, "import", DateTime::now()).await?;
                println!("{}: {} statuses, {} known errors imported", file.display(), document.statuses.len(), document.known_errors.len());
                rejudge_with_bar(&services).await?;
                rejudge_known::finish_pending(&services).await?;
                Ok(ExitCode::SUCCESS)
            }
            Action::Rejudge => {
                let services = app::open(global.config()?).await?;
                let done = rejudge_with_bar(&services).await?;
                println!("{} groups judged, {} Logs became known", done.n_groups, done.n_logs);
                Ok(ExitCode::SUCCESS)
            }
            Action::Preview(asked) => asked.run(global).await,
            Action::Export { file } => {
                let services = app::open(global.config()?).await?;
                let text = kb_file::written(services.store.as_ref(), &file).await?;
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

/// Judges unknown errors anew and shows how far that is.
async fn rejudge_with_bar(services: &Services) -> Result<Rejudged> {
    let bar = progress::counter("groups of unknown errors judged");
    let shown = bar.clone();
    let done = rejudge::rejudge(services, &move |so_far| {
        shown.set_length(so_far.of_groups as u64);
        shown.set_position(so_far.n_groups as u64);
    })
    .await;
    bar.finish_and_clear();
    Ok(done?)
}

/// What a rule would catch.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper kb preview --text 'Account 26001 not found' --days 30\n  loghelper kb preview --keyword deadlock --keyword ORA-00060 --condition 'branch = K01'"
)]
struct Preview {
    /// Text by which errors are recognised
    #[arg(long, default_value = "")]
    text: String,
    /// A key word, most of which mark the error; may be repeated
    #[arg(long = "keyword")]
    keywords: Vec<String>,
    /// A key word that marks the error by itself; may be repeated
    #[arg(long = "any")]
    keywords_any: Vec<String>,
    /// A key word that must be there; may be repeated
    #[arg(long = "all")]
    keywords_all: Vec<String>,
    /// A key word that must not be there; may be repeated
    #[arg(long = "none")]
    keywords_none: Vec<String>,
    /// The server's code
    #[arg(long)]
    code: Option<String>,
    /// A regular expression
    #[arg(long, value_parser = usage::regex_text)]
    regex: Option<String>,
    /// A filter that the Log has to satisfy
    #[arg(long, value_parser = usage::filter_text)]
    condition: Option<String>,
    /// The known error that is edited, if it is not a new one
    #[arg(long)]
    id: Option<String>,
    /// Errors of the last so many days; all where none is given
    #[arg(long)]
    days: Option<u32>,
    /// At most this many errors are looked at, the newest
    #[arg(long, default_value_t = 1_000_000)]
    limit: u64,
}

impl Preview {
    async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        let now = DateTime::now();
        let since = preview::since(self.days, now);
        let draft = Draft { text: self.text, keywords: self.keywords, ..Draft::default() };
        let entry = KnownError {
            id: KnownErrorId(self.id.unwrap_or_else(|| "preview".to_owned())),
            keywords_any: self.keywords_any,
            keywords_all: self.keywords_all,
            keywords_none: self.keywords_none,
            code: self.code,
            regex: self.regex,
            conditions: self.condition,
            status: None,
            ..preview::on_trial(draft, now)
        };
        let found = preview::preview(&services, &entry, since, self.limit).await?;
        let mut lines = Lines::new();
        lines.json(&json!({
            "errors": found.n_errors,
            "incomplete": found.incomplete,
            "unknown": found.unknown.iter().map(|(group, n)| json!({ "group_id": group.map(|id| id.to_string()), "n": n })).collect::<Vec<_>>(),
            "taken": found.taken.iter().map(|(id, n)| json!({ "known_error_id": id, "n": n })).collect::<Vec<_>>(),
            "own": found.n_own,
            "examples": found.examples.iter().map(|(id, text)| json!({ "log_id": id.to_string(), "message": text })).collect::<Vec<_>>(),
        }))?;
        lines.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

fn report(path: &std::path::Path, faults: &[Fault]) {
    for fault in faults {
        eprintln!("loghelper: {}: {}", path.display(), fault.text);
    }
}

/// What a plan comes to, in a line.
fn counts(plan: &Plan) -> String {
    let statuses = plan.statuses.iter().map(|planned| &planned.step);
    let (mut new, mut changed, mut same) = (0, 0, 0);
    for step in statuses.chain(plan.known_errors.iter().map(|planned| &planned.step)) {
        match step {
            Step::New => new += 1,
            Step::Changed(_) => changed += 1,
            Step::Same => same += 1,
        }
    }
    format!("{new} new, {changed} changed, {same} as they are; nothing was imported")
}
