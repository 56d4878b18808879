//! Opens gzip and Zstandard by their magic bytes; anything else is taken as it is.
//!
//! A compressed file that ends too early or is damaged is an end of input with a note; only a failing input is an error. What could be
//! decompressed of it does not depend on how it arrives.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::parse::proportion;

const GZIP: &[u8] = &[0x1F, 0x8B];
const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
/// As many first bytes say which of them it is.
const MAGIC: usize = 4;
/// How much of a compressed input is read at a time.
const BLOCK: usize = 128 << 10;
/// How much is decompressed at a time. What is decompressed together with the place of the damage is lost: of gzip as much as its decoder
/// holds back, 32 KiB.
const STEP: usize = 4 << 10;

/// The input, decompressed.
pub(in crate::parse) struct Input<'p, R: Read> {
    stream: Stream<'p, R>,
    /// Decompressed up to now.
    n_bytes: u64,
    damage: Option<String>,
}

/// The input, of which the first bytes were looked at.
type Whole<R> = io::Chain<io::Take<io::Cursor<[u8; MAGIC]>>, R>;
/// The same, block by block.
type Blocks<'p, R> = Counted<'p, BufReader<Filled<Whole<R>>>>;

enum Stream<'p, R: Read> {
    Plain(Counted<'p, Whole<R>>),
    Gzip(Box<BufReader<MultiGzDecoder<Blocks<'p, R>>>>),
    Zstd(Box<BufReader<zstd::Decoder<'static, Blocks<'p, R>>>>),
}

/// The bytes as received: reports how many there were and remembers whether reading them failed.
struct Counted<'p, R> {
    inner: R,
    n_bytes: u64,
    failed: bool,
    progress: &'p dyn Fn(u64),
}

impl<'p, R: Read> Input<'p, R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(in crate::parse) fn open(mut input: R, progress: &'p dyn Fn(u64)) -> io::Result<Self> {
        let mut begin = [0; MAGIC];
        let n = begin_of(&mut input, &mut begin)?;
        let first = begin.get(..n).unwrap_or_default();
        let (is_gzip, is_zstd) = (first.starts_with(GZIP), first.starts_with(ZSTD));
        let whole = io::Cursor::new(begin).take(n as u64).chain(input);
        let blocks = |whole| Counted::new(BufReader::with_capacity(BLOCK, Filled { inner: whole, failure: None }), progress);
        let stream = if is_gzip {
            Stream::Gzip(Box::new(BufReader::with_capacity(STEP, MultiGzDecoder::new(blocks(whole)))))
        } else if is_zstd {
            Stream::Zstd(Box::new(BufReader::with_capacity(STEP, zstd::Decoder::with_buffer(blocks(whole))?)))
        } else {
            // Whoever reads it has a place of its own.
            Stream::Plain(Counted::new(whole, progress))
        };
        Ok(Self { stream, n_bytes: 0, damage: None })
    }

    /// Why the compressed form could not be read to its end, if so.
    pub(in crate::parse) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Whether it becomes so much larger that it can be no log.
    fn is_bomb(&self) -> bool {
        let received = match &self.stream {
            Stream::Plain(_) => return false,
            Stream::Gzip(decoder) => decoder.get_ref().get_ref().n_bytes,
            Stream::Zstd(decoder) => decoder.get_ref().get_ref().n_bytes,
        };
        proportion::is_bomb(self.n_bytes, received)
    }

    fn input_failed(&self) -> bool {
        match &self.stream {
            Stream::Plain(received) => received.failed,
            Stream::Gzip(decoder) => decoder.get_ref().get_ref().failed,
            Stream::Zstd(decoder) => decoder.get_ref().get_ref().failed,
        }
    }
}

impl<R: Read> Read for Input<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.damage.is_some() {
            return Ok(0);
        }
        let result = match &mut self.stream {
            Stream::Plain(received) => return received.read(out),
            Stream::Gzip(decoder) => take(decoder, out),
            Stream::Zstd(decoder) => take(decoder, out),
        };
        match result {
            Ok(n) => {
                self.n_bytes += n as u64;
                if self.is_bomb() {
                    self.damage = Some(proportion::BOMB.to_owned());
                    return Ok(0);
                }
                Ok(n)
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted && !self.input_failed() => {
                self.damage = Some(match error.kind() {
                    io::ErrorKind::UnexpectedEof => "the compressed input ends too early".to_owned(),
                    _ => format!("the compressed input is damaged: {error}"),
                });
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }
}

/// Takes what is decompressed, which is a step at a time, however little is asked for.
fn take(from: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let n = from.fill_buf()?.read(out)?;
    from.consume(n);
    Ok(n)
}

/// Fills what it is given, however little of it is there at a time: so a decoder is given the same bytes at a time.
struct Filled<R> {
    inner: R,
    /// Why nothing follows what was read before.
    failure: Option<io::Error>,
}

impl<R: Read> Read for Filled<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut n_read = 0;
        while let Some(rest) = out.get_mut(n_read..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) => break,
                Ok(n) => n_read += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if n_read == 0 => return Err(error),
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        Ok(n_read)
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(out);
        match &result {
            Ok(n) => self.count(*n),
            Err(error) => self.failed |= error.kind() != io::ErrorKind::Interrupted,
        }
        result
    }
}

/// Reads the first bytes; fewer at the end of the input.
fn begin_of(input: &mut impl Read, begin: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < begin.len() {
        match input.read(begin.get_mut(n..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}

impl<R: Read> BufRead for Counted<'_, BufReader<R>> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, n: usize) {
        self.inner.consume(n);
        self.count(n);
    }
}

impl<'p, R> Counted<'p, R> {
    fn new(inner: R, progress: &'p dyn Fn(u64)) -> Self {
        Self { inner, n_bytes: 0, failed: false, progress }
    }

    fn count(&mut self, n: usize) {
        self.n_bytes += n as u64;
        if n > 0 {
            (self.progress)(self.n_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut input = Input::open(bytes, &|_| {}).unwrap();
        let mut text = Vec::new();
        input.read_to_end(&mut text).unwrap();
        (text, input.damage().is_some())
    }

    #[test]
    fn compressed_input_is_opened_whatever_its_members() {
        let text = b"some text\n".repeat(1000);
        let halves = [gzip(&text[..5000]), gzip(&text[5000..])].concat();
        let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        let frames = [frame(&text[..5000]), frame(&text[5000..])].concat();
        for compressed in [text.clone(), gzip(&text), halves, frame(&text), frames] {
            assert_eq!(read(&compressed), (text.clone(), false));
        }
    }

    #[test]
    fn truncated_input_gives_what_was_there_and_says_so() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for compressed in [gzip(&text), zstd::encode_all(text.as_slice(), 1).unwrap()] {
            let (read, damaged) = read(&compressed[..compressed.len() / 2]);
            assert!(damaged && !read.is_empty() && text.starts_with(&read));
        }
    }

    #[test]
    fn what_is_damaged_gives_what_was_there_however_it_arrives() {
        struct ByteByByte<'a>(&'a [u8]);
        impl Read for ByteByByte<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let n = out.len().min(1);
                self.0.read(out.get_mut(..n).unwrap_or_default())
            }
        }
        let text: Vec<u8> = (0..100_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for mut compressed in [gzip(&text), zstd::encode_all(text.as_slice(), 1).unwrap()] {
            let half = compressed.len() / 2;
            compressed[half..half + 20].fill(0xFF);
            let mut input = Input::open(ByteByByte(&compressed), &|_| {}).unwrap();
            let mut one_by_one = Vec::new();
            input.read_to_end(&mut one_by_one).unwrap();
            let (whole, is_damaged) = read(&compressed);
            assert!(one_by_one == whole && input.damage().is_some() == is_damaged);
            assert!(whole.len() > text.len() / 4 && text[..whole.len().min(text.len() / 3)] == whole[..whole.len().min(text.len() / 3)]);
        }
    }

    #[test]
    fn a_bomb_is_stopped_while_it_unfolds() {
        let zeros = vec![0; 64 << 20];
        let mut tight = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        tight.write_all(&zeros).unwrap();
        for compressed in [tight.finish().unwrap(), zstd::encode_all(zeros.as_slice(), 1).unwrap()] {
            let (read, damaged) = read(&compressed);
            assert!(damaged && read.len() < 32 << 20);
        }
    }

    #[test]
    fn a_failing_input_is_an_error() {
        struct Failing(Vec<u8>);
        impl Read for Failing {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    return Err(io::Error::other("gone"));
                }
                let n = self.0.len().min(out.len());
                out[..n].copy_from_slice(&self.0[..n]);
                self.0.drain(..n);
                Ok(n)
            }
        }
        let half = gzip(b"text").into_iter().take(12).collect();
        let mut input = Input::open(Failing(half), &|_| {}).unwrap();
        assert!(input.read_to_end(&mut Vec::new()).is_err());
    }
}
