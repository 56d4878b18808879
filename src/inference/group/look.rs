//! Whether a word is a value by its look.

use super::lexicon;

/// What a word is made of, gathered while it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    digits: bool,
    at_sign: bool,
    letters_beyond_hex: bool,
    slashes: u32,
    dots: u32,
}

impl Look {
    /// Takes the next byte of the word into account.
    pub(super) fn add(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' => self.digits = true,
            b'a'..=b'f' | b'A'..=b'F' => {}
            b'.' => {
                self.dots += 1;
                self.letters_beyond_hex = true;
            }
            b'/' | b'\\' => {
                self.slashes += 1;
                self.letters_beyond_hex = true;
            }
            b'@' => {
                self.at_sign = true;
                self.letters_beyond_hex = true;
            }
            _ => self.letters_beyond_hex = true,
        }
    }

    /// Whether there is a dot inside.
    pub(super) fn is_dotted(self) -> bool {
        self.dots > 0
    }

    /// Whether `word` is a value: it has a digit, is a path, an address, a host, a file, a qualified name, a long hexadecimal number.
    pub(super) fn is_value(self, word: &str) -> bool {
        if self.digits {
            return !lexicon::is_numbered_name(word);
        }
        if self.at_sign && word.len() > 1 || self.slashes >= 2 || self.slashes == 1 && self.dots > 0 {
            return true;
        }
        if !self.letters_beyond_hex && word.len() >= 8 {
            return true;
        }
        self.dots > 0 && is_dotted_value(word) || lexicon::is_literal(word)
    }
}

/// A host, a file or a qualified name that begins with a domain (`com.example.billing.Transfer`).
fn is_dotted_value(word: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !word.split('.').all(plain) {
        return false;
    }
    let (mut parts, first) = (word.split('.'), word.split('.').next().unwrap_or_default());
    let last = parts.next_back().unwrap_or_default();
    if lexicon::is_top_domain(last) || lexicon::is_file_ending(last) {
        return true;
    }
    // A name in capitals at the end is a constant, and constants tell messages apart.
    let constant = last.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    lexicon::is_top_domain(first) && parts.count() >= 2 && !constant
}
