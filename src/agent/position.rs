//! Up to where each file was read, and what stood there: durable, and remembered for a while after a file is gone, so that its copies and
//! compressed forms are recognised.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Error, durable,
    identity::{FileId, Origin, Print, Stamp},
};

/// How long files that are gone are remembered, in seconds.
const REMEMBERED: u64 = 30 * 24 * 3600;
/// Earlier contents remembered of files that were truncated.
const MAX_PAST: usize = 5_000;

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
    dirty: bool,
    /// When the first agent of this spool began, in seconds since 1970.
    since: u64,
    /// The last batch that they cover.
    sequence: u64,
    files: HashMap<FileId, Position>,
    past: Vec<Position>,
}

#[derive(Serialize)]
struct Written<'a> {
    since: u64,
    sequence: u64,
    files: Vec<&'a Position>,
    past: &'a [Position],
}

#[derive(Deserialize)]
struct Read {
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
                Read { since: now, sequence: 0, files: Vec::new(), past: Vec::new() }
            }
            Err(error) => return Err(Error::Read(path.to_owned(), error)),
        };
        let files = read.files.into_iter().map(|position| (position.id, position)).collect();
        Ok(Self { path: path.to_owned(), dirty: is_new, since: read.since, sequence: read.sequence, files, past: read.past })
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
        self.dirty = true;
        self.files.insert(position.id, position);
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
        if let Some(position) = self.files.remove(&id) {
            self.dirty = true;
            self.past.push(position);
            let over = self.past.len().saturating_sub(MAX_PAST);
            self.past.drain(..over);
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
        self.dirty = true;
    }

    /// Writes them for good, if there is anything new.
    ///
    /// # Errors
    /// When the disk says so; they are written by the next call then.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.dirty {
            let mut files: Vec<&Position> = self.files.values().collect();
            files.sort_by(|a, b| a.path.cmp(&b.path));
            let written = serde_json::to_vec(&Written { since: self.since, sequence: self.sequence, files, past: &self.past })?;
            durable::write(&self.path, &[&written])?;
            self.dirty = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::identity::Trace;

    fn position(path: &Path, offset: u64, seen_at: u64) -> Position {
        let id = FileId::of(&fs::metadata(path).unwrap());
        let print = Trace::default().print();
        Position { id, path: path.display().to_string(), offset, print, records: true, seen_at, finished: None, origin: None }
    }

    #[test]
    fn positions_outlive_the_process_and_earlier_batches_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("positions.json"), folder.path().join("x.log"));
        fs::write(&log, "x").unwrap();
        let mut positions = Positions::load(&path, 100).unwrap();
        positions.cover(3, position(&log, 7, 100));
        positions.cover(2, position(&log, 5, 100));
        positions.save().unwrap();
        let mut again = Positions::load(&path, 100).unwrap();
        let id = position(&log, 0, 0).id;
        assert_eq!((again.sequence(), again.get(id).unwrap().offset), (3, 7));
        again.retire(id);
        again.save().unwrap();
        let mut past = Positions::load(&path, 100).unwrap();
        assert!(past.get(id).is_none());
        assert_eq!(past.all().map(|position| position.offset).collect::<Vec<_>>(), [7]);
        past.prune(100 + REMEMBERED + 1, |_| false);
        assert_eq!(past.all().count(), 0);
        fs::write(&path, "{").unwrap();
        assert!(matches!(Positions::load(&path, 100), Err(Error::Positions(..))));
    }

    #[test]
    fn what_is_still_there_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("x.log");
        fs::write(&log, "x").unwrap();
        let mut positions = Positions::load(&folder.path().join("positions.json"), 100).unwrap();
        positions.set(position(&log, 7, 100));
        positions.prune(100 + 2 * REMEMBERED, |_| true);
        positions.prune(100 + 3 * REMEMBERED, |_| false);
        assert_eq!(positions.all().count(), 1);
    }
}
