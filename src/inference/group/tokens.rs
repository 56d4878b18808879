//! A message as tokens with its variables masked, in one pass and without regular expressions.
//!
//! What a token is depends on the message alone, never on messages before it: the masked text of a message is the same in
//! every process, and so is the group that begins with it.

use super::{fold::Tokens, look::Look, spans};

/// At most this many tokens of a message are considered.
const MAX_TOKENS: usize = 400;
/// At most this many bytes of a message are considered.
const MAX_BYTES: usize = 16 << 10;

/// What the scanner makes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Blank,
    Mark,
    /// Dots, dashes, slashes and underscores stay inside words: hosts, dates, paths and names have them.
    Word,
    /// A byte of a character beyond ASCII.
    Wide,
}

const SORTS: [Sort; 256] = sorts();

const fn sorts() -> [Sort; 256] {
    let mut sorts = [Sort::Word; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte <= 0x20 || byte == 0x7f {
            sorts[byte] = Sort::Blank;
        } else if byte >= 0x80 {
            sorts[byte] = Sort::Wide;
        }
        byte += 1;
    }
    let marks = b",;:=()[]{}\"'<>|!?&#%+*";
    let mut index = 0;
    while index < marks.len() {
        sorts[marks[index] as usize] = Sort::Mark;
        index += 1;
    }
    sorts
}

/// The tokens of a message.
pub(super) fn tokenise(message: &str) -> Tokens<'_> {
    let message = message.get(..message.floor_char_boundary(MAX_BYTES)).unwrap_or(message);
    let mut scanner = Scanner { message, at: 0, tokens: Tokens::new(message) };
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
        let (sort, c) = loop {
            match self.sort(self.at) {
                Some((Sort::Blank, c)) => self.at += c.len_utf8(),
                Some(other) => break other,
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
            Sort::Mark => self.mark(c, spaced),
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
        let mut following = rest.chars().skip(1);
        if rest.starts_with(['/', '\\']) && following.next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?')) {
            self.value(spans::path(rest).max(1));
            return;
        }
        let (end, look) = self.run();
        let word = self.message.get(start..end).unwrap_or_default();
        let after = self.message.get(end..).unwrap_or_default();
        let bare = word.trim_end_matches(['.', '-']);
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
            b':' if look.is_dotted() && next.next().is_some_and(|byte| byte.is_ascii_digit()) => Some(word.len()),
            b'(' if spaced && !self.tokens.is_empty() && word.starts_with(|c: char| c.is_ascii_uppercase()) => {
                spans::instance(after).map(|length| word.len() + length)
            }
            _ => None,
        }
    }

    /// The end of the word that begins here, and its look.
    fn run(&self) -> (usize, Look) {
        let (mut at, mut look) = (self.at, Look::default());
        while let Some(byte) = self.message.as_bytes().get(at) {
            match SORTS[usize::from(*byte)] {
                Sort::Word => {
                    look.add(*byte);
                    at += 1;
                }
                Sort::Wide => match self.sort(at) {
                    Some((Sort::Word, c)) => {
                        look.add(*byte);
                        at += c.len_utf8();
                    }
                    _ => break,
                },
                Sort::Blank | Sort::Mark => break,
            }
        }
        (at, look)
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

    fn sort(&self, at: usize) -> Option<(Sort, char)> {
        let byte = *self.message.as_bytes().get(at)?;
        match SORTS[usize::from(byte)] {
            Sort::Wide => {
                let c = self.message.get(at..)?.chars().next()?;
                let sort = match c {
                    '«' | '»' => Sort::Mark,
                    _ if c.is_whitespace() || c.is_control() => Sort::Blank,
                    _ => Sort::Word,
                };
                Some((sort, c))
            }
            sort => Some((sort, char::from(byte))),
        }
    }
}
