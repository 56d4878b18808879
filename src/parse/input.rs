//! Compressed files are read as if they were not: gzip (of several members too) and zstandard, told by their first bytes.

use std::io::{self, BufReader, Cursor, Read};

/// A reader of the plain bytes.
///
/// # Errors
/// When the input cannot be read.
pub(super) fn open<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = [0; 4];
    let mut n = 0;
    while let Some(room) = magic.get_mut(n..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(read) => n += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let head = magic.get(..n).unwrap_or_default().to_vec();
    let compressed = (head.starts_with(&[0x1F, 0x8B]), head == [0x28, 0xB5, 0x2F, 0xFD]);
    let whole = Cursor::new(head).chain(input);
    Ok(match compressed {
        (true, _) => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))),
        (_, true) => Box::new(zstd::stream::read::Decoder::new(whole)?),
        _ => Box::new(whole),
    })
}
