//! The encoding of a file: told by the caller, by a byte order mark, or by its first bytes.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// An encoding and how its characters are counted in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) struct Charset {
    pub encoding: &'static Encoding,
    /// Length of the byte order mark.
    pub mark_bytes: usize,
    /// Whether nobody and nothing but the bytes themselves says so.
    pub guessed: bool,
}

impl Charset {
    /// Decides by the byte order mark, else by what the caller says, else by the first bytes.
    pub(in crate::parse) fn of(chosen: Option<&'static Encoding>, sample: &[u8]) -> Self {
        match (Encoding::for_bom(sample), chosen) {
            (Some((encoding, mark_bytes)), _) => Self { encoding, mark_bytes, guessed: false },
            (None, Some(encoding)) => Self { encoding, mark_bytes: 0, guessed: false },
            (None, None) => Self { encoding: guess(sample), mark_bytes: 0, guessed: true },
        }
    }

    /// Whether the text can be used as it is.
    pub(in crate::parse) fn is_utf8(&self) -> bool {
        self.encoding == UTF_8
    }

    /// How many bytes of the file this text took.
    pub(in crate::parse) fn source_len(&self, text: &[u8]) -> u64 {
        let chars = || text.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64;
        if self.is_utf8() {
            text.len() as u64
        } else if self.is_utf16() {
            2 * (chars() + text.iter().filter(|&&b| b >= 0xF0).count() as u64)
        } else if self.encoding.is_single_byte() || text.is_ascii() {
            chars()
        } else {
            self.source(text).len() as u64
        }
    }

    /// The bytes of the file that this text was read from; what could not be decoded is lost, and a character at the end that is not whole
    /// is left out.
    pub(in crate::parse) fn source(&self, text: &[u8]) -> Vec<u8> {
        if self.is_utf8() {
            return text.to_vec();
        }
        let end = match std::str::from_utf8(text) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => text.len(),
        };
        let text = String::from_utf8_lossy(text.get(..end).unwrap_or_default());
        if self.encoding == UTF_16LE {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else if self.encoding == UTF_16BE {
            text.encode_utf16().flat_map(u16::to_be_bytes).collect()
        } else {
            self.encoding.encode(&text).0.into_owned()
        }
    }

    fn is_utf16(&self) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE
    }
}

/// UTF-16 shows in the zeros of its ASCII, UTF-8 in being well-formed; else it is the branches' old code page.
fn guess(sample: &[u8]) -> &'static Encoding {
    if memchr::memchr(0, sample).is_none() && simdutf8::basic::from_utf8(sample).is_ok() {
        return UTF_8;
    }
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    if pairs >= 2 && odd * 10 > pairs * 3 && even * 50 < pairs {
        return UTF_16LE;
    }
    if pairs >= 2 && even * 10 > pairs * 3 && odd * 50 < pairs {
        return UTF_16BE;
    }
    if reads_as_utf8(sample) { UTF_8 } else { WINDOWS_1251 }
}

/// Whether the text is UTF-8, apart from some damage here and there.
pub(in crate::parse) fn reads_as_utf8(sample: &[u8]) -> bool {
    let (mut n_good, mut n_bad) = (0, 0);
    let mut chunks = sample.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        n_good += chunk.valid().bytes().filter(|&b| b >= 0xC0).count();
        let at_the_end = chunks.peek().is_none() && chunk.invalid().len() < 4 && n_good > 0;
        n_bad += if at_the_end { 0 } else { chunk.invalid().len() };
    }
    n_bad == 0 || n_good > 4 * n_bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text = "=> Сервер at 5/8/2016 7:17:45 AM: from 10.7.73.12\nInput = {\"text\": \"Рахунок не знайдено\"}\n";
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for (bytes, encoding, mark_bytes) in [
            (text.as_bytes().to_vec(), UTF_8, 0),
            (text.as_bytes()[..70].to_vec(), UTF_8, 0),
            (marked(b"\xEF\xBB\xBF", text.as_bytes()), UTF_8, 3),
            (WINDOWS_1251.encode(text).0.into_owned(), WINDOWS_1251, 0),
            (utf16(u16::to_le_bytes), UTF_16LE, 0),
            (utf16(u16::to_be_bytes), UTF_16BE, 0),
            (marked(b"\xFF\xFE", &utf16(u16::to_le_bytes)), UTF_16LE, 2),
            (marked(b"\xFE\xFF", &utf16(u16::to_be_bytes)), UTF_16BE, 2),
            (Vec::new(), UTF_8, 0),
        ] {
            let charset = Charset::of(None, &bytes);
            assert_eq!((charset.encoding, charset.mark_bytes), (encoding, mark_bytes));
        }
    }

    #[test]
    fn text_knows_how_long_it_was_in_the_file() {
        let text = "ab Київ 😀 \"\n";
        for encoding in [UTF_8, UTF_16LE, UTF_16BE] {
            let charset = Charset { encoding, mark_bytes: 0, guessed: false };
            assert_eq!(charset.source_len(text.as_bytes()), charset.source(text.as_bytes()).len() as u64);
        }
        let charset = Charset { encoding: WINDOWS_1251, mark_bytes: 0, guessed: false };
        assert_eq!(charset.source_len("Київ".as_bytes()), 4);
        assert_eq!(charset.source("Київ".as_bytes()), b"\xCA\xE8\xBF\xE2");
        assert_eq!(charset.source(&"Київ".as_bytes()[..7]), b"\xCA\xE8\xBF", "cut in the middle of a character");
    }
}
