//! `reprocess`: files are read again.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use serde_json::json;

use super::{Global, ingest, input, output::Lines, progress};
use crate::{
    app,
    domain::{FileState, LogFileId},
    parse::FormatChoice,
    usecase::{
        Progress, Services,
        reprocess::{self, Preview, Reading},
    },
};

/// Read files again by the rules, the formats and the branch's settings of today, from the bytes that were kept of them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper reprocess --preview 5f0c…\n  loghelper reprocess 5f0c… 9a3e…\n\nA run that is broken off is finished by running it again."
)]
pub(super) struct Reprocess {
    /// Say what would change, and change nothing
    #[arg(long)]
    preview: bool,
    /// auto, bars, jsonl, syslog, log4j, logcat, bgl, thunderbird, go, or a name from the configuration
    #[arg(long, default_value = "auto")]
    format: String,
    /// Print one line of JSON a file
    #[arg(long)]
    json: bool,
    /// Ids of files, as `ingest --json` and their pages name them
    #[arg(required = true, value_name = "FILE-ID")]
    files: Vec<LogFileId>,
}

impl Reprocess {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let format = input::format(&self.format, &config.parse.formats)?;
        let services = app::open(config).await?;
        let (mut all_good, mut lines) = (true, Lines::new());
        for id in &self.files {
            let done = if self.preview {
                self.tell(&services, id, &format, &mut lines).await
            } else {
                self.one(&services, id, &format, &mut lines).await
            };
            match done {
                Ok(is_good) => all_good &= is_good,
                Err(error) => {
                    eprintln!("loghelper: {id}: {error:#}");
                    all_good = false;
                }
            }
            lines.flush()?;
        }
        Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn one(&self, services: &Services, id: &LogFileId, format: &FormatChoice, lines: &mut Lines) -> Result<bool> {
        let size = services.store.find_log_file(id).await?.map_or(0, |file| u64::try_from(file.size_bytes).unwrap_or_default());
        let bar = progress::bar(size, &id.to_string());
        let shown = bar.clone();
        let on_progress = Arc::new(move |progress: Progress| shown.set_position(progress.bytes_read));
        let done = reprocess::reprocess(services, id, format.clone(), on_progress).await;
        bar.finish_and_clear();
        let done = done??;
        ingest::tell_problems(&done);
        if self.json {
            lines.json(&ingest::summary(&done))?;
        } else {
            lines.text(&ingest::sentence(&done))?;
        }
        Ok(done.file.state == FileState::Done)
    }

    async fn tell(&self, services: &Services, id: &LogFileId, format: &FormatChoice, lines: &mut Lines) -> Result<bool> {
        let Preview { before, after, n_new, n_changed, n_same, n_gone } = reprocess::preview(services, id, format.clone()).await??;
        if self.json {
            let reading = |reading: &Reading| {
                json!({
                    "format": reading.format, "encoding": reading.encoding, "records": reading.records, "logs": reading.logs,
                    "complete": reading.complete, "malformed": reading.malformed, "quarantined": reading.quarantined,
                    "errors_known": reading.errors_known, "errors_unknown": reading.errors_unknown, "groups": reading.groups,
                })
            };
            lines.json(&json!({
                "log_file_id": id.to_string(), "before": reading(&before), "after": reading(&after),
                "new": n_new, "changed": n_changed, "same": n_same, "gone": n_gone,
            }))?;
        } else {
            lines.text(&format!(
                "{id}: {n_new} Logs new, {n_changed} changed, {n_same} the same, {n_gone} gone\n  errors: {} known, {} unknown now; {} known, {} unknown then",
                before.errors_known, before.errors_unknown, after.errors_known, after.errors_unknown,
            ))?;
        }
        Ok(true)
    }
}
