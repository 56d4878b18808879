//! Whether a word is a value by its look.

use super::lexicon;

/// What a word is made of, gathered while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look(u8);

impl Look {
    /// A letter that hexadecimal numbers have.
    pub(super) const HEX: Self = Self(0);
    /// A digit.
    pub(super) const DIGIT: Self = Self(1);
    /// Something that hexadecimal numbers do not have.
    pub(super) const BEYOND_HEX: Self = Self(2);
    /// A dot.
    pub(super) const DOT: Self = Self(4 | 2);
    /// A slash of either kind.
    pub(super) const SLASH: Self = Self(8 | 2);
    /// An at sign.
    pub(super) const AT: Self = Self(16 | 2);
    /// No part of a word of ASCII characters.
    pub(super) const OUTSIDE: Self = Self(32);
    /// A byte of a character beyond ASCII.
    pub(super) const WIDE: Self = Self(32 | 2);

    /// Takes what a byte is into account.
    pub(super) const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether the word has this.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether `word` is a value: it has a digit, is a path, an address, a host, a file, a qualified name, a long hexadecimal number.
    pub(super) fn is_value(self, word: &str) -> bool {
        if self.has(Self::DIGIT) {
            return !lexicon::is_numbered_name(word);
        }
        if !self.has(Self::BEYOND_HEX) {
            return word.len() >= 8;
        }
        self.has(Self::AT) && word.len() > 1
            || self.has(Self::SLASH) && (self.has(Self::DOT) || word.matches(['/', '\\']).nth(1).is_some())
            || self.has(Self::DOT) && is_dotted_value(word)
            || lexicon::is_literal(word)
    }
}

/// A host, a file or a qualified name that begins with a domain (`com.example.billing.Transfer`).
fn is_dotted_value(word: &str) -> bool {
    let Some((rest, last)) = word.rsplit_once('.') else { return false };
    let known = lexicon::is_top_domain(last) || lexicon::is_file_ending(last) || is_qualified(rest, last);
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    known && word.split('.').all(plain)
}

/// A name in capitals at the end is a constant, and constants tell messages apart.
fn is_qualified(rest: &str, last: &str) -> bool {
    rest.split_once('.').is_some_and(|(first, _)| lexicon::is_top_domain(first))
        && !last.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
