//! Halves on disk: a hash join after Grace. One temporary file without a name holds the partitions as chains of chunks;
//! the keys of a partition are read back together, so that one of them at a time must fit in memory.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
};

use super::{Key, bloom::Bloom, codec};
use crate::parse::half::Half;

/// Partitions by the first byte of the key.
const PARTITIONS: usize = 256;
/// A partition is written when this much has gathered: 8 MiB for all of them.
const CHUNK: usize = 32 << 10;

/// The halves that went to disk.
pub(super) struct Spill {
    file: File,
    end: u64,
    keys: Bloom,
    partitions: Vec<Partition>,
    next: usize,
}

/// One partition: chunks on disk, oldest first, then what is not written yet.
#[derive(Default)]
struct Partition {
    chunks: Vec<(u64, u32)>,
    buffer: Vec<u8>,
}

impl Spill {
    /// # Errors
    /// When no temporary file can be made.
    pub(super) fn new() -> io::Result<Self> {
        let partitions = std::iter::repeat_with(Partition::default).take(PARTITIONS).collect();
        Ok(Self { file: tempfile::tempfile()?, end: 0, keys: Bloom::new(), partitions, next: 0 })
    }

    /// Whether the key may have halves here.
    pub(super) fn may_have(&self, key: &Key) -> bool {
        self.keys.may_have(key)
    }

    /// Adds a half behind the others of its key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn add(&mut self, key: &Key, half: &Half) -> io::Result<()> {
        self.keys.insert(key);
        let [first, ..] = *key;
        let Some(partition) = self.partitions.get_mut(usize::from(first)) else { return Ok(()) };
        codec::encode(key, half, &mut partition.buffer);
        if partition.buffer.len() >= CHUNK {
            self.file.write_all(&partition.buffer)?;
            partition.chunks.push((self.end, partition.buffer.len() as u32));
            self.end += partition.buffer.len() as u64;
            partition.buffer.clear();
        }
        Ok(())
    }

    /// The next partition that holds anything.
    pub(super) fn next_partition(&mut self) -> Option<PartitionReader<'_>> {
        let at = (self.next..self.partitions.len()).find(|&at| self.partitions.get(at).is_some_and(|partition| !partition.is_empty()))?;
        self.next = at + 1;
        let Partition { chunks, buffer } = std::mem::take(self.partitions.get_mut(at)?);
        let chain = Chain { file: &mut self.file, chunks: chunks.into_iter(), left: 0, rest: io::Cursor::new(buffer) };
        Some(PartitionReader(BufReader::with_capacity(CHUNK, chain)))
    }
}

impl Partition {
    fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.buffer.is_empty()
    }
}

/// Reads a partition half by half.
pub(super) struct PartitionReader<'f>(BufReader<Chain<'f>>);

impl PartitionReader<'_> {
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<(Key, Box<Half>)>> {
        codec::decode(&mut self.0)
    }
}

/// The bytes of a partition in the order they were added.
struct Chain<'f> {
    file: &'f mut File,
    chunks: std::vec::IntoIter<(u64, u32)>,
    left: u64,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Chain<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0
            && let Some((offset, length)) = self.chunks.next()
        {
            self.file.seek(SeekFrom::Start(offset))?;
            self.left = u64::from(length);
        }
        if self.left == 0 {
            return self.rest.read(out);
        }
        let n = Read::by_ref(&mut *self.file).take(self.left).read(out)?;
        if n == 0 && !out.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}
