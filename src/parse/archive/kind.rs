//! What a file is by its first bytes: its name says nothing.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
};

use flate2::bufread::MultiGzDecoder;

use crate::parse::envelope::Coding;

/// A header of a tar archive.
const BLOCK: usize = 512;
/// Where the sum of a header stands in it.
const SUM: std::ops::Range<usize> = 148..156;

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `.zip`.
    Zip,
    /// `.tar`, compressed or not.
    Tar(Coding),
}

impl Kind {
    /// What kind of archive a file is; `None` for any other file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(file: &File) -> io::Result<Option<Self>> {
        of(&mut file.try_clone()?)
    }
}

/// What kind of archive a file is; its position is its beginning afterwards.
pub(super) fn of(file: &mut File) -> io::Result<Option<Kind>> {
    file.rewind()?;
    let begin = first(&mut *file)?;
    file.rewind()?;
    if matches!(begin.as_slice(), [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..]) {
        return Ok(Some(Kind::Zip));
    }
    let coding = Coding::of(&begin);
    // What cannot be decompressed is no archive: the reader of files says what is wrong with it.
    let header = match coding {
        Coding::Identity => begin,
        Coding::Gzip => first(MultiGzDecoder::new(BufReader::new(&mut *file))).unwrap_or_default(),
        Coding::Zstd => zstd::Decoder::new(&mut *file).and_then(first).unwrap_or_default(),
    };
    file.rewind()?;
    Ok(is_header(&header).then_some(Kind::Tar(coding)))
}

fn first(from: impl Read) -> io::Result<Vec<u8>> {
    let mut begin = Vec::with_capacity(BLOCK);
    from.take(BLOCK as u64).read_to_end(&mut begin)?;
    Ok(begin)
}

/// Whether a block bears the sum of its bytes, as each header of a tar archive does: no text does so by chance.
fn is_header(block: &[u8]) -> bool {
    let Some(written) = block.get(SUM).filter(|_| block.len() == BLOCK) else { return false };
    let digits = str::from_utf8(written).unwrap_or_default().trim_matches([' ', '\0']);
    let sum: u64 = block.iter().enumerate().map(|(place, byte)| if SUM.contains(&place) { 32 } else { u64::from(*byte) }).sum();
    u64::from_str_radix(digits, 8).is_ok_and(|written| written == sum)
}
