//! A text as the engine compares it: its tokens, the hash of its shape, and its characters with digits masked.

mod ascii;
mod form;

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::{
    characters::fold_into,
    fold::{fold, is_invisible},
    script::is_mostly_cyrillic,
    split::{Begin, Chunks, Place},
    stem::{MAX_WORD, push_stem},
};
use ascii::Spelt;
use form::{head_end, is_code, is_joint, is_lead, is_of_date, is_path};

/// Bytes of a text that are looked at; the message of an error is at its beginning.
const MAX_BYTES: usize = 16 * 1024;

/// Tokens of a text that are looked at.
pub const MAX_TOKENS: usize = 256;

/// What stands for all that is no fixed word in the hash of a shape.
const MASKED: u64 = 1;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A word.
    Word,
    /// A number, an identifier, a date: whatever holds a digit.
    Value,
    /// Anything may stand here.
    Placeholder,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its place or form says that it is a value although it is a word.
    pub soft: bool,
    /// Where it stands in the text.
    pub at: (u32, u32),
    /// The hash of its stem.
    pub hash: u64,
    /// Where its stem (of a value: its folded characters) stands in [`Scan::stems`].
    stem: (u32, u32),
}

/// A text, taken apart.
#[derive(Debug, Default)]
pub struct Scan {
    /// The tokens in order.
    pub tokens: Vec<Token>,
    /// The text's beginning, folded, in Latin letters, all digits alike.
    pub folded: Vec<u8>,
    /// The end of its first line, as a number of tokens: what follows are details.
    pub head: usize,
    /// The end of its first line in [`Scan::folded`].
    pub folded_head: usize,
    stems: Vec<u8>,
    /// Where in them a text of ASCII stands that was spelt.
    spelt: Spelt,
    /// The letters of the word that is taken apart, and its stem.
    letters: Vec<char>,
    stem: String,
    in_cyrillic: bool,
}

impl Scan {
    /// Takes a text apart; bounded work whatever its size.
    pub fn new(text: &str) -> Self {
        let mut scan = Self::default();
        scan.read(text);
        scan
    }

    /// The same of a text that a person wrote with placeholders.
    pub fn of_template(text: &str) -> Self {
        let mut scan = Self::default();
        scan.take(text, Chunks::of_template);
        scan
    }

    /// Takes a text apart in the room that the last one had.
    pub fn read(&mut self, text: &str) {
        self.take(text, Chunks::new);
    }

    fn take<'a>(&mut self, text: &'a str, chunks: fn(&'a str) -> Chunks<'a>) {
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        self.tokens.clear();
        self.stems.clear();
        self.head = 0;
        let is_ascii = text.is_ascii();
        self.in_cyrillic = !is_ascii && is_mostly_cyrillic(text);
        let head_end = head_end(text);
        if head_end < text.len() {
            fold_into(&text[..head_end], is_ascii, &mut self.folded);
            self.folded_head = self.folded.len();
        }
        fold_into(text, is_ascii, &mut self.folded);
        if head_end == text.len() {
            self.folded_head = self.folded.len();
        }
        if is_ascii {
            self.spell(text.as_bytes(), 0);
        }
        let mut chunks = chunks(text);
        while self.tokens.len() < MAX_TOKENS
            && let Some(begin) = chunks.find()
        {
            let offset = match begin {
                Begin::Placeholder(offset) => {
                    self.literal(Kind::Placeholder, true, offset, "");
                    offset
                }
                Begin::Text { offset, length, place } => {
                    let in_value = place == Place::Value;
                    let plain = if is_ascii && length.is_none() { self.plain_chunk(text.as_bytes(), offset, in_value) } else { None };
                    let end = match plain {
                        Some(end) => end,
                        None if is_ascii => self.ascii_chunk(text.as_bytes(), offset, length, &chunks, in_value),
                        None => self.chunk(text, offset, length, &chunks, in_value),
                    };
                    chunks.go_on(end);
                    offset
                }
            };
            if offset < head_end {
                self.head = self.tokens.len();
            }
        }
    }

    /// The stem of a token.
    pub fn stem(&self, token: &Token) -> &str {
        std::str::from_utf8(self.stem_bytes(token)).unwrap_or_default()
    }

    /// The same as bytes.
    pub fn stem_bytes(&self, token: &Token) -> &[u8] {
        self.stems.get(token.stem.0 as usize..token.stem.1 as usize).unwrap_or_default()
    }

    /// The hash of the fixed words in order, whatever stands between them; `None` where there are none.
    pub fn shape(&self) -> Option<u64> {
        let mut hasher = FxHasher::default();
        let (mut masked, mut words) = (false, 0);
        for token in &self.tokens {
            if token.kind == Kind::Word && !token.soft {
                hasher.write_u64(token.hash);
                (masked, words) = (false, words + 1);
            } else if !masked {
                hasher.write_u64(MASKED);
                masked = true;
            }
        }
        (words > 0).then(|| hasher.finish())
    }

    /// Takes a chunk apart: `name:value`, paths, hosts, dashed words; its end.
    fn chunk(&mut self, text: &str, offset: usize, length: Option<usize>, chunks: &Chunks, in_value: bool) -> usize {
        let end = offset + length.unwrap_or_else(|| chunks.length_at(offset));
        let chunk = &text[offset..end];
        if chunk.is_ascii() {
            self.spell(chunk.as_bytes(), offset);
            self.ascii_chunk(text.as_bytes(), offset, Some(chunk.len()), chunks, in_value);
        } else {
            self.any_chunk(chunk, offset, in_value);
        }
        end
    }

    fn any_chunk(&mut self, text: &str, offset: usize, in_value: bool) {
        let mut from = 0;
        // `name:value` is a value, `Type::member` is a name.
        let mut after_name = false;
        for piece in text.split(':') {
            let soft = in_value || after_name || self.is_led();
            self.piece(piece, offset + from, soft);
            after_name = !piece.is_empty();
            from += piece.len() + 1;
        }
    }

    /// Whether the last word announces a name.
    #[inline]
    fn is_led(&self) -> bool {
        let last = self.tokens.last().filter(|token| token.kind == Kind::Word);
        last.is_some_and(|token| is_lead(self.stem_bytes(token)))
    }

    fn piece(&mut self, piece: &str, offset: usize, soft: bool) {
        let trimmed = piece.trim_start_matches(|c: char| !c.is_alphanumeric());
        let offset = offset + piece.len() - trimmed.len();
        let trimmed = trimmed.trim_end_matches(|c: char| !c.is_alphanumeric());
        if trimmed.is_empty() {
            return;
        }
        if trimmed.chars().any(char::is_numeric) {
            return self.number(trimmed, offset);
        }
        if is_path(piece.as_bytes()) || trimmed.contains('@') {
            return self.literal(Kind::Value, true, offset, trimmed);
        }
        let is_dotted = trimmed.contains('.');
        let mut from = 0;
        for word in trimmed.split(|c: char| u8::try_from(c).is_ok_and(is_joint)) {
            let start = offset + from;
            from += word.len() + 1;
            self.word(word, start, soft || is_dotted);
        }
    }

    fn word(&mut self, word: &str, start: usize, soft: bool) {
        self.letters.clear();
        self.letters.extend(word.chars().filter(|c| c.is_alphanumeric()).take(MAX_WORD).map(fold));
        if !self.letters.is_empty() {
            let stem = self.stems.len();
            self.stem.clear();
            push_stem(&mut self.letters, self.in_cyrillic, &mut self.stem);
            self.stems.extend_from_slice(self.stem.as_bytes());
            self.add(Kind::Word, soft, (start, start + word.len()), (stem, self.stems.len()));
        }
    }

    fn number(&mut self, text: &str, offset: usize) {
        let kind = self.kind_of_number(text.as_bytes());
        self.literal(kind, kind == Kind::Value, offset, text);
    }

    /// What holds a digit is a code, or a value before which the names of days and months are values, too.
    fn kind_of_number(&mut self, text: &[u8]) -> Kind {
        if self.tokens.len() < 3 && is_code(text) {
            return Kind::Word;
        }
        self.absorb_date();
        Kind::Value
    }

    /// Before a number, the names of days and months are values.
    fn absorb_date(&mut self) {
        for position in (self.tokens.len().saturating_sub(2)..self.tokens.len()).rev() {
            let token = self.tokens[position];
            if token.kind != Kind::Word || !is_of_date(self.stem_bytes(&token)) {
                return;
            }
            self.tokens[position].kind = Kind::Value;
        }
    }

    /// A token that is compared by its characters.
    fn literal(&mut self, kind: Kind, soft: bool, offset: usize, text: &str) {
        let start = self.stems.len();
        self.stem.clear();
        self.stem.extend(text.chars().filter(|c| !is_invisible(*c)).take(MAX_WORD).map(fold));
        self.stems.extend_from_slice(self.stem.as_bytes());
        self.add(kind, soft, (offset, offset + text.len()), (start, self.stems.len()));
    }

    /// Adds a token whose stem stands in [`Self::stems`].
    #[inline(always)]
    fn add(&mut self, kind: Kind, soft: bool, at: (usize, usize), stem: (usize, usize)) {
        if self.tokens.len() < MAX_TOKENS {
            let hash = hash(self.stems.get(stem.0..stem.1).unwrap_or_default());
            let short = |(start, end): (usize, usize)| (start as u32, end as u32);
            self.tokens.push(Token { kind, soft, at: short(at), hash, stem: short(stem) });
        }
    }
}

/// The hash of a stem.
pub fn hash(stem: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(stem);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{super::characters::MAX_FOLDED, *};

    fn shape(text: &str) -> Option<u64> {
        Scan::new(text).shape()
    }

    #[test]
    fn texts_that_differ_in_values_share_a_shape() {
        for (one, other) in [
            ("Block blk_1 is added to 10.0.0.1:50010", "block blk_-99 is added to 10.20.30.40:1"),
            ("Документ 17 від 08.05.2016 не знайдено", "документ 99/а від 2016-05-08 10:00 не знайдено"),
            ("user \"anna\" is locked", "user \"petro vasyl\" is locked"),
            ("open <*> failed", "open /var/log/x failed"),
            ("tty=ssh rhost=a", "tty=local rhost=b.c.d"),
        ] {
            assert_eq!(shape(one), shape(other), "{one}");
        }
        assert_ne!(shape("ORA-00942: no table 5"), shape("ORA-00943: no table 5"));
        assert_ne!(shape("login failed"), shape("logout failed"));
        assert_eq!(shape("12 34"), None);
    }

    #[test]
    fn hostile_texts_are_cut() {
        let words = "слово ".repeat(200_000);
        let scan = Scan::new(&words);
        assert_eq!((scan.tokens.len(), scan.folded.len()), (MAX_TOKENS, MAX_FOLDED));
        assert!(Scan::new(&"\u{200b}".repeat(100_000)).tokens.is_empty());
        assert!(Scan::new(&"'\"[{<%".repeat(10_000)).tokens.len() <= MAX_TOKENS);
    }
}
