//! A text as the engine compares it: its tokens, the hash of its shape, and its characters with digits masked.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::{
    fold::{fold, is_invisible},
    script::{is_mostly_cyrillic, push_latin},
    split::{Chunk, Chunks, Place},
    stem::push_stem,
};

/// Bytes of a text that are looked at; the message of an error is at its beginning.
const MAX_BYTES: usize = 16 * 1024;

/// Tokens of a text that are looked at.
pub const MAX_TOKENS: usize = 256;

/// Tokens that most texts have room for.
const USUAL_TOKENS: usize = 32;

/// Characters that are compared one by one.
const MAX_FOLDED: usize = 256;

/// The longest word kept in full.
const MAX_WORD: usize = 48;

/// Stems of words after which a name stands: the name is a variable although it is a word.
const LEADS: [&str; 10] = ["user", "host", "node", "from", "by", "bi", "for", "koristuvach", "vid", "klient"];

/// Stems of the names of days and months as they stand in dates.
const DATES: [&str; 19] =
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

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
    /// Where its stem (of a value: its folded characters) stands in [`Scan::stems`].
    stem: (u32, u32),
}

/// A text, taken apart.
#[derive(Debug, Default)]
pub struct Scan {
    /// The tokens in order.
    pub tokens: Vec<Token>,
    /// The text's beginning, folded, in Latin letters.
    pub folded: Vec<u8>,
    /// The end of its first line, as a number of tokens: what follows are details.
    pub head: usize,
    /// The end of its first line in [`Scan::folded`].
    pub folded_head: usize,
    stems: String,
    /// The letters of the word that is taken apart.
    letters: Vec<char>,
    in_cyrillic: bool,
}

impl Scan {
    /// Takes a text apart; bounded work whatever its size.
    pub fn new(text: &str) -> Self {
        Self::with(text, Chunks::new)
    }

    /// The same of a text that a person wrote with placeholders.
    pub fn of_template(text: &str) -> Self {
        Self::with(text, Chunks::of_template)
    }

    fn with<'a>(text: &'a str, chunks: fn(&'a str) -> Chunks<'a>) -> Self {
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let mut scan = Self { folded: folded(text), in_cyrillic: is_mostly_cyrillic(text), ..Self::default() };
        scan.stems.reserve(text.len().min(MAX_FOLDED));
        scan.tokens.reserve(USUAL_TOKENS);
        let head_end = head_end(text);
        scan.folded_head = if head_end < text.len() { folded(&text[..head_end]).len() } else { scan.folded.len() };
        for chunk in chunks(text) {
            if scan.tokens.len() >= MAX_TOKENS {
                break;
            }
            let offset = match chunk {
                Chunk::Placeholder(offset) => {
                    scan.literal(Kind::Placeholder, true, (offset as u32, offset as u32), "");
                    offset
                }
                Chunk::Text { text, offset, place } => {
                    scan.chunk(text, offset, place);
                    offset
                }
            };
            if offset < head_end {
                scan.head = scan.tokens.len();
            }
        }
        scan
    }

    /// The stem of a token.
    pub fn stem(&self, token: &Token) -> &str {
        self.stems.get(token.stem.0 as usize..token.stem.1 as usize).unwrap_or_default()
    }

    /// The hash of the fixed words in order, whatever stands between them; `None` where there are none.
    pub fn shape(&self) -> Option<u64> {
        let mut hasher = FxHasher::default();
        let (mut masked, mut words) = (false, 0);
        for token in &self.tokens {
            if token.kind == Kind::Word && !token.soft {
                hasher.write(self.stem(token).as_bytes());
                hasher.write_u8(0xff);
                (masked, words) = (false, words + 1);
            } else if !masked {
                hasher.write_u8(0xfe);
                masked = true;
            }
        }
        (words > 0).then(|| hasher.finish())
    }

    /// Takes a chunk apart: `name:value`, paths, hosts, dashed words.
    fn chunk(&mut self, text: &str, offset: usize, place: Place) {
        let in_value = place == Place::Value;
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
    fn is_led(&self) -> bool {
        let last = self.tokens.last().filter(|token| token.kind == Kind::Word);
        last.is_some_and(|token| LEADS.contains(&self.stem(token)))
    }

    fn piece(&mut self, piece: &str, offset: usize, soft: bool) {
        let trimmed = piece.trim_start_matches(|c: char| !c.is_alphanumeric());
        let offset = offset + piece.len() - trimmed.len();
        let trimmed = trimmed.trim_end_matches(|c: char| !c.is_alphanumeric());
        if trimmed.is_empty() {
            return;
        }
        let at = (offset as u32, (offset + trimmed.len()) as u32);
        if trimmed.chars().any(char::is_numeric) {
            let is_code = self.tokens.len() < 3 && is_code(trimmed);
            if !is_code {
                self.absorb_date();
            }
            return self.literal(if is_code { Kind::Word } else { Kind::Value }, !is_code, at, trimmed);
        }
        if piece.starts_with(['/', '\\', '~']) || piece.starts_with("./") || trimmed.contains('@') {
            return self.literal(Kind::Value, true, at, trimmed);
        }
        let is_dotted = trimmed.contains('.');
        let mut from = 0;
        for word in trimmed.split(['_', '.', '-', '/', '\\', '#', '$', '&', '*', '+', '~', '%']) {
            let start = offset + from;
            from += word.len() + 1;
            self.word(word, start, soft || is_dotted);
        }
    }

    fn word(&mut self, word: &str, start: usize, soft: bool) {
        self.letters.clear();
        self.letters.extend(word.chars().filter(|c| c.is_alphanumeric()).take(MAX_WORD).map(fold));
        if !self.letters.is_empty() {
            let stem = self.stems.len() as u32;
            push_stem(&mut self.letters, self.in_cyrillic, &mut self.stems);
            self.add(Kind::Word, soft, (start as u32, (start + word.len()) as u32), stem);
        }
    }

    /// Before a number, the names of days and months are values.
    fn absorb_date(&mut self) {
        for position in (self.tokens.len().saturating_sub(2)..self.tokens.len()).rev() {
            let token = self.tokens[position];
            if token.kind != Kind::Word || !DATES.contains(&self.stem(&token)) {
                return;
            }
            self.tokens[position].kind = Kind::Value;
        }
    }

    /// A token that is compared by its characters.
    fn literal(&mut self, kind: Kind, soft: bool, at: (u32, u32), text: &str) {
        let start = self.stems.len() as u32;
        self.stems.extend(text.chars().filter(|c| !is_invisible(*c)).take(MAX_WORD).map(fold));
        self.add(kind, soft, at, start);
    }

    /// Adds a token whose stem is the end of [`Self::stems`] from `stem` on.
    fn add(&mut self, kind: Kind, soft: bool, at: (u32, u32), stem: u32) {
        if self.tokens.len() < MAX_TOKENS {
            self.tokens.push(Token { kind, soft, at, stem: (stem, self.stems.len() as u32) });
        } else {
            self.stems.truncate(stem as usize);
        }
    }
}

/// Whether it is a code that names the error (`ORA-00942`, `E0308`), not a number of something.
fn is_code(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &text.as_bytes()[letters..];
    let digits = rest.strip_prefix(b"-").unwrap_or(rest);
    (1..=5).contains(&letters) && (3..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// Where the first line, or its part before ` | `, ends; the whole text where that would leave nothing.
fn head_end(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let body = &text[start..];
    let line = body.find('\n').unwrap_or(body.len());
    start + body[..line].find(" | ").unwrap_or(line)
}

fn folded(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len().min(MAX_FOLDED));
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if out.len() >= MAX_FOLDED {
            break;
        }
        match c {
            _ if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ => push_latin(fold(c), &mut out),
        }
    }
    out.truncate(out.floor_char_boundary(MAX_FOLDED));
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

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
