//! `.tar`, plain or compressed, read in one pass.
//!
//! Headers may ask for names and properties of any length, which the crate gathers in memory: what it reads between two entries has a
//! budget.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Read},
    rc::Rc,
};

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry};

use super::{Next, Refusal, Unpacker};
use crate::parse::envelope::Coding;

/// Bytes that headers of one entry may take, with its long name and its properties.
const HEADERS: u64 = 1 << 20;
/// Largest window of a Zstandard frame, as a power of two.
const WINDOW_LOG: u32 = 27;

/// Unpacks it.
pub(super) fn unpack(file: File, coding: Coding, mut unpacker: Unpacker<'_>) -> io::Result<()> {
    let taken = Rc::new(Cell::new(0));
    let counted = BufReader::with_capacity(128 << 10, Counted { file, taken: taken.clone() });
    let plain: Box<dyn Read> = match coding {
        Coding::Identity => Box::new(counted),
        Coding::Gzip => Box::new(MultiGzDecoder::new(counted)),
        Coding::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(counted)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    let budget = Rc::new(Cell::new(HEADERS));
    let mut archive = Archive::new(Budgeted { inner: plain, budget: budget.clone() });
    let mut entries = archive.entries()?;
    loop {
        budget.set(HEADERS);
        let mut entry = match entries.next() {
            None => return Ok(()),
            Some(Ok(entry)) => entry,
            Some(Err(error)) if error.raw_os_error().is_some() => return Err(error),
            Some(Err(error)) => return unpacker.broke_off(&error),
        };
        budget.set(u64::MAX);
        if one(&mut entry, &taken, &mut unpacker)? == Next::Stop {
            return Ok(());
        }
        // What is left of an entry that was refused is read past within the bounds, too.
        if unpacker.skipped(&mut entry, |_| taken.get())? == Next::Stop {
            return Ok(());
        }
    }
}

fn one(entry: &mut Entry<'_, Budgeted>, taken: &Cell<u64>, unpacker: &mut Unpacker<'_>) -> io::Result<Next> {
    let (kind, name) = (entry.header().entry_type(), entry.path_bytes().into_owned());
    if kind.is_dir() {
        return Ok(Next::Go);
    }
    if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
        let left = entry.size();
        return unpacker.file(&name, &mut Whole { entry, left }, |_| taken.get());
    }
    unpacker.refused(&name, Refusal::NoFile, taken.get())
}

/// An entry that has to have as many bytes as it says: where the archive is cut off, the crate takes what is there for all of it.
struct Whole<'e, 'a> {
    entry: &'e mut Entry<'a, Budgeted>,
    left: u64,
}

impl Read for Whole<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.entry.read(out)?;
        self.left = self.left.saturating_sub(n as u64);
        if n == 0 && self.left > 0 && !out.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(n) }
    }
}

/// The archive on disk.
struct Counted {
    file: File,
    taken: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.taken.set(self.taken.get() + n as u64);
        Ok(n)
    }
}

/// Reads no more than its budget.
struct Budgeted {
    inner: Box<dyn Read>,
    budget: Rc<Cell<u64>>,
}

impl Read for Budgeted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == 0 && !out.is_empty() {
            return Err(io::Error::other("its headers are too long"));
        }
        let most = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let n = self.inner.read(out.get_mut(..most).unwrap_or_default())?;
        self.budget.set(left - n as u64);
        Ok(n)
    }
}
