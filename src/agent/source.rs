//! The text of a file from any place on, compressed or not. What is compressed is decompressed once, as far as it is read.

use std::{
    fs::{File, Metadata},
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;

use super::identity::{HEAD, TAIL, Trace};

/// Decompressed at a time.
const BLOCK: usize = 64 << 10;

/// An open file; it can be read to its end when its name is gone.
pub(super) struct Source {
    file: Arc<File>,
    packed: Option<Packed>,
}

/// How far a compressed file was decompressed.
struct Packed {
    is_gzip: bool,
    decoder: Option<Box<dyn Read + Send>>,
    /// Decompressed bytes that came out of the decoder.
    at: u64,
    /// What they were.
    trace: Trace,
    /// The last of them, which may be asked for again.
    kept: Vec<u8>,
}

impl Source {
    /// Opens a file; how it is compressed is told by its first bytes.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = Arc::new(File::open(path)?);
        let mut begin = [0; 4];
        let n = read_at(&file, &mut begin, 0)?;
        let is_gzip = match begin.get(..n) {
            Some([0x1F, 0x8B, ..]) => Some(true),
            Some([0x28, 0xB5, 0x2F, 0xFD]) => Some(false),
            _ => None,
        };
        Ok(Self { file, packed: is_gzip.map(Packed::new) })
    }

    /// What the system says of the file now.
    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Whether it is compressed.
    pub(super) fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// The text from a place on, at most so much of it, and less where it ends; whether nothing can follow, which only compressed
    /// files say.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged or, being compressed, ends too early; what stands before that place is read first.
    pub(super) fn read(&mut self, offset: u64, max: usize, out: &mut Vec<u8>) -> io::Result<bool> {
        match &mut self.packed {
            Some(packed) => packed.read(&self.file, offset, max, out),
            None => {
                out.resize(max, 0);
                let n = read_at(&self.file, out, offset)?;
                out.truncate(n);
                Ok(false)
            }
        }
    }

    /// What would be remembered if it were read up to this place; `None` where there is less.
    pub(super) fn trace_at(&mut self, offset: u64) -> io::Result<Option<Trace>> {
        if let Some(packed) = &mut self.packed {
            return match packed.go_to(&self.file, offset) {
                Ok(()) => Ok((packed.at == offset).then(|| packed.trace.clone())),
                Err(error) if error.raw_os_error().is_some() => Err(error),
                // Damaged, or not written to its end yet.
                Err(_) => Ok(None),
            };
        }
        let part = |from: u64, n: u64| -> io::Result<Option<Vec<u8>>> {
            let mut bytes = vec![0; usize::try_from(n).unwrap_or(TAIL)];
            Ok((read_at(&self.file, &mut bytes, from)? == bytes.len()).then_some(bytes))
        };
        let tail = offset.min(TAIL as u64);
        let (Some(head), Some(tail)) = (part(0, offset.min(HEAD as u64))?, part(offset - tail, tail)?) else { return Ok(None) };
        Ok(Some(Trace::from_parts(head, tail)))
    }

    /// The first bytes of the text, as far as they are there.
    pub(super) fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        match self.read(0, HEAD, &mut head) {
            Err(error) if error.raw_os_error().is_some() || !self.is_packed() => Err(error),
            _ => Ok(head),
        }
    }
}

impl Packed {
    fn new(is_gzip: bool) -> Self {
        Self { is_gzip, decoder: None, at: 0, trace: Trace::default(), kept: Vec::new() }
    }

    /// The decoder, begun anew where there is none.
    fn decoder(&mut self, file: &Arc<File>) -> io::Result<&mut Box<dyn Read + Send>> {
        if self.decoder.is_none() {
            (self.at, self.trace) = (0, Trace::default());
            self.kept.clear();
            let input = BufReader::with_capacity(BLOCK, From { file: file.clone(), at: 0 });
            let decoder: Box<dyn Read + Send> =
                if self.is_gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(zstd::Decoder::with_buffer(input)?) };
            self.decoder = Some(decoder);
        }
        self.decoder.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Decompresses the next block, at most so much; adds it to what is kept.
    fn advance(&mut self, file: &Arc<File>, max: usize) -> io::Result<usize> {
        let mut block = [0; BLOCK];
        let place = block.get_mut(..max.min(BLOCK)).unwrap_or_default();
        let n = loop {
            match self.decoder(file)?.read(place) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // What follows an error is not to be trusted: the next reading begins anew.
                    self.decoder = None;
                    return Err(error);
                }
                Ok(n) => break n,
            }
        };
        let read = place.get(..n).unwrap_or_default();
        self.trace.push(read);
        self.kept.extend_from_slice(read);
        self.at += n as u64;
        Ok(n)
    }

    /// Brings the decoder to a place, keeping nothing of what stands before it, or to the end where that is earlier.
    fn go_to(&mut self, file: &Arc<File>, offset: u64) -> io::Result<()> {
        if self.at > offset {
            self.decoder = None;
        }
        self.decoder(file)?;
        self.kept.clear();
        while self.at < offset {
            let missing = usize::try_from(offset - self.at).unwrap_or(BLOCK);
            let n = self.advance(file, missing)?;
            self.kept.clear();
            if n == 0 {
                break;
            }
        }
        Ok(())
    }

    fn read(&mut self, file: &Arc<File>, offset: u64, max: usize, out: &mut Vec<u8>) -> io::Result<bool> {
        out.clear();
        let kept_at = self.at - self.kept.len() as u64;
        if self.decoder.is_some() && (kept_at..=self.at).contains(&offset) {
            self.kept.drain(..usize::try_from(offset - kept_at).unwrap_or_default());
        } else {
            self.go_to(file, offset)?;
        }
        let (mut failed, mut is_end) = (None, false);
        while self.kept.len() < max {
            match self.advance(file, max - self.kept.len()) {
                Ok(0) => {
                    is_end = true;
                    break;
                }
                Ok(_) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        out.extend_from_slice(self.kept.get(..max.min(self.kept.len())).unwrap_or_default());
        // What came before the damage is read; the damage is told when nothing else is left.
        failed.filter(|_| out.is_empty()).map_or(Ok(is_end), Err)
    }
}

/// A file from a place on, whatever others that have it open do.
struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(out, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Fills as much as there is.
fn read_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut n = 0;
    while let Some(rest) = out.get_mut(n..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + n as u64) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    fn forms(text: &[u8]) -> [(&'static str, Vec<u8>); 3] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        [("x.log", text.to_vec()), ("x.gz", gzip.finish().unwrap()), ("x.zst", zstd::encode_all(text, 1).unwrap())]
    }

    #[test]
    fn text_is_read_from_any_place_however_it_is_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..60_000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        for (name, bytes) in forms(&text) {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            let mut source = Source::open(&path).unwrap();
            assert_eq!(source.is_packed(), name != "x.log");
            assert_eq!(source.head().unwrap(), text[..HEAD]);
            let mut out = Vec::new();
            for (offset, max) in [(0, 10), (5, 100_000), (100_005, 10), (3, 7), (200_000, 1 << 20), (text.len(), 5), (text.len() + 9, 5)] {
                source.read(offset as u64, max, &mut out).unwrap();
                assert_eq!(out, text[offset.min(text.len())..(offset + max).min(text.len())], "{name} {offset} {max}");
                let mut expected = Trace::default();
                expected.push(&text[..offset.min(text.len())]);
                let trace = source.trace_at(offset as u64).unwrap();
                assert_eq!(trace.map(|trace| trace.print()), (offset <= text.len()).then(|| expected.print()), "{name} {offset}");
            }
        }
    }

    #[test]
    fn what_stands_before_damage_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes()).collect();
        for (name, bytes) in forms(&text).into_iter().skip(1) {
            let path = folder.path().join(name);
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            let mut source = Source::open(&path).unwrap();
            let (mut out, mut offset) = (Vec::new(), 0);
            while source.read(offset as u64, 70_000, &mut out).is_ok() {
                assert!(!out.is_empty() && text[offset..].starts_with(&out), "{name}");
                offset += out.len();
            }
            assert!(offset > text.len() / 4, "{name} {offset}");
            assert!(source.trace_at(text.len() as u64).unwrap().is_none());
        }
    }
}
