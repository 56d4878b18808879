//! What a body is wrapped in: compression, and JSON that is no object a line. It is taken off in one pass of bounded memory, and a bomb
//! is noticed while it unfolds.

use std::io::{self, BufRead, Read, Write};

use flate2::bufread::MultiGzDecoder;

use super::{
    object_lines::ObjectLines,
    proportion::{self, MAX_RATIO},
};

/// Largest window of a Zstandard frame, as a power of two: a frame may ask for no more memory than that.
const WINDOW_LOG: u32 = 23;

/// Bytes that are looked at at a time.
const BLOCK: usize = 64 << 10;

/// As many first bytes say how a body is compressed.
const MAGIC: usize = 4;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
}

impl Coding {
    /// What the first bytes say.
    pub fn of(begin: &[u8]) -> Self {
        match begin {
            [0x1F, 0x8B, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstd,
            _ => Self::Identity,
        }
    }
}

/// Why a body cannot be unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is not what it says it is, or ends too early.
    #[error("the compressed body is damaged: {0}")]
    Damaged(String),
    /// It becomes larger than is accepted.
    #[error("the body becomes larger than {0} bytes")]
    TooLarge(u64),
    /// It becomes so much larger that it can be no log.
    #[error("the body becomes more than {MAX_RATIO} times larger")]
    Bomb,
    /// Where it is read from or written to fails.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl EnvelopeError {
    /// Bytes that were unwrapped before it was seen, at least.
    pub fn unwrapped(&self) -> u64 {
        match self {
            Self::TooLarge(limit) => *limit,
            Self::Bomb => proportion::SMALL,
            Self::Damaged(_) | Self::Io(_) => 0,
        }
    }
}

/// Decompresses a body and, where it is JSON, brings it into the form of one object a line; its size then.
///
/// # Errors
/// When it is damaged, becomes larger than `limit`, or cannot be read or written.
pub fn unwrap(input: impl BufRead, coding: Coding, json: bool, limit: u64, out: &mut dyn Write) -> Result<u64, EnvelopeError> {
    let mut received = Counted { inner: input, n_bytes: 0 };
    match coding {
        Coding::Identity => copy(&mut received, json, limit, out, |_| 0),
        Coding::Gzip => copy(&mut MultiGzDecoder::new(received), json, limit, out, |decoder| decoder.get_ref().n_bytes),
        Coding::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(received)?;
            decoder.window_log_max(WINDOW_LOG)?;
            copy(&mut decoder, json, limit, out, |decoder| decoder.get_ref().n_bytes)
        }
    }
}

fn copy<R: Read>(from: &mut R, json: bool, limit: u64, out: &mut dyn Write, taken: impl Fn(&R) -> u64) -> Result<u64, EnvelopeError> {
    let mut lines = json.then(ObjectLines::default);
    let mut block = vec![0; BLOCK];
    let (mut size, mut begin) = (0_u64, Vec::<u8>::with_capacity(MAGIC));
    // What was read and waits for what follows it: an object at most, for which there is room as far as it comes.
    let mut held = 0;
    loop {
        if block.len() - held < BLOCK / 2 {
            block.resize(2 * block.len(), 0);
        }
        let n = match from.read(block.get_mut(held..).unwrap_or_default()) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.raw_os_error().is_some() => return Err(error.into()),
            Err(error) => return Err(EnvelopeError::Damaged(error.to_string())),
        };
        size += n as u64;
        if size > limit {
            return Err(EnvelopeError::TooLarge(limit));
        }
        let taken = taken(from);
        if taken > 0 && proportion::is_bomb(size, taken) {
            return Err(EnvelopeError::Bomb);
        }
        if begin.len() < MAGIC {
            begin.extend(block.iter().skip(held).take(n.min(MAGIC - begin.len())));
            // Whoever reads it later would unpack it once more, and no bound would hold.
            if Coding::of(&begin) != Coding::Identity {
                return Err(EnvelopeError::Damaged("it is compressed more than once".to_owned()));
            }
        }
        let all = held + n;
        let piece = block.get_mut(..all).unwrap_or_default();
        let done = lines.as_mut().map_or(all, |lines| lines.change(piece, n == 0));
        out.write_all(piece.get(..done).unwrap_or_default())?;
        if n == 0 {
            return Ok(size);
        }
        if done > 0 {
            block.copy_within(done..all, 0);
        }
        held = all - done;
    }
}

/// The compressed bytes, counted as they are used.
struct Counted<R> {
    inner: R,
    n_bytes: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.n_bytes += n as u64;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.n_bytes += n as u64;
        self.inner.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;
    use crate::parse::fuzzing::{
        bodies::{only_what_parts_was_changed, unwrapped},
        gzip,
    };

    #[test]
    fn compressed_bodies_open_and_broken_ones_say_so() {
        let text = b"a line of a log\n".repeat(1000);
        for whole in [text.clone(), gzip(&text), zstd::encode_all(text.as_slice(), 3).unwrap()] {
            assert_eq!(unwrapped(&whole, false, 1 << 20).unwrap(), text);
            assert!(matches!(unwrapped(&whole, false, 100), Err(EnvelopeError::TooLarge(100))));
            if Coding::of(&whole) != Coding::Identity {
                let cut = &whole[..whole.len() - 5];
                assert!(matches!(unwrapped(cut, false, 1 << 20), Err(EnvelopeError::Damaged(_))));
            }
        }
        assert!(matches!(unwrapped(b"\x1F\x8Bnonsense", false, 100), Err(EnvelopeError::Damaged(_))));
    }

    #[test]
    fn what_is_compressed_twice_is_refused_however_it_is_cut() {
        let inner = gzip(b"text");
        let byte_by_byte = inner.chunks(1).flat_map(|byte| zstd::encode_all(byte, 1).unwrap()).collect();
        for body in [gzip(&inner), gzip(&zstd::encode_all(b"text".as_slice(), 3).unwrap()), byte_by_byte] {
            assert!(matches!(unwrapped(&body, false, 1000), Err(EnvelopeError::Damaged(reason)) if reason.contains("more than once")));
        }
    }

    #[test]
    fn a_bomb_is_noticed_while_it_unfolds() {
        let zeros = vec![0; 64 << 20];
        for bomb in [gzip(&zeros), zstd::encode_all(zeros.as_slice(), 3).unwrap()] {
            assert!(matches!(unwrap(bomb.as_slice(), Coding::of(&bomb), false, u64::MAX, &mut io::sink()), Err(EnvelopeError::Bomb)));
        }
    }

    /// A small body for each decoder, and whether it is JSON.
    fn samples() -> [Vec<u8>; 5] {
        let text = b"[{\"a\":\"b]\"},\n{\"c\":[1,2]}]\n".repeat(20);
        [text.clone(), gzip(&text), zstd::encode_all(text.as_slice(), 3).unwrap(), [gzip(&text), gzip(b"")].concat(), gzip(&gzip(&text))]
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(magic in 0..3_usize, bytes in vec(any::<u8>(), 0..2000), json: bool) {
            let magic: &[u8] = [&[][..], &[0x1F, 0x8B, 8, 0], &[0x28, 0xB5, 0x2F, 0xFD]][magic];
            let _ = unwrapped(&[magic, &bytes].concat(), json, 10_000);
        }

        #[test]
        fn no_damage_to_a_compressed_body_does_harm(which in 0..5_usize, at: Index, bytes in vec(any::<u8>(), 0..20), json: bool) {
            let mut body = samples()[which].clone();
            let at = at.index(body.len());
            let end = (at + bytes.len() / 2).min(body.len());
            body.splice(at..end, bytes);
            let _ = unwrapped(&body, json, 10_000);
        }

        #[test]
        fn lines_of_objects_keep_every_byte_but_those_between_them(bytes in vec(any::<u8>(), 0..2000)) {
            prop_assume!(Coding::of(&bytes) == Coding::Identity);
            let out = unwrapped(&bytes, true, 10_000).unwrap();
            only_what_parts_was_changed(&out, &bytes);
        }
    }
}
