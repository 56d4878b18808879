//! Lines of text, of files or standard input, one after the other in bounded memory.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result};

use super::input;
use crate::parse::Plain;

/// A longer line is cut to so many bytes.
const LONGEST: usize = 16 << 20;
/// What some editors begin a text with.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of an input.
pub(super) struct TextLines<R> {
    input: BufReader<R>,
    name: String,
    /// Lines read.
    n_read: u64,
    longest: usize,
}

impl TextLines<Plain<Box<dyn Read>>> {
    /// Opens a file, or standard input for `-`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self::new(input::plain(path)?, input::name(path), LONGEST))
    }
}

impl<R: Read> TextLines<R> {
    fn new(input: BufReader<R>, name: String, longest: usize) -> Self {
        Self { input, name, n_read: 0, longest }
    }

    /// Whether whoever reads the next line may have to wait for it.
    pub(super) fn may_wait(&self) -> bool {
        memchr::memchr(b'\n', self.input.buffer()).is_none()
    }

    /// The next line without its end; bytes that are not UTF-8 are replaced. One that is too long is cut, and it is said so.
    pub(super) fn next(&mut self) -> Result<Option<String>> {
        let Self { input, name, n_read, longest } = self;
        let mut line = Vec::new();
        let taken = input.by_ref().take(*longest as u64).read_until(b'\n', &mut line).with_context(|| format!("cannot read {name}"))?;
        if taken == 0 {
            return Ok(None);
        }
        *n_read += 1;
        if taken == *longest && line.last() != Some(&b'\n') && skip_line(input).with_context(|| format!("cannot read {name}"))? {
            eprintln!("loghelper: {name}: line {n_read}: longer than {longest} bytes: only its beginning is read");
        }
        let begin = if *n_read == 1 && line.starts_with(MARK) { MARK.len() } else { 0 };
        let text = line.get(begin..).unwrap_or_default();
        let end = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        Ok(Some(String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned()))
    }
}

/// Lets go of what is left of a line; whether there was anything.
fn skip_line(input: &mut impl BufRead) -> io::Result<bool> {
    let mut skipped = false;
    loop {
        let block = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            block => block?,
        };
        let (n, is_end) = match memchr::memchr(b'\n', block) {
            Some(at) => (at + 1, true),
            None => (block.len(), block.is_empty()),
        };
        skipped |= n > 1 || (n == 1 && !is_end);
        input.consume(n);
        if is_end {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let mut lines = TextLines::new(BufReader::with_capacity(3, text), "x".to_owned(), 8);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn lines_lose_their_ends_and_what_is_too_much() {
        for (text, expected) in [
            (&b""[..], vec![]),
            (b"\n", vec![""]),
            (b"a\r\n\nb", vec!["a", "", "b"]),
            (b"\xEF\xBB\xBFa\n\xEF\xBB\xBFb\n", vec!["a", "\u{feff}b"]),
            (b"0123456789\nab\n", vec!["01234567", "ab"]),
            (b"01234567\nab", vec!["01234567", "ab"]),
            (b"01234567", vec!["01234567"]),
            (b"a\xFFb\n", vec!["a\u{fffd}b"]),
        ] {
            assert_eq!(lines(text), expected, "{text:?}");
        }
    }
}
