//! A message as tokens with its variables masked, in one pass and without regular expressions.
//!
//! What a token is depends on the message alone, never on messages before it: the masked text of a message is the same in
//! every process, and so is the group that begins with it.

use super::{
    fold::{Token, Tokens},
    look::Look,
    spans,
};

/// At most this many tokens of a message are considered.
const MAX_TOKENS: usize = 400;
/// At most this many bytes of a message are considered.
const MAX_BYTES: usize = 16 << 10;

/// What a byte says about the word that it is in. Dots, dashes, slashes and underscores stay inside words: hosts, dates, paths
/// and names have them.
static LOOKS: [Look; 256] = looks();

const fn looks() -> [Look; 256] {
    let mut looks = [Look::BEYOND_HEX; 256];
    let mut byte = 0;
    while byte < 256 {
        looks[byte] = match byte as u8 {
            0..=b' ' | 0x7f => Look::OUTSIDE,
            0x80.. => Look::WIDE,
            b',' | b';' | b':' | b'=' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' => Look::OUTSIDE,
            b'<' | b'>' | b'|' | b'!' | b'?' | b'&' | b'#' | b'%' | b'+' | b'*' => Look::OUTSIDE,
            b'0'..=b'9' => Look::DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => Look::HEX,
            b'.' => Look::DOT,
            b'/' | b'\\' => Look::SLASH,
            b'@' => Look::AT,
            _ => Look::BEYOND_HEX,
        };
        byte += 1;
    }
    looks
}

/// What the scanner makes of a character beyond ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Blank,
    Mark(char),
    Word,
}

/// The tokens of a message; the buffer is one that is not needed any more.
pub(super) fn tokenise(message: &str, buffer: Vec<Token>) -> Tokens<'_> {
    let message = message.get(..message.floor_char_boundary(MAX_BYTES)).unwrap_or(message);
    let mut scanner = Scanner { message, at: 0, tokens: Tokens::new(message, buffer) };
    while scanner.step() {}
    scanner.tokens.finish()
}

struct Scanner<'m> {
    message: &'m str,
    at: usize,
    tokens: Tokens<'m>,
}

impl<'m> Scanner<'m> {
    /// Reads one token; `false` at the end.
    fn step(&mut self) -> bool {
        let start = self.at;
        let byte = loop {
            match self.message.as_bytes().get(self.at) {
                None => return false,
                Some(0..=b' ' | 0x7f) => self.at += 1,
                Some(0x80..) => match self.wide(self.at) {
                    (Sort::Blank, length) => self.at += length,
                    _ => break 0x80,
                },
                Some(byte) => break *byte,
            }
        };
        if self.tokens.len() >= MAX_TOKENS {
            return false;
        }
        let spaced = self.at > start || start == 0;
        if !spaced && self.tokens.ends_with_assignment() && !self.tokens.ends_with_telling_property() && self.assigned() {
            return true;
        }
        match byte {
            0x80 => match self.wide(self.at) {
                (Sort::Mark(mark), _) => self.mark(mark, spaced),
                _ => self.word(spaced),
            },
            _ if LOOKS[usize::from(byte)].has(Look::OUTSIDE) => self.mark(char::from(byte), spaced),
            _ => self.word(spaced),
        }
        true
    }

    /// Reads what is a value by its place after `key=`; whether there is something.
    fn assigned(&mut self) -> bool {
        let length = spans::assigned(self.rest());
        if length > 0 {
            self.tokens.push_assigned(self.at, self.at + length);
            self.at += length;
        }
        length > 0
    }

    fn mark(&mut self, mark: char, spaced: bool) {
        let value = match mark {
            '"' | '\'' | '«' if self.tokens.ends_with_telling_property() => None,
            '"' | '\'' | '«' if spaced || self.tokens.ends_with_mark() => spans::quoted_word(self.rest()),
            '#' if spaced => spans::numbered(self.rest()),
            ':' if spaced => spans::hexadecimal_groups(self.rest()),
            _ => None,
        };
        if let Some(length) = value {
            self.value(length);
            return;
        }
        let end = self.at + mark.len_utf8();
        self.tokens.push_mark(mark, self.at, end);
        self.at = end;
        if mark == '=' && self.tokens.ends_with_assignment() && self.next_assigns() {
            self.tokens.push_assigned(end, end);
        }
    }

    fn word(&mut self, spaced: bool) {
        let start = self.at;
        let bytes = self.message.as_bytes();
        if let Some([b'/' | b'\\', following]) = bytes.get(start..start + 2)
            && (following.is_ascii_alphanumeric() || matches!(following, b'_' | b'.' | b'\\' | b'?' | 0x80..))
        {
            self.value(spans::path(self.rest()).max(1));
            return;
        }
        let (mut end, mut look) = self.run();
        if look.has(Look::DOT)
            && !look.has(Look::SLASH)
            && let Some(dots) = self.leaders(start, end)
        {
            end = start + dots;
            look = Look::default();
            for byte in bytes.get(start..end).unwrap_or_default() {
                look.add(LOOKS[usize::from(*byte)]);
            }
        }
        let word = without_end(self.message.get(start..end).unwrap_or_default());
        if let Some(b':' | b'(') = bytes.get(end)
            && let Some(length) = self.longer_value(word, end, spaced)
        {
            self.value(length);
            return;
        }
        self.at = end;
        if word.is_empty() {
            // Nothing but dots and dashes.
            self.tokens.push_mark(bytes.get(start).copied().map_or('.', char::from), start, end);
        } else if look.is_value(word) {
            self.tokens.push_value(start, start + word.len());
        } else {
            self.tokens.push_word(word, start);
        }
    }

    /// How much of a word stands before dots that lead to something (`depth......5`), or the dots themselves.
    fn leaders(&self, start: usize, end: usize) -> Option<usize> {
        let word = self.message.get(start..end)?;
        match word.as_bytes().windows(2).position(|pair| pair == b"..")? {
            0 => Some(word.len() - word.trim_start_matches('.').len()),
            dots => Some(dots),
        }
    }

    /// The length of a value that begins with `word` and goes on behind it.
    fn longer_value(&self, word: &str, end: usize, spaced: bool) -> Option<usize> {
        let after = self.message.get(end..)?;
        match after.as_bytes() {
            [b':', b'/', b'/', ..] if !word.is_empty() => Some(spans::path(self.rest()).max(word.len())),
            [b':', b'\\' | b'/', ..] if word.len() == 1 && word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                Some(spans::path(self.rest()).max(1))
            }
            [b':', ..] if word.bytes().all(|byte| byte.is_ascii_hexdigit()) => spans::hexadecimal_groups(self.rest()),
            [b'(', ..] if spaced && !self.tokens.is_empty() && word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                spans::instance(after).map(|length| word.len() + length)
            }
            _ => None,
        }
    }

    /// The end of the word that begins here, and its look.
    fn run(&self) -> (usize, Look) {
        let (mut at, mut look) = (self.at, Look::default());
        let bytes = self.message.as_bytes();
        loop {
            while let Some(byte) = bytes.get(at) {
                let part = LOOKS[usize::from(*byte)];
                if part.has(Look::OUTSIDE) {
                    break;
                }
                look.add(part);
                at += 1;
            }
            match bytes.get(at) {
                Some(0x80..) => match self.wide(at) {
                    (Sort::Word, length) => {
                        look.add(Look::BEYOND_HEX);
                        at += length;
                    }
                    _ => return (at, look),
                },
                _ => return (at, look),
            }
        }
    }

    /// Whether the next thing is `key=`, so that the value of the one before is empty.
    fn next_assigns(&self) -> bool {
        let rest = self.rest();
        let piece = rest.trim_start();
        let key = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
        piece.len() < rest.len() && key > 0 && piece.get(key..).is_some_and(|rest| rest.starts_with('='))
    }

    fn value(&mut self, length: usize) {
        self.tokens.push_value(self.at, self.at + length);
        self.at += length;
    }

    fn rest(&self) -> &'m str {
        self.message.get(self.at..).unwrap_or_default()
    }

    /// What the character beyond ASCII at a place is, and its length.
    fn wide(&self, at: usize) -> (Sort, usize) {
        match self.message.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c @ ('«' | '»')) => (Sort::Mark(c), c.len_utf8()),
            Some(c) if !c.is_ascii() && !c.is_whitespace() && !c.is_control() => (Sort::Word, c.len_utf8()),
            other => (Sort::Blank, other.map_or(1, char::len_utf8)),
        }
    }
}

/// Without the dots and dashes at the end, which are the sentence's.
fn without_end(word: &str) -> &str {
    match word.as_bytes().last() {
        Some(b'.' | b'-') => word.trim_end_matches(['.', '-']),
        _ => word,
    }
}
