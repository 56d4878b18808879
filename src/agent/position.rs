//! Up to where each file was read, and what stood there: durable, and remembered for a while after a file is gone, so that its copies and
//! compressed forms are recognised.
//!
//! All of them stand in one file, and what changed since that was written in a journal beside it: what a change costs does not depend on how
//! many there are.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Error, durable,
    identity::{FileId, Origin, Print, Stamp},
    journal::{self, Journal},
};

/// How long files that are gone are remembered, in seconds.
const REMEMBERED: u64 = 30 * 24 * 3600;
/// Earlier contents remembered of files that were truncated.
const MAX_PAST: usize = 5_000;
/// The journal may become this many times larger than the file, and this large at least, before all is written anew.
const JOURNAL: u64 = 2;
const MIN_JOURNAL: u64 = 64 << 10;
/// How the journal's name ends.
const JOURNAL_NAME: &str = "journal";
/// Changes that wait to be written; when there are more, all is written anew.
const MAX_CHANGES: usize = 1_000;

/// Up to where a file was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) id: FileId,
    /// Its path when it was seen last, for people.
    pub(super) path: String,
    /// Bytes read, of the text: of what is compressed, decompressed ones.
    pub(super) offset: u64,
    /// What stood before that place.
    pub(super) print: Print,
    /// Whether it is in the branch's record format.
    pub(super) records: bool,
    /// When it was seen last, in seconds since 1970.
    pub(super) seen_at: u64,
    /// The compressed file was read to its end when it had this stamp.
    pub(super) finished: Option<Stamp>,
    /// What it had when its reading began; known from its first batch on.
    #[serde(default)]
    pub(super) origin: Option<Origin>,
}

/// The positions of all files.
#[derive(Debug)]
pub(super) struct Positions {
    path: PathBuf,
    /// What changed since they were saved.
    changes: Vec<Change>,
    /// They are to be written anew: more changed than the changes say.
    is_other: bool,
    /// As long as nothing went wrong with it; where there is none, all are written anew.
    journal: Option<Journal>,
    /// Size of the file.
    n_bytes: u64,
    /// When the first agent of this spool began, in seconds since 1970.
    since: u64,
    /// The last batch that they cover.
    sequence: u64,
    files: HashMap<FileId, Position>,
    past: Vec<Position>,
}

/// One thing that changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// A file was read up to there.
    Set(Position),
    /// A file has other content now.
    Retire(FileId),
}

/// A line of the journal: what one saving brought.
#[derive(Deserialize)]
struct Line {
    sequence: u64,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct NewLine<'a> {
    sequence: u64,
    changes: &'a [Change],
}

#[derive(Serialize)]
struct Written<'a> {
    /// That of its journal.
    mark: u64,
    since: u64,
    sequence: u64,
    files: Vec<&'a Position>,
    past: &'a [Position],
}

#[derive(Deserialize)]
struct Read {
    /// There is none in files of older agents, nor a journal.
    #[serde(default)]
    mark: Option<u64>,
    since: u64,
    sequence: u64,
    files: Vec<Position>,
    past: Vec<Position>,
}

impl Positions {
    /// Reads the positions of this file; where it is missing there are none, and all begins `now`.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged.
    pub(super) fn load(path: &Path, now: u64) -> Result<Self, Error> {
        let mut is_new = false;
        let read: Read = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::Positions(path.to_owned(), error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                is_new = true;
                Read { mark: None, since: now, sequence: 0, files: Vec::new(), past: Vec::new() }
            }
            Err(error) => return Err(Error::Read(path.to_owned(), error)),
        };
        let journal = path.with_extension(JOURNAL_NAME);
        let lines: Vec<Line> = match read.mark {
            Some(mark) => journal::read(&journal, mark).map_err(|error| Error::Read(journal, error))?,
            None => Vec::new(),
        };
        let files = read.files.into_iter().map(|position| (position.id, position)).collect();
        let Read { since, sequence, past, .. } = read;
        let (path, changes) = (path.to_owned(), Vec::new());
        let mut positions = Self { path, changes, is_other: is_new, journal: None, n_bytes: 0, since, sequence, files, past };
        for Line { sequence, changes } in lines {
            positions.sequence = sequence;
            changes.into_iter().for_each(|change| positions.apply(change));
        }
        Ok(positions)
    }

    /// When the first agent of this spool began: what was written later is its to send.
    pub(super) fn since(&self) -> u64 {
        self.since
    }

    /// The last batch that they cover.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The position of a file.
    pub(super) fn get(&self, id: FileId) -> Option<&Position> {
        self.files.get(&id)
    }

    /// Takes note of a position.
    pub(super) fn set(&mut self, position: Position) {
        self.note(Change::Set(position.clone()));
        self.apply(Change::Set(position));
    }

    /// Takes note of what a batch covers, unless a later one was noted before.
    pub(super) fn cover(&mut self, sequence: u64, position: Position) {
        if sequence > self.sequence {
            self.sequence = sequence;
            self.set(position);
        }
    }

    /// The file has other content now: what it had is remembered as past.
    pub(super) fn retire(&mut self, id: FileId) {
        if self.files.contains_key(&id) {
            self.note(Change::Retire(id));
            self.apply(Change::Retire(id));
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Set(position) => _ = self.files.insert(position.id, position),
            Change::Retire(id) => {
                self.past.extend(self.files.remove(&id));
                let over = self.past.len().saturating_sub(MAX_PAST);
                self.past.drain(..over);
            }
        }
    }

    /// Remembers what is to be saved; where that is much, as the disk is full, only that it is.
    fn note(&mut self, change: Change) {
        if self.changes.len() < MAX_CHANGES && !self.is_other {
            self.changes.push(change);
        } else {
            self.is_other = true;
            self.changes.clear();
        }
    }

    /// The origin of a content that was not met before and begins so.
    pub(super) fn origin(&self, begin: u64) -> Origin {
        let alike = self.all().filter_map(|position| position.origin).filter(|origin| origin.begin == begin);
        Origin { begin, generation: alike.map(|origin| origin.generation.saturating_add(1)).max().unwrap_or(0) }
    }

    /// All that is remembered, of files and of what they were.
    pub(super) fn all(&self) -> impl Iterator<Item = &Position> {
        self.files.values().chain(&self.past)
    }

    /// Forgets what was not seen for long; what `is_there` was seen now.
    pub(super) fn prune(&mut self, now: u64, is_there: impl Fn(FileId) -> bool) {
        for position in self.files.values_mut().filter(|position| is_there(position.id)) {
            position.seen_at = now;
        }
        let keep = |position: &Position| position.seen_at.saturating_add(REMEMBERED) >= now;
        self.files.retain(|_, position| keep(position));
        self.past.retain(keep);
        self.is_other = true;
    }

    /// Writes them for good, if there is anything new.
    ///
    /// # Errors
    /// When the disk says so; they are written by the next call then.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if !self.is_other && self.changes.is_empty() {
            return Ok(());
        }
        let is_long = |journal: &Journal| journal.n_bytes() > MIN_JOURNAL.max(self.n_bytes.saturating_mul(JOURNAL));
        let Some(mut journal) = self.journal.take().filter(|journal| !self.is_other && !is_long(journal)) else { return self.save_all() };
        // Where this fails there is no journal any more: half a line may stand at its end.
        journal.add(&NewLine { sequence: self.sequence, changes: &self.changes })?;
        self.journal = Some(journal);
        self.changes.clear();
        Ok(())
    }

    /// Writes all of them; what is in the journal stands there as well, and has another mark.
    fn save_all(&mut self) -> io::Result<()> {
        let mut files: Vec<&Position> = self.files.values().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mark = new_mark()?;
        let written = serde_json::to_vec(&Written { mark, since: self.since, sequence: self.sequence, files, past: &self.past })?;
        durable::write(&self.path, &[&written])?;
        (self.is_other, self.n_bytes) = (false, written.len() as u64);
        self.changes.clear();
        let journal = Journal::begin(&self.path.with_extension(JOURNAL_NAME), mark);
        self.journal = journal.inspect_err(|error| tracing::warn!(%error, "the journal of positions cannot be begun")).ok();
        Ok(())
    }
}

/// What no journal that may lie there has.
fn new_mark() -> io::Result<u64> {
    let mut mark = [0; 8];
    getrandom::fill(&mut mark).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(mark))
}
