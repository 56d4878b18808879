//! Bytes of a file ─► a sliding window of UTF-8 text that knows the byte offset of each of its places.
//!
//! UTF-8 is validated in place; other encodings are decoded block by block. The window grows only as far as the reader
//! asks, so that memory is bounded by the longest record, never by the file.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// Bytes read at once.
const BLOCK: usize = 256 * 1024;

/// How offsets in the text map to offsets in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// A byte of text is a byte of the file, but for the places in `Window::replaced`.
    Utf8,
    /// A character is a byte.
    Single,
    /// A character is two or four bytes.
    Utf16,
}

/// Text that is read from a file bit by bit.
pub(super) struct Window<R> {
    input: R,
    encoding: &'static Encoding,
    width: Width,
    decoder: Option<Decoder>,
    /// Bytes read and not decoded yet.
    raw: Vec<u8>,
    text: String,
    /// Place in `text` up to which everything was consumed.
    start: usize,
    /// Offset in the file of `text[0]`.
    base: u64,
    /// UTF-8 only: place in `text` just after a replacement character, and by how much the file is shorter than the text there (in all).
    replaced: Vec<(usize, i64)>,
    /// The last place that was mapped, so that mapping in order costs no more than reading on.
    mapped: (usize, u64),
    bytes_read: u64,
    end: bool,
    /// The input ended with an error that means it was cut short.
    truncated: Option<String>,
    bad_bytes: u64,
}

/// The encoding of a file by its first bytes, and the length of its byte order mark.
pub(super) fn sniff(sample: &[u8]) -> (&'static Encoding, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(sample) {
        return (encoding, length);
    }
    let pairs = sample.chunks_exact(2);
    let n = pairs.len().max(1);
    let (le, be) = pairs
        .fold((0, 0), |(le, be), pair| (le + usize::from(pair[0] != 0 && pair[1] == 0), be + usize::from(pair[0] == 0 && pair[1] != 0)));
    // Text in UTF-16 has a zero in every space, digit and mark, whatever its script.
    if le * 4 > n && be * 16 < n {
        return (UTF_16LE, 0);
    }
    if be * 4 > n && le * 16 < n {
        return (UTF_16BE, 0);
    }
    match std::str::from_utf8(sample) {
        Ok(_) => (UTF_8, 0),
        // A character cut by the end of the sample is no fault.
        Err(error) if error.error_len().is_none() && sample.len() - error.valid_up_to() < 4 => (UTF_8, 0),
        Err(error) => {
            let damage = String::from_utf8_lossy(sample).matches('\u{FFFD}').count();
            let high = sample.iter().filter(|byte| **byte >= 0x80).count();
            // A few damaged bytes among much valid UTF-8 are damage; many high bytes that are mostly invalid are another encoding.
            if damage * 4 < high && error.valid_up_to() > 0 { (UTF_8, 0) } else { (WINDOWS_1251, 0) }
        }
    }
}

impl<R: Read> Window<R> {
    /// Begins to read; the encoding is found from the first block where none is named.
    ///
    /// # Errors
    /// When the input cannot be read at all.
    pub(super) fn new(input: R, named: Option<&'static Encoding>) -> io::Result<Self> {
        let mut window = Self {
            input,
            encoding: UTF_8,
            width: Width::Utf8,
            decoder: None,
            raw: Vec::new(),
            text: String::new(),
            start: 0,
            base: 0,
            replaced: Vec::new(),
            mapped: (0, 0),
            bytes_read: 0,
            end: false,
            truncated: None,
            bad_bytes: 0,
        };
        while !window.end && window.raw.len() < BLOCK {
            window.read_block()?;
        }
        let (found, bom) = sniff(&window.raw);
        let encoding = named.unwrap_or(found);
        let bom = if encoding == found || bom == 0 { bom } else { Encoding::for_bom(&window.raw).map_or(0, |(_, length)| length) };
        window.raw.drain(..bom);
        window.base = bom as u64;
        window.mapped = (0, bom as u64);
        window.encoding = encoding;
        (window.width, window.decoder) = if encoding == UTF_8 {
            (Width::Utf8, None)
        } else if encoding == UTF_16LE || encoding == UTF_16BE {
            (Width::Utf16, Some(encoding.new_decoder_without_bom_handling()))
        } else {
            (Width::Single, Some(encoding.new_decoder_without_bom_handling()))
        };
        window.decode();
        Ok(window)
    }

    /// The encoding that is read.
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Bytes of the (decompressed) file read up to now.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Why the input ended early, if it did.
    pub(super) fn truncated(&self) -> Option<&str> {
        self.truncated.as_deref()
    }

    /// Characters that were not of the encoding.
    pub(super) fn bad_bytes(&self) -> u64 {
        self.bad_bytes
    }

    /// The text not consumed yet, as far as it was read.
    pub(super) fn text(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Whether [`Self::text`] reaches the end of the input.
    pub(super) fn at_end(&self) -> bool {
        self.end && self.raw.is_empty()
    }

    /// Drops the first `n` bytes of [`Self::text`].
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
    }

    /// Offset in the file of a place in [`Self::text`].
    pub(super) fn offset(&mut self, place: usize) -> u64 {
        let place = self.start + place;
        match self.width {
            Width::Utf8 => {
                let shift = self.replaced.partition_point(|(at, _)| *at <= place);
                let shift = shift.checked_sub(1).and_then(|i| self.replaced.get(i)).map_or(0, |(_, shift)| *shift);
                (self.base + place as u64).saturating_add_signed(shift)
            }
            Width::Single | Width::Utf16 => {
                let (from, offset) = if self.mapped.0 <= place { self.mapped } else { (0, self.base) };
                let part = self.text.get(from..place).unwrap_or_default();
                let length = match self.width {
                    Width::Utf16 => part.encode_utf16().count() * 2,
                    _ => part.chars().count(),
                };
                self.mapped = (place, offset + length as u64);
                self.mapped.1
            }
        }
    }

    /// Reads on, at least a block and at least as much as is waiting, so that growing costs no more than linear time.
    ///
    /// # Errors
    /// When the input fails otherwise than by ending early.
    pub(super) fn grow(&mut self) -> io::Result<()> {
        self.compact();
        let wanted = self.text.len().max(BLOCK);
        while !self.end && self.raw.len() < wanted {
            self.read_block()?;
        }
        self.decode();
        Ok(())
    }

    /// Drops the consumed text.
    fn compact(&mut self) {
        if self.start == 0 {
            return;
        }
        let offset = self.offset(0);
        if self.width == Width::Utf8 {
            let dropped = self.replaced.partition_point(|(at, _)| *at <= self.start);
            let before = dropped.checked_sub(1).and_then(|i| self.replaced.get(i)).map_or(0, |(_, shift)| *shift);
            self.replaced.drain(..dropped);
            for (at, shift) in &mut self.replaced {
                *at -= self.start;
                *shift -= before;
            }
        }
        self.text.drain(..self.start);
        self.base = offset;
        self.mapped = (0, offset);
        self.start = 0;
    }

    fn read_block(&mut self) -> io::Result<()> {
        let before = self.raw.len();
        self.raw.resize(before + BLOCK, 0);
        let read = loop {
            match self.input.read(self.raw.get_mut(before..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match read {
            Ok(n) => {
                self.raw.truncate(before + n);
                self.bytes_read += n as u64;
                self.end = n == 0;
            }
            Err(error) => {
                self.raw.truncate(before);
                self.end = true;
                if !matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
                ) {
                    return Err(error);
                }
                // Decompressors report a cut or damaged stream in these ways: what came before it is still good.
                self.truncated = Some(error.to_string());
            }
        }
        Ok(())
    }

    fn decode(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            let room = decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(self.raw.len() * 4);
            self.text.reserve(room + 8);
            let mut at = 0;
            loop {
                let (result, read) =
                    decoder.decode_to_string_without_replacement(self.raw.get(at..).unwrap_or_default(), &mut self.text, self.end);
                at += read;
                match result {
                    DecoderResult::InputEmpty => break,
                    DecoderResult::OutputFull => self.text.reserve(BLOCK),
                    DecoderResult::Malformed(..) => {
                        self.bad_bytes += 1;
                        self.text.push('\u{FFFD}');
                    }
                }
            }
            self.raw.clear();
            return;
        }
        let mut at = 0;
        loop {
            let rest = self.raw.get(at..).unwrap_or_default();
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    self.text.push_str(valid);
                    at = self.raw.len();
                    break;
                }
                Err(error) => {
                    let (valid, damaged) = rest.split_at(error.valid_up_to());
                    self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                    at += valid.len();
                    let Some(length) = error.error_len().or(self.end.then_some(damaged.len())) else { break };
                    at += length;
                    self.bad_bytes += 1;
                    self.text.push('\u{FFFD}');
                    let shift = self.replaced.last().map_or(0, |(_, shift)| *shift);
                    self.replaced.push((self.text.len(), shift + length as i64 - '\u{FFFD}'.len_utf8() as i64));
                }
            }
        }
        self.raw.drain(..at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> (String, &'static str, Vec<u64>) {
        let mut window = Window::new(bytes, None).unwrap();
        while !window.at_end() {
            window.grow().unwrap();
        }
        let text = window.text().to_owned();
        let places = text.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
        let offsets = places.into_iter().map(|at| window.offset(at)).collect();
        (text, window.encoding().name(), offsets)
    }

    #[test]
    fn encodings_are_found_and_offsets_are_those_of_the_file() {
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("=> Ї\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let cyrillic = encoding_rs::WINDOWS_1251.encode("=> Рахунок не знайдено\r\n").0.into_owned();
        for (bytes, text, encoding, offset_of_third) in [
            (b"=> ok".to_vec(), "=> ok", "UTF-8", 3),
            (b"\xEF\xBB\xBF=> ok".to_vec(), "=> ok", "UTF-8", 6),
            (utf16.clone(), "=> Ї\n", "UTF-16LE", 8),
            (utf16[2..].to_vec(), "=> Ї\n", "UTF-16LE", 6),
            (cyrillic, "=> Рахунок не знайдено\r\n", "windows-1251", 3),
        ] {
            let (read, name, offsets) = read_all(&bytes);
            assert_eq!((read.as_str(), name, offsets[3]), (text, encoding, offset_of_third));
        }
    }

    #[test]
    fn damaged_utf8_is_replaced_and_later_offsets_stay_exact() {
        let mut bytes = "добре ".repeat(20).into_bytes();
        let at = bytes.len();
        bytes.extend([0xFF, 0xFE, b'X']);
        let (text, name, offsets) = read_all(&bytes);
        assert_eq!(name, "UTF-8");
        assert!(text.ends_with("\u{FFFD}\u{FFFD}X"));
        assert_eq!(*offsets.last().unwrap(), at as u64 + 2);
    }
}
