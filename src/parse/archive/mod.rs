//! Archives: the files in a `.zip`, `.tar`, `.tar.gz` or `.tar.zst`, one after the other.
//!
//! Each entry is unpacked to a scratch file that the caller makes, so that memory stays bounded and an entry that is damaged, encrypted or
//! an archive itself is refused before any of it is used; the others are not affected. Names are data: no path is ever made of one. What
//! unfolds beyond its bounds is stopped while it unfolds.

mod entry;
#[cfg(test)]
mod hostile;
mod kind;
mod tarball;
mod zipped;

use std::{
    fs::File,
    io::{self, Read, Write},
};

use tempfile::NamedTempFile;

pub use kind::Kind;

use super::proportion::{self, MAX_RATIO};
use entry::{content, display_name, is_litter};

/// What an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Files.
    pub max_entries: usize,
    /// Bytes of all files together, unpacked.
    pub max_bytes: u64,
}

/// Why a file of an archive, or all that follow, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It needs a password.
    #[error("the entry is encrypted")]
    Encrypted,
    /// It is compressed in a way that is not read here.
    #[error("the entry is compressed by a method that is not read here")]
    Method,
    /// It is an archive.
    #[error("the entry is an archive itself: unpack it and upload its files")]
    Nested,
    /// It is a link, a device or the like.
    #[error("the entry is no file")]
    NoFile,
    /// It is damaged, or ends too early.
    #[error("the archive is damaged here: {0}")]
    Damaged(String),
    /// The archive holds more files than are taken; this one and what follows was left out.
    #[error("the archive has more entries than are taken at once: {0}")]
    TooMany(usize),
    /// The archive becomes larger than is taken; this one and what follows was left out.
    #[error("the archive holds more bytes than are taken at once: {0}")]
    TooLarge(u64),
    /// The archive becomes so much larger that it can hold no logs; this one and what follows was left out.
    #[error("the archive becomes more than {MAX_RATIO} times larger: it holds no logs")]
    Bomb,
}

/// One file of an archive.
#[derive(Debug)]
pub struct Entry {
    /// Its name, for people: folders and all.
    pub name: String,
    /// Its bytes, or why there are none.
    pub content: Result<NamedTempFile, Refusal>,
    /// Bytes of the archive, as it lies on disk, that are behind this entry.
    pub read_bytes: u64,
}

/// Unpacks an archive: `scratch` makes a file for each entry, `sink` takes the entries in their order.
///
/// # Errors
/// When the archive's file or the scratch disk fails, or when `sink` says so. What is wrong with the archive is in its entries.
pub fn unpack(
    file: File,
    kind: Kind,
    bounds: Bounds,
    scratch: &mut dyn FnMut() -> io::Result<NamedTempFile>,
    sink: &mut dyn FnMut(Entry) -> io::Result<()>,
) -> io::Result<()> {
    let size = file.metadata()?.len();
    let unpacker = Unpacker { bounds, size, n_entries: 0, n_bytes: 0, scratch, sink };
    match kind {
        Kind::Zip => zipped::unpack(file, unpacker),
        Kind::Tar(coding) => tarball::unpack(file, coding, unpacker),
    }
}

/// What both kinds of archives have in common: bounds, scratch files, names.
struct Unpacker<'a> {
    bounds: Bounds,
    /// Of the archive, on disk.
    size: u64,
    n_entries: usize,
    /// Unpacked.
    n_bytes: u64,
    scratch: &'a mut dyn FnMut() -> io::Result<NamedTempFile>,
    sink: &'a mut dyn FnMut(Entry) -> io::Result<()>,
}

/// Whether the next entry is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    Stop,
}

impl Unpacker<'_> {
    /// Takes an entry of this raw name; `read_bytes` is asked before and after.
    fn file<R: Read>(&mut self, name: &[u8], content: &mut R, read_bytes: impl Fn(&R) -> u64) -> io::Result<Next> {
        let name = display_name(name);
        if is_litter(&name) {
            return self.skipped(content, read_bytes);
        }
        if self.n_entries >= self.bounds.max_entries {
            let refusal = Refusal::TooMany(self.bounds.max_entries);
            return self.hand_out(name, Err(refusal), self.size).map(|()| Next::Stop);
        }
        self.n_entries += 1;
        let mut file = (self.scratch)()?;
        let copied = self.copy(content, &mut file, &read_bytes)?;
        let next = if matches!(copied, Err(Refusal::TooLarge(_) | Refusal::Bomb)) { Next::Stop } else { Next::Go };
        let kept = match copied {
            Ok(()) if kind::of(file.as_file_mut())?.is_some() => Err(Refusal::Nested),
            copied => copied.map(|()| file),
        };
        let read_bytes = if next == Next::Stop { self.size } else { read_bytes(content) };
        self.hand_out(name, kept, read_bytes).map(|()| next)
    }

    /// Takes note of an entry that cannot be read.
    fn refused(&mut self, name: &[u8], refusal: Refusal, read_bytes: u64) -> io::Result<Next> {
        let name = display_name(name);
        if self.n_entries >= self.bounds.max_entries {
            return self.hand_out(name, Err(Refusal::TooMany(self.bounds.max_entries)), self.size).map(|()| Next::Stop);
        }
        self.n_entries += 1;
        self.hand_out(name, Err(refusal), read_bytes).map(|()| Next::Go)
    }

    /// What an archive that is damaged as a whole leaves unread.
    fn broke_off(&mut self, reason: &io::Error) -> io::Result<()> {
        self.hand_out(String::new(), Err(Refusal::Damaged(reason.to_string())), self.size)
    }

    fn hand_out(&mut self, name: String, content: Result<NamedTempFile, Refusal>, read_bytes: u64) -> io::Result<()> {
        (self.sink)(Entry { name, content, read_bytes: read_bytes.min(self.size) })
    }

    /// Reads past what operating systems leave in archives; it counts as what is unpacked does.
    fn skipped<R: Read>(&mut self, content: &mut R, read_bytes: impl Fn(&R) -> u64) -> io::Result<Next> {
        let stops = matches!(self.copy(content, &mut io::sink(), &read_bytes)?, Err(Refusal::TooLarge(_) | Refusal::Bomb));
        Ok(if stops { Next::Stop } else { Next::Go })
    }

    /// Copies an entry within the bounds. Only a failing scratch disk is an error.
    fn copy<R: Read>(&mut self, from: &mut R, to: &mut impl Write, read_bytes: &impl Fn(&R) -> u64) -> io::Result<Result<(), Refusal>> {
        let mut block = vec![0; 64 << 10];
        loop {
            let n = match from.read(&mut block) {
                Ok(0) => return Ok(Ok(())),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return content::refused(error).map(Err),
            };
            self.n_bytes += n as u64;
            if self.n_bytes > self.bounds.max_bytes {
                return Ok(Err(Refusal::TooLarge(self.bounds.max_bytes)));
            }
            if proportion::is_bomb(self.n_bytes, read_bytes(from).min(self.size)) {
                return Ok(Err(Refusal::Bomb));
            }
            to.write_all(block.get(..n).unwrap_or_default())?;
        }
    }
}

#[cfg(test)]
mod tests;
