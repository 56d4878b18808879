//! Which file is which: device and inode name a file while it exists, prints of its content recognise what was read under another name,
//! in a copy or compressed.

use std::{
    fmt,
    fs::Metadata,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::Path,
};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Bytes at the beginning that a print covers.
pub(super) const HEAD: usize = 1 << 10;
/// Bytes before the place of a print that it covers.
pub(super) const TAIL: usize = 4 << 10;

/// A file while it exists, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file that this describes.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// When a file was changed last, and its size: what differs as soon as somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Size in bytes.
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) seconds: i64,
    nanoseconds: i64,
}

impl Stamp {
    /// The stamp of the file that this describes.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.size(), seconds: metadata.mtime(), nanoseconds: metadata.mtime_nsec() }
    }
}

/// What a file had when its reading began, told to the server: there equal lines of two files are two, and a batch that is sent again is
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Hash of the machine's name, the folder and the first line: a file keeps all of them when it is rotated.
    pub(super) begin: u64,
    /// How many contents that begin so were met before.
    pub(super) generation: u32,
}

impl Origin {
    /// What is common to contents that begin alike and were found in this folder of this machine.
    pub(super) fn begin(host: &str, path: &Path, head: &[u8]) -> u64 {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let folder = path.parent().unwrap_or(path).as_os_str().as_bytes();
        [host.as_bytes(), folder, line].iter().fold(0, |before, part| xxh3_64_with_seed(part, before))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.begin, self.generation)
    }
}

/// Hashes of content up to a place: of its first bytes, and of the last before the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Print {
    pub(super) head: u64,
    pub(super) tail: u64,
}

/// What is remembered of content while it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Trace {
    /// What is remembered of content that begins and, before some place, ends so.
    pub(super) fn from_parts(head: Vec<u8>, tail: Vec<u8>) -> Self {
        Self { head, tail }
    }

    /// Takes note of what comes next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or_default());
        let last = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
        self.tail.extend_from_slice(last);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
    }

    /// The first bytes, as far as they came.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The print at the place reached.
    pub(super) fn print(&self) -> Print {
        Print { head: xxh3_64(&self.head), tail: xxh3_64(&self.tail) }
    }
}

/// The hash of the head that content had when so much of it was read; `None` where there is less.
pub(super) fn head_at(begin: &[u8], offset: u64) -> Option<u64> {
    let n = usize::try_from(offset).unwrap_or(HEAD).min(HEAD);
    begin.get(..n).map(xxh3_64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_does_not_depend_on_how_the_bytes_came() {
        let bytes: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        for n in [0, 1, 1000, 1024, 1025, 4096, 5000, 40_000] {
            let whole = &bytes[..n];
            let tail = whole[n.saturating_sub(TAIL)..].to_vec();
            let expected = Trace::from_parts(whole[..n.min(HEAD)].to_vec(), tail).print();
            for step in [1, 7, 1023, 4097, 50_000] {
                let mut trace = Trace::default();
                whole.chunks(step).for_each(|chunk| trace.push(chunk));
                assert_eq!(trace.print(), expected, "{n} by {step}");
            }
            assert_eq!(head_at(&bytes[..HEAD], n as u64), Some(expected.head));
        }
        assert_eq!(head_at(b"short", 6), None);
    }
}
