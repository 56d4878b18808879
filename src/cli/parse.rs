//! `parse`: Logs as NDJSON, nothing stored.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use bson::{RawDocument, RawDocumentBuf};
use encoding_rs::Encoding;
use jiff::tz::TimeZone;

use super::{
    Global, input,
    output::{Lines, is_closed_pipe},
    progress, usage,
};
use crate::{
    detect,
    domain::{BranchCode, LogFileId, ParseCounts},
    parse::{self, Options, Piece, Report, Whole},
};

/// Print the Logs of files as NDJSON (relaxed Extended JSON v2); nothing is stored.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper parse branch.log | head\n  zcat old.gz | loghelper parse --summary counts.json -\n  loghelper parse --format syslog /var/log/messages"
)]
pub(super) struct Parse {
    /// auto, bars, jsonl, syslog, log4j, logcat, bgl, thunderbird, go, or a name from the configuration
    #[arg(long, default_value = "auto")]
    format: String,
    /// Write the counts of all files to this file as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// The branch the files come from
    #[arg(long, default_value = "local")]
    branch: BranchCode,
    /// Zone of dates without one, such as Europe/Kyiv
    #[arg(long, default_value = "UTC", value_parser = usage::zone)]
    timezone: TimeZone,
    /// Encoding, such as windows-1251; found out where none is named
    #[arg(long, value_parser = usage::encoding)]
    encoding: Option<&'static Encoding>,
    /// Print also by what halves are paired later, for lines that are to be ingested
    #[arg(long)]
    bookkeeping: bool,
    /// Files, `-` for standard input; .gz and .zst are read as they are
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What can stop reading.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Parse(#[from] parse::Error),
    #[error("{0:#}")]
    Output(anyhow::Error),
}

impl Parse {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode> {
        let config = global.config()?;
        let mut options = Options::new(self.branch.clone(), LogFileId::from_content(&[]));
        options.format = input::format(&self.format, &config.parse.formats)?;
        options.custom = config.parse.formats.iter().cloned().map(std::sync::Arc::new).collect();
        options.encoding = self.encoding;
        options.timezone = self.timezone.clone();
        options.received = Some(bson::DateTime::now());
        options.limits = config.parse.limits.clone();
        let mut lines = Lines::new();
        let mut total = ParseCounts::default();
        let mut all_good = true;
        for path in &self.files {
            match one(path, &mut options, &config.detect, self.bookkeeping, &mut lines) {
                Ok((report, errors)) => {
                    for note in &report.notes {
                        eprintln!("loghelper: {}: offset {}: {}", path.display(), note.offset, note.text);
                    }
                    all_good &= matches!(report.whole, Whole::Ok | Whole::Empty);
                    add(&mut total, &ParseCounts { errors, ..report.counts });
                }
                Err(error) if is_closed_pipe(&error) => return Ok(ExitCode::SUCCESS),
                Err(error) => {
                    eprintln!("loghelper: {error:#}");
                    all_good = false;
                }
            }
        }
        lines.flush()?;
        if let Some(path) = &self.summary {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            serde_json::to_writer_pretty(file, &total)?;
        }
        Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Prints one file's Logs.
fn one(path: &Path, options: &mut Options, rules: &detect::Rules, bookkeeping: bool, lines: &mut Lines) -> Result<(Report, i64)> {
    let name = path.file_name().map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    options.log_file_id = LogFileId::from_content(&[options.branch.as_str().as_bytes(), name.as_bytes(), &size.to_le_bytes()]);
    let bar = progress::bar(size, &name);
    let mut errors = 0;
    let (branch, file) = (options.branch.clone(), options.log_file_id);
    let mut sink = |piece| {
        if let Piece::Log(log) = piece {
            let fault = detect::find(rules, log.response.as_deref()).or_else(|| log.fault.as_deref().cloned());
            errors += i64::from(fault.is_some());
            let encoded = log.encode(&branch, &file, fault.as_ref(), None).map_err(|error| Stop::Output(error.into()))?;
            lines.document(&public(encoded.document(), bookkeeping)).map_err(Stop::Output)?;
        }
        Ok(())
    };
    let report = parse::parse(input::open(path)?, options, &mut sink, &|read| bar.set_position(read));
    bar.finish_and_clear();
    match report {
        Ok(report) => Ok((report, errors)),
        Err(Stop::Output(error)) => Err(error),
        Err(Stop::Parse(error)) => Err(anyhow::Error::new(error).context(format!("{}: cannot read it", path.display()))),
    }
}

/// The fields of a Log that are printed: what a verdict, fingerprints and pairing add to them is the store's.
const PUBLIC: [&str; 17] = [
    "_id",
    "branch",
    "log_file_id",
    "server",
    "message_id",
    "state",
    "remote_ip",
    "request_type",
    "content_type",
    "charset",
    "request_date",
    "request",
    "response_date",
    "response",
    "duration_ms",
    "error",
    "problems",
];

/// By what halves are paired later.
const BOOKKEEPING: [&str; 5] = ["session_key", "pairing_key", "halves", "completion", "meets"];

fn public(document: &RawDocument, bookkeeping: bool) -> RawDocumentBuf {
    let is_shown = |name: &str| PUBLIC.contains(&name) || (bookkeeping && BOOKKEEPING.contains(&name));
    let mut shown = RawDocumentBuf::new();
    for (name, value) in document.iter().flatten().filter(|(name, _)| is_shown(name.as_str())) {
        shown.append(name, value);
    }
    shown
}

fn add(total: &mut ParseCounts, one: &ParseCounts) {
    total.records += one.records;
    total.logs += one.logs;
    total.complete += one.complete;
    total.request_only += one.request_only;
    total.response_only += one.response_only;
    total.malformed += one.malformed;
    total.foreign_lines += one.foreign_lines;
    total.errors += one.errors;
    total.bytes += one.bytes;
}
