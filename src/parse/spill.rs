//! Halves that wait on disk: a Grace hash join (Kitsuregawa et al., 1983) over temporary files, which vanish with the process.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
};

use super::half::Half;

/// Number of parts: a part of a file of 16 GB in the worst order fits in memory.
const PARTS: u64 = 128;

/// Parts that are written to.
pub(super) struct Spill {
    parts: Vec<BufWriter<File>>,
}

/// A part that is read back.
pub(super) struct Part(File);

impl Spill {
    pub(super) fn new() -> io::Result<Self> {
        let part = |_| Ok(BufWriter::with_capacity(16 << 10, tempfile::tempfile()?));
        Ok(Self { parts: (0..PARTS).map(part).collect::<io::Result<_>>()? })
    }

    /// Appends a half to the part of its key.
    pub(super) fn write(&mut self, key: &str, half: &Half) -> io::Result<()> {
        let hash = blake3::hash(key.as_bytes());
        let part = usize::from(hash.as_bytes()[0]) % PARTS as usize;
        let bytes = bson::serialize_to_vec(half).map_err(io::Error::other)?;
        match self.parts.get_mut(part) {
            Some(part) => part.write_all(&bytes),
            None => Ok(()),
        }
    }

    /// Ends writing.
    pub(super) fn into_parts(self) -> io::Result<Vec<Part>> {
        let part = |part: BufWriter<File>| {
            let mut file = part.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            Ok(Part(file))
        };
        self.parts.into_iter().map(part).collect()
    }
}

impl Part {
    /// All halves of the part.
    pub(super) fn read(self) -> io::Result<Vec<Half>> {
        let mut file = BufReader::with_capacity(1 << 20, self.0);
        let mut halves = Vec::new();
        let mut length = [0; 4];
        loop {
            match file.read_exact(&mut length) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(halves),
                other => other?,
            }
            let mut bytes = length.to_vec();
            bytes.resize(u32::from_le_bytes(length) as usize, 0);
            file.read_exact(bytes.get_mut(4..).unwrap_or_default())?;
            halves.push(bson::deserialize_from_slice(&bytes).map_err(io::Error::other)?);
        }
    }
}
