//! The alphabet of byte-level vocabularies: each byte is written as a character that can be seen. Undone here, so that tokens are
//! bytes again.

/// The byte that a character of the alphabet stands for.
fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    match code {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => u8::try_from(code).ok(),
        // The bytes that cannot be seen, in their order, are written from U+0100 on.
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7f).ok(),
        0x143 => Some(0xad),
        _ => None,
    }
}

/// The character that a byte is written as.
pub(super) fn character_of(byte: u8) -> char {
    let code = u32::from(byte);
    let written = match byte {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => code,
        0x00..=0x20 => code + 0x100,
        0x7f..=0xa0 => code - 0x7f + 0x121,
        0xad => 0x143,
    };
    char::from_u32(written).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The bytes of a token; nothing where it is not written in the alphabet.
pub(super) fn bytes_of(token: &str) -> Option<Vec<u8>> {
    token.chars().map(byte_of).collect()
}

/// Bytes that come in pieces, made text: a character that is cut waits for its rest.
#[derive(Debug, Default)]
pub(super) struct Utf8Stream {
    pending: Vec<u8>,
}

impl Utf8Stream {
    /// The text that is whole now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        let waiting = loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break Vec::new();
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else { break after.to_vec() };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = after.get(bad..).unwrap_or_default();
                }
            }
        };
        self.pending = waiting;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_a_character_of_its_own_and_comes_back() {
        let mut seen = std::collections::HashSet::new();
        for byte in 0..=255 {
            assert!(seen.insert(character_of(byte)));
            assert_eq!(byte_of(character_of(byte)), Some(byte));
        }
        assert_eq!(character_of(b' '), 'Ġ');
        assert_eq!(character_of(b'\n'), 'Ċ');
        assert_eq!(bytes_of("Ġthe"), Some(b" the".to_vec()));
        assert_eq!(bytes_of("日"), None);
    }

    #[test]
    fn a_cut_character_waits_and_nonsense_is_replaced() {
        let cases: [(&[&[u8]], &str); 4] = [
            (&[b"ab", b"c"], "abc"),
            (&["ї".as_bytes().split_at(1).0, "ї".as_bytes().split_at(1).1], "ї"),
            (&[b"a\xffb"], "a\u{fffd}b"),
            (&[b"\xe2\x82", b"x"], "\u{fffd}x"),
        ];
        for (pieces, wanted) in cases {
            let mut stream = Utf8Stream::default();
            assert_eq!(pieces.iter().map(|piece| stream.push(piece)).collect::<String>(), wanted);
        }
    }
}
