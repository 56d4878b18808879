//! `group`: the group and template of each message.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, Result};
use bson::oid::ObjectId;
use rustc_hash::FxHashMap;
use serde_json::json;

use super::{
    lines::TextLines,
    output::{Lines, is_closed_pipe},
};
use crate::{domain::GroupId, inference::group::Grouper};

/// Print the group and template of each message, one a line, as NDJSON.
///
/// A template may become more general with later messages: all lines are printed at the end, with the final ones, unless --at-once is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  grep ERROR app.log | loghelper group | jq -r .template | sort | uniq -c | sort -rn\n  loghelper group errors.txt.gz\n  tail -f app.log | loghelper group --at-once"
)]
pub(super) struct Group {
    /// Print each line as soon as it is read, with the template as it stands then
    #[arg(long)]
    at_once: bool,
    /// Files with a message a line, `-` for standard input; .gz and .zst are read as they are
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
}

impl Group {
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut lines = Lines::new();
        match if self.at_once { self.at_once(&mut lines) } else { self.at_the_end(&mut lines) } {
            Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
            other => other.map(|()| ExitCode::SUCCESS),
        }
    }

    fn at_once(&self, lines: &mut Lines) -> Result<()> {
        let (mut grouper, mut number) = (Grouper::new(), 0);
        for path in &self.files {
            let mut messages = TextLines::open(path)?;
            while let Some(message) = messages.next()? {
                let id = grouper.assign(&message).id;
                number += 1;
                print(lines, number, id, &template(&grouper, id))?;
                if messages.may_wait() {
                    lines.flush()?;
                }
            }
        }
        Ok(lines.flush()?)
    }

    fn at_the_end(&self, lines: &mut Lines) -> Result<()> {
        let (mut grouper, mut ids) = (Grouper::new(), Ids::new().context("cannot make a temporary file")?);
        for path in &self.files {
            let mut messages = TextLines::open(path)?;
            while let Some(message) = messages.next()? {
                ids.add(grouper.assign(&message).id).context("cannot write a temporary file")?;
            }
        }
        // Templates are final now, and far fewer than messages.
        let mut templates: FxHashMap<GroupId, String> = FxHashMap::default();
        let (mut ids, mut number) = (ids.read().context("cannot read a temporary file")?, 0);
        while let Some(id) = next(&mut ids).context("cannot read a temporary file")? {
            number += 1;
            print(lines, number, id, templates.entry(id).or_insert_with(|| template(&grouper, id)))?;
        }
        Ok(lines.flush()?)
    }
}

fn template(grouper: &Grouper, id: GroupId) -> String {
    grouper.template(id).map(|template| template.to_string()).unwrap_or_default()
}

fn print(lines: &mut Lines, number: u64, id: GroupId, template: &str) -> io::Result<()> {
    lines.json(&json!({ "line": number, "group": id.to_string(), "template": template }))
}

/// The group of each message, on disk: messages may be more than memory holds.
struct Ids(BufWriter<File>);

impl Ids {
    fn new() -> io::Result<Self> {
        tempfile::tempfile().map(|file| Self(BufWriter::new(file)))
    }

    fn add(&mut self, id: GroupId) -> io::Result<()> {
        self.0.write_all(&id.0.bytes())
    }

    fn read(self) -> io::Result<BufReader<File>> {
        let mut file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }
}

/// The next of the ids.
fn next(ids: &mut impl Read) -> io::Result<Option<GroupId>> {
    let mut bytes = [0; 12];
    match ids.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(GroupId(ObjectId::from_bytes(bytes)))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
