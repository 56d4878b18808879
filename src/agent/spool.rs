//! Batches on their way: one file each, there whole or not at all, bounded in bytes, removed when the server has them for good.
//!
//! A file is a line of JSON (what the batch is, up to where it was read) and the compressed text. Its name is its number, and numbers
//! rise.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{durable, identity::Origin, position::Position, unix_now};

/// How the files of batches end.
const BATCH: &str = "batch";
/// How the files of batches end that cannot be read.
const DAMAGED: &str = "damaged";
/// Logs become a tenth; more effort makes little of that.
const LEVEL: i32 = 3;
/// Longest first line of a batch's file.
const MAX_HEADER: usize = 64 << 10;

/// What a batch is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Header {
    /// Hash of the body: the server is told it as `Idempotency-Key`.
    pub(super) key: String,
    /// When it was written, in seconds since 1970.
    pub(super) at: u64,
    /// Bytes of text in it.
    pub(super) text_bytes: u64,
    /// Up to where its file is read with it.
    pub(super) position: Position,
}

impl Header {
    /// The origin of its file, and the bytes of text before it.
    pub(super) fn origin(&self) -> Option<(Origin, u64)> {
        Some((self.position.origin?, self.position.offset.checked_sub(self.text_bytes)?))
    }
}

/// A batch to be sent.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) header: Header,
    /// Zstandard.
    pub(super) body: Vec<u8>,
}

/// Batches that wait.
pub(super) struct Spool {
    folder: PathBuf,
    max_bytes: u64,
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Entry>,
    bytes: u64,
    last: u64,
}

/// A batch on disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its number.
    pub(super) sequence: u64,
    bytes: u64,
    at: u64,
}

/// How full a spool is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Filling {
    pub(super) batches: usize,
    pub(super) bytes: u64,
    pub(super) max_bytes: u64,
    /// When the oldest batch was written.
    pub(super) oldest_at: Option<u64>,
}

impl Spool {
    /// Opens the spool of a folder with what waits there; `sequence` is the last number that was ever given.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn open(folder: &Path, max_bytes: u64, sequence: u64) -> io::Result<Self> {
        let mut waiting = Waiting { last: sequence, ..Waiting::default() };
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| u64::from_str_radix(stem.to_str()?, 16).ok());
            match (path.extension().and_then(|extension| extension.to_str()), number) {
                // It was never complete, and so its text was never left behind.
                (Some(durable::TEMPORARY), _) => fs::remove_file(&path)?,
                (Some(BATCH), Some(sequence)) => {
                    let bytes = fs::metadata(&path)?.len();
                    waiting.queue.push_back(Entry { sequence, bytes, at: 0 });
                    waiting.bytes += bytes;
                    waiting.last = waiting.last.max(sequence);
                }
                _ => {}
            }
        }
        waiting.queue.make_contiguous().sort_by_key(|entry| entry.sequence);
        Ok(Self { folder: folder.to_owned(), max_bytes, waiting: Mutex::new(waiting), wake: Condvar::new() })
    }

    /// The headers of what waits, in order, for those after `sequence`; called once, after opening.
    pub(super) fn headers_after(&self, sequence: u64) -> Vec<(u64, Header)> {
        let mut headers = Vec::new();
        for entry in &mut self.waiting().queue {
            let Ok(header) = self.read_header(entry.sequence) else { continue };
            entry.at = header.at;
            if entry.sequence > sequence {
                headers.push((entry.sequence, header));
            }
        }
        headers
    }

    /// Whether so much more may be written beside batches that are not announced yet; one batch, however large, always may.
    pub(super) fn has_room(&self, bytes: u64, written: &[Entry]) -> bool {
        let waiting = self.waiting();
        let written: u64 = written.iter().map(|entry| entry.bytes).sum();
        (waiting.queue.is_empty() && written == 0) || waiting.bytes.saturating_add(written).saturating_add(bytes) <= self.max_bytes
    }

    /// Writes a batch; it is there for good after [`Spool::sync`], and sent once it is announced.
    ///
    /// # Errors
    /// When the disk says so; nothing of it is there then.
    pub(super) fn add(&self, text: &[u8], position: &Position) -> io::Result<Entry> {
        let body = zstd::bulk::compress(text, LEVEL)?;
        let key = blake3::hash(&body).to_hex().to_string();
        let header = Header { key, at: unix_now(), text_bytes: text.len() as u64, position: position.clone() };
        let mut line = serde_json::to_vec(&header)?;
        line.push(b'\n');
        let sequence = self.waiting().last + 1;
        durable::write_bytes(&self.path(sequence), &[&line, &body])?;
        self.waiting().last = sequence;
        Ok(Entry { sequence, bytes: (line.len() + body.len()) as u64, at: header.at })
    }

    /// Has all batches written so far there for good.
    ///
    /// # Errors
    /// When the disk says so.
    pub(super) fn sync(&self) -> io::Result<()> {
        durable::sync_folder(&self.folder)
    }

    /// Gives a batch to the sender.
    pub(super) fn announce(&self, entry: Entry) {
        let mut waiting = self.waiting();
        waiting.bytes += entry.bytes;
        waiting.queue.push_back(entry);
        self.wake.notify_all();
    }

    /// The number of the next batch to be sent, waited for at most so long.
    pub(super) fn next(&self, patience: Duration) -> Option<u64> {
        let waiting = self.waiting();
        let waited = self.wake.wait_timeout_while(waiting, patience, |waiting| waiting.queue.is_empty());
        let (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.queue.front().map(|entry| entry.sequence)
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// `InvalidData` where it is damaged; otherwise when the disk says so.
    pub(super) fn read(&self, sequence: u64) -> io::Result<Batch> {
        let mut bytes = Vec::new();
        fs::File::open(self.path(sequence))?.read_to_end(&mut bytes)?;
        let (header, end) = parse_header(&bytes)?;
        let body = bytes.split_off(end);
        if blake3::hash(&body).to_hex().as_str() != header.key {
            return Err(damaged("its hash is another"));
        }
        Ok(Batch { header, body })
    }

    fn read_header(&self, sequence: u64) -> io::Result<Header> {
        let mut begin = Vec::new();
        fs::File::open(self.path(sequence))?.take(MAX_HEADER as u64).read_to_end(&mut begin)?;
        Ok(parse_header(&begin)?.0)
    }

    /// Removes a batch: the server has it.
    pub(super) fn remove(&self, sequence: u64) -> io::Result<()> {
        self.forget(sequence);
        fs::remove_file(self.path(sequence))
    }

    /// Puts a batch that cannot be read out of the way; a person may look at it.
    pub(super) fn set_aside(&self, sequence: u64) -> io::Result<()> {
        self.forget(sequence);
        fs::rename(self.path(sequence), self.path(sequence).with_extension(DAMAGED))
    }

    /// Lets the others go first; whether there are any.
    pub(super) fn postpone(&self, sequence: u64) -> bool {
        let mut waiting = self.waiting();
        if waiting.queue.front().is_some_and(|entry| entry.sequence == sequence) {
            waiting.queue.rotate_left(1);
        }
        waiting.queue.len() > 1
    }

    /// How full it is.
    pub(super) fn filling(&self) -> Filling {
        let waiting = self.waiting();
        let oldest_at = waiting.queue.iter().map(|entry| entry.at).filter(|at| *at > 0).min();
        Filling { batches: waiting.queue.len(), bytes: waiting.bytes, max_bytes: self.max_bytes, oldest_at }
    }

    fn forget(&self, sequence: u64) {
        let mut waiting = self.waiting();
        if let Some(place) = waiting.queue.iter().position(|entry| entry.sequence == sequence)
            && let Some(entry) = waiting.queue.remove(place)
        {
            waiting.bytes = waiting.bytes.saturating_sub(entry.bytes);
        }
    }

    fn path(&self, sequence: u64) -> PathBuf {
        self.folder.join(format!("{sequence:016x}.{BATCH}"))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first line of a batch's file, and where it ends.
fn parse_header(bytes: &[u8]) -> io::Result<(Header, usize)> {
    let end = bytes.iter().take(MAX_HEADER).position(|byte| *byte == b'\n').ok_or_else(|| damaged("it has no header"))?;
    let header = serde_json::from_slice(bytes.get(..end).unwrap_or_default()).map_err(damaged)?;
    Ok((header, end + 1))
}

fn damaged(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::identity::{FileId, Trace};

    fn position(folder: &Path, offset: u64) -> Position {
        let id = FileId::of(&fs::metadata(folder).unwrap());
        let print = Trace::default().print();
        Position { id, path: "x.log".to_owned(), offset, print, records: true, seen_at: 1, finished: None, origin: None }
    }

    #[test]
    fn batches_outlive_the_process_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path(), 1 << 20, 41).unwrap();
        for (n, text) in ["one", "two", "three"].into_iter().enumerate() {
            let entry = spool.add(text.as_bytes(), &position(folder.path(), n as u64)).unwrap();
            assert_eq!(entry.sequence, 42 + n as u64);
            spool.announce(entry);
        }
        fs::write(folder.path().join("000000000000002d.tmp"), "half").unwrap();
        fs::write(folder.path().join("state.json"), "{}").unwrap();
        let again = Spool::open(folder.path(), 1 << 20, 0).unwrap();
        assert_eq!(again.headers_after(42).iter().map(|(n, header)| (*n, header.position.offset)).collect::<Vec<_>>(), [(43, 1), (44, 2)]);
        assert_eq!(again.filling().bytes, spool.filling().bytes);
        assert!(!folder.path().join("000000000000002d.tmp").exists());
        for text in ["one", "two", "three"] {
            let next = again.next(Duration::ZERO).unwrap();
            let batch = again.read(next).unwrap();
            assert_eq!(zstd::decode_all(batch.body.as_slice()).unwrap(), text.as_bytes());
            again.remove(next).unwrap();
        }
        assert!(again.next(Duration::ZERO).is_none());
        assert_eq!((again.filling().batches, again.filling().bytes), (0, 0));
        assert_eq!(again.add(b"four", &position(folder.path(), 9)).unwrap().sequence, 45);
    }

    #[test]
    fn a_full_spool_says_so_and_a_damaged_batch_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path(), 1000, 0).unwrap();
        assert!(spool.has_room(1001, &[]));
        let [first, second] = [1, 2].map(|n| {
            let entry = spool.add(b"text", &position(folder.path(), n)).unwrap();
            spool.announce(entry);
            entry.sequence
        });
        assert!(!spool.has_room(1000, &[]));
        fs::write(spool.path(first), "{}\nnonsense").unwrap();
        assert_eq!(spool.read(first).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(spool.postpone(first));
        assert_eq!(spool.next(Duration::ZERO), Some(second));
        spool.set_aside(first).unwrap();
        assert_eq!(spool.filling().batches, 1);
        assert!(!spool.postpone(second));
    }
}
