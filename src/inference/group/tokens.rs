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
            0..=b' ' | 0x7f.. => Look::OUTSIDE,
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

/// What the scanner makes of a character.
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
        let before = self.at;
        let sort = loop {
            match self.sort(self.at) {
                Some((Sort::Blank, length)) => self.at += length,
                Some((other, _)) => break other,
                None => return false,
            }
        };
        if self.tokens.len() >= MAX_TOKENS {
            return false;
        }
        let spaced = self.at > before || before == 0;
        if !spaced && self.tokens.ends_with_assignment() {
            let length = spans::assigned(self.rest());
            if length > 0 {
                self.tokens.push_assigned(self.at, self.at + length);
                self.at += length;
                return true;
            }
        }
        match sort {
            Sort::Mark(mark) => self.mark(mark, spaced),
            _ => self.word(spaced),
        }
        true
    }

    fn mark(&mut self, mark: char, spaced: bool) {
        let value = match mark {
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
        let rest = self.rest();
        if let [b'/' | b'\\', following, ..] = rest.as_bytes()
            && (following.is_ascii_alphanumeric() || matches!(following, b'_' | b'.' | b'\\' | b'?' | 0x80..))
        {
            self.value(spans::path(rest).max(1));
            return;
        }
        let (end, look) = self.run();
        let word = self.message.get(start..end).unwrap_or_default();
        let after = self.message.get(end..).unwrap_or_default();
        let bare = without_end(word);
        if let Some(length) = self.longer_value(bare, after, look, spaced) {
            self.value(length);
            return;
        }
        self.at = end;
        let bare_end = start + bare.len();
        if bare.is_empty() {
            self.tokens.push_mark('.', start, end);
        } else if look.is_value(bare) {
            self.tokens.push_value(start, bare_end);
        } else {
            self.tokens.push_word(start, bare_end);
        }
    }

    /// The length of a value that begins with `word` and goes on behind it.
    fn longer_value(&self, word: &str, after: &str, look: Look, spaced: bool) -> Option<usize> {
        let mut next = after.bytes();
        match next.next()? {
            b':' if after.starts_with("://") && !word.is_empty() => Some(spans::path(self.rest()).max(word.len())),
            b':' if word.len() == 1 && matches!(next.next(), Some(b'\\' | b'/')) => Some(spans::path(self.rest()).max(1)),
            b':' if word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) => spans::hexadecimal_groups(self.rest()),
            // A place in a source file or a host with its port.
            b':' if look.has(Look::DOT) && next.next().is_some_and(|byte| byte.is_ascii_digit()) => Some(word.len()),
            b'(' if spaced && !self.tokens.is_empty() && word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                spans::instance(after).map(|length| word.len() + length)
            }
            _ => None,
        }
    }

    /// The end of the word that begins here, and its look.
    fn run(&self) -> (usize, Look) {
        let (mut at, mut look) = (self.at, Look::default());
        loop {
            for byte in self.message.as_bytes().get(at..).unwrap_or_default() {
                let part = LOOKS[usize::from(*byte)];
                if part.has(Look::OUTSIDE) {
                    break;
                }
                look.add(part);
                at += 1;
            }
            match self.sort(at) {
                Some((Sort::Word, length)) => {
                    look.add(Look::BEYOND_HEX);
                    at += length;
                }
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

    /// What the character at a place is, and its length.
    fn sort(&self, at: usize) -> Option<(Sort, usize)> {
        let byte = *self.message.as_bytes().get(at)?;
        if !LOOKS[usize::from(byte)].has(Look::OUTSIDE) {
            return Some((Sort::Word, 1));
        }
        Some(match byte {
            0..=b' ' | 0x7f => (Sort::Blank, 1),
            0x80.. => {
                let c = self.message.get(at..)?.chars().next()?;
                let sort = match c {
                    '«' | '»' => Sort::Mark(c),
                    _ if c.is_whitespace() || c.is_control() => Sort::Blank,
                    _ => Sort::Word,
                };
                (sort, c.len_utf8())
            }
            _ => (Sort::Mark(char::from(byte)), 1),
        })
    }
}

/// Without the dots and dashes at the end, which are the sentence's.
fn without_end(word: &str) -> &str {
    let length = word.bytes().rposition(|byte| !matches!(byte, b'.' | b'-')).map_or(0, |last| last + 1);
    word.get(..length).unwrap_or_default()
}
