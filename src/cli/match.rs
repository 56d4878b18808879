//! `match`: a verdict for each error text.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};
use serde_json::Value;

use super::{
    input,
    lines::TextLines,
    output::{Lines, is_closed_pipe},
    usage::Usage,
};
use crate::{
    inference::{Index, Query},
    usecase::{
        description,
        judge::Judged,
        knowledge_base::{self, Document},
        rule_of,
    },
};

/// Print a verdict for each line, which is an error text or NDJSON {"text","code"}, as NDJSON.
///
/// Titles and answers order the alternatives of an unknown text and make none known. As for any text without a Log, known errors with a
/// condition on the exchange or a validity are not asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  echo 'Account 26001 not found' | loghelper match --kb seed/knowledge_base.json\n  loghelper match --kb knowledge_base.json.gz errors.txt.zst"
)]
pub(super) struct Match {
    /// Knowledge base as one JSON document
    #[arg(long, value_name = "FILE")]
    kb: PathBuf,
    /// Files with a text a line, `-` for standard input; .gz and .zst are read as they are
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
}

impl Match {
    pub(super) fn run(self) -> Result<ExitCode> {
        if input::is_stdin(&self.kb) && self.files.iter().any(|path| input::is_stdin(path)) {
            return Err(Usage::new("the knowledge base and the texts cannot both be standard input").into());
        }
        let index = index(&self.kb)?;
        let mut lines = Lines::new();
        match self.files.iter().try_for_each(|path| judge(&index, path, &mut lines)) {
            Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
            other => other.map(|()| ExitCode::SUCCESS),
        }
    }
}

fn judge(index: &Index, path: &Path, lines: &mut Lines) -> Result<()> {
    let mut texts = TextLines::open(path)?;
    while let Some(line) = texts.next()? {
        let object = if line.trim_start().starts_with('{') { serde_json::from_str::<Value>(&line).ok() } else { None };
        let field = |name: &str| object.as_ref().and_then(|object| object.get(name)).filter(|value| !value.is_null());
        let text = field("text").and_then(Value::as_str).unwrap_or(&line).to_owned();
        let code = field("code").map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
        let verdict = index.classify_where(&Query { text: &text, code: code.as_deref(), meaning: None }, &|_| false);
        lines.json(&Judged::new(&text, &verdict))?;
        if texts.may_wait() {
            lines.flush()?;
        }
    }
    Ok(lines.flush()?)
}

/// The index over a knowledge base document.
fn index(path: &Path) -> Result<Index> {
    let document: Document = input::json(path, "knowledge base")?;
    let mut index = Index::new();
    let mut usable = 0;
    // Where nothing is written but texts, they say it all.
    let is_described = document.known_errors.iter().any(|entry| !entry.answers.is_empty() || entry.title.is_some());
    for (number, entry) in document.known_errors.iter().enumerate() {
        let (known, answers) = entry.to_documents("kb", bson::DateTime::from_millis(0));
        if !known.state.matches() {
            continue;
        }
        let status =
            document.statuses.iter().find(|status| Some(status.code) == known.status).map(knowledge_base::StatusEntry::to_document);
        let rule = rule_of(&known, status.as_ref()).map_err(anyhow::Error::from);
        match rule.and_then(|(rule, _)| Ok(index.upsert(rule)?)) {
            Ok(()) => {
                usable += 1;
                if is_described {
                    index.describe(&known.id, &description(&known, &answers));
                }
            }
            Err(error) => eprintln!("loghelper: {}: known_errors[{number}] is left out: {error}", path.display()),
        }
    }
    if usable == 0 && !document.known_errors.is_empty() {
        bail!("{}: none of its entries can be used", path.display());
    }
    Ok(index)
}
