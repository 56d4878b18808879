//! `ingest`: files into the store.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Result;
use bson::DateTime;
use serde_json::json;

use super::{Global, input, output::Lines, progress};
use crate::{
    app,
    domain::{BranchCode, FileState, Problem},
    usecase::{Arrived, IngestRequest, Ingested, Services, Watch, raw},
};

/// Parse, pair, detect, match and store log files; print what came of each.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper ingest --branch K01 bars-2016-05-08.log\n  loghelper ingest --branch K01 --json *.log.gz\n  loghelper ingest --branch K01 may.zip june.tar.zst\n  ssh office cat today.log | loghelper ingest --branch K01 -"
)]
pub(super) struct Ingest {
    /// The branch that sent the files; registered where it is new
    #[arg(long, default_value = "local")]
    branch: BranchCode,
    /// auto, bars, jsonl, syslog, log4j, logcat, bgl, thunderbird, go, or a name from the configuration
    #[arg(long, default_value = "auto")]
    format: String,
    /// Print one line of JSON a file
    #[arg(long)]
    json: bool,
    /// Files, `-` for standard input; .gz and .zst are read as they are, each file of a .zip or .tar becomes a file of its own
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Ingest {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let format = input::format(&self.format, &config.parse.formats)?;
        let services = app::open(config).await?;
        let mut all_good = true;
        let mut lines = Lines::new();
        for path in &self.files {
            let request = |path: PathBuf, name: String| IngestRequest {
                branch: self.branch.clone(),
                name,
                path,
                format: format.clone(),
                uploaded_by: "command line".to_owned(),
            };
            match one(&services, path, request).await {
                Ok(arrived) => {
                    for one in &arrived {
                        all_good &= self.told(one, &mut lines)?;
                    }
                    lines.flush()?;
                }
                Err(error) => {
                    eprintln!("loghelper: {error:#}");
                    all_good = false;
                }
            }
        }
        raw::sweep(&services, DateTime::now()).await?;
        Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Prints what became of a file; whether all of it is stored.
    fn told(&self, arrived: &Arrived, lines: &mut Lines) -> Result<bool> {
        let done = match arrived {
            Arrived::File(done) => done,
            Arrived::Refused(refused) => {
                eprintln!("loghelper: {}: {}", refused.name, refused.reason);
                return Ok(false);
            }
        };
        tell_problems(done);
        if self.json {
            lines.json(&summary(done))?;
        } else {
            lines.text(&sentence(done))?;
        }
        Ok(done.file.state == FileState::Done)
    }
}

/// Says what is wrong with a file, where, and why.
pub(super) fn tell_problems(done: &Ingested) {
    let tell = |problem: &Problem| eprintln!("loghelper: {}: offset {}: {}", done.name, problem.offset, problem.text);
    if done.again {
        eprintln!("loghelper: {}: offset 0: the same bytes were ingested before, as `{}`: nothing was done", done.name, done.file.name);
    }
    done.notes.iter().for_each(tell);
    // The whole of a file in quarantine is told as the file's.
    done.problems.first().iter().filter(|problem| !done.notes.contains(problem)).for_each(tell);
    let n_more = done.problems.n_more();
    if n_more > 0 {
        let id = done.file.id;
        eprintln!("loghelper: {}: and {n_more} more; see `loghelper query 'log_file_id = \"{id}\" and problems.kind exists'`", done.name);
    }
}

/// Ingests one file, or those of an archive, with a progress bar.
async fn one(services: &Services, path: &Path, request: impl Fn(PathBuf, String) -> IngestRequest) -> Result<Vec<Arrived>> {
    let name = match path.file_name() {
        Some(name) if path != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    let (on_disk, _keeps_the_file) = input::on_disk(path)?;
    let request = request(on_disk, name);
    let bar = progress::bar(std::fs::metadata(&request.path).map_or(0, |metadata| metadata.len()), &request.name);
    let shown = bar.clone();
    let watch = Watch { on_progress: Arc::new(move |progress| shown.set_position(progress.bytes_read)), ..Watch::nobody() };
    let arrived = services.ingest_upload(request, &watch).await;
    bar.finish_and_clear();
    Ok(arrived?)
}

/// Ingests a file and shows how far it is.
pub(super) async fn ingest_with_bar(services: &Services, request: IngestRequest) -> Result<Ingested> {
    let bar = progress::bar(std::fs::metadata(&request.path).map_or(0, |metadata| metadata.len()), &request.name);
    let shown = bar.clone();
    let done = services.ingest_file(request, Arc::new(move |progress| shown.set_position(progress.bytes_read))).await;
    bar.finish_and_clear();
    Ok(done?)
}

/// The result for programs.
pub(super) fn summary(done: &Ingested) -> serde_json::Value {
    let file = &done.file;
    let mut summary = json!({
        "log_file_id": file.id.to_string(),
        "file": file.name,
        "branch": file.branch,
        "state": file.state,
        "again": done.again,
        "format": file.format,
        "encoding": file.encoding,
        "message": file.message,
    });
    for part in [serde_json::to_value(file.counts), serde_json::to_value(file.outcome)].into_iter().flatten() {
        if let (Some(summary), serde_json::Value::Object(part)) = (summary.as_object_mut(), part) {
            summary.extend(part);
        }
    }
    summary
}

/// The result for people.
pub(super) fn sentence(done: &Ingested) -> String {
    let (file, counts, outcome) = (&done.file, &done.file.counts, &done.file.outcome);
    let before = if done.again { " (ingested before; nothing was done)" } else { "" };
    let mut text = format!(
        "{}: {} Logs ({} complete, {} request only, {} response only), {} new, {} malformed records, {} foreign lines{before}\n  errors: {} known, {} unknown in {} groups ({} new)",
        file.name,
        counts.logs,
        counts.complete,
        counts.request_only,
        counts.response_only,
        outcome.new_logs,
        counts.malformed,
        counts.foreign_lines,
        outcome.errors_known,
        outcome.errors_unknown,
        outcome.groups_new + outcome.groups_seen,
        outcome.groups_new,
    );
    if let Some(message) = &file.message {
        text.push_str(&format!("\n  {message}"));
    }
    text
}
