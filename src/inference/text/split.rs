//! Cuts a text into chunks and knows where each stands: after `=`, in quotes.
//!
//! A chunk is a run of characters that people leave together: a word, a number, a path, a host with its port.

use super::fold::is_apostrophe;

/// The longest quotation that is a value; longer ones are messages.
const MAX_QUOTED: usize = 64;

/// The longest `{placeholder}`, in bytes.
const MAX_PLACEHOLDER: usize = 48;

/// A piece of text, as tests look at it.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Anything may stand here (`<*>`, `%s`, `{name}`); with its offset.
    Placeholder(usize),
    /// Characters, with their offset, and whether their place says that they are a value.
    Text { text: &'a str, offset: usize, place: Place },
}

/// What begins at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// A placeholder, which is passed.
    Placeholder(usize),
    /// A chunk at an offset; its length where that had to be found to know that it is one.
    Text { offset: usize, length: Option<usize>, place: Place },
}

/// Where a chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In running text.
    Plain,
    /// Quoted, or after `=`.
    Value,
}

/// The chunks of a text, in order.
pub struct Chunks<'a> {
    text: &'a str,
    at: usize,
    quoted_until: usize,
    after_equals: bool,
    is_template: bool,
}

impl<'a> Chunks<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, quoted_until: 0, after_equals: false, is_template: false }
    }

    /// Of a text that a person wrote with placeholders, however spelt: also `<amount>`, `***`, `XXX`, which in a message mean nothing.
    pub fn of_template(text: &'a str) -> Self {
        Self { is_template: true, ..Self::new(text) }
    }

    /// Takes one delimiter into account.
    fn delimiter(&mut self, c: char, rest: &str) {
        self.after_equals = c == '=';
        match c {
            '"' | '`' | '\'' | '«' | '“' | '‘' if self.at > self.quoted_until => {
                let close = match c {
                    '«' => '»',
                    '“' => '”',
                    '‘' => '’',
                    same => same,
                };
                let inside = &rest[c.len_utf8()..];
                let window = &inside[..inside.floor_char_boundary(MAX_QUOTED)];
                if let Some(length) = window.find(close) {
                    self.quoted_until = self.at + c.len_utf8() + length;
                }
            }
            _ => {}
        }
    }
}

impl<'a> Chunks<'a> {
    /// Goes to where the next chunk or placeholder begins.
    #[inline]
    pub fn find(&mut self) -> Option<Begin> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if byte == b' ' {
                self.after_equals = false;
                self.at += 1;
                continue;
            }
            // What begins with a plain byte is no placeholder, and not empty.
            if PLAIN[usize::from(byte)] && !self.is_template {
                return Some(self.begin(None));
            }
            let rest = self.text.get(self.at..)?;
            let written = self.is_template.then(|| written_placeholder(rest)).flatten();
            if let Some(length) = written.or_else(|| placeholder(rest)) {
                let offset = self.at;
                self.at += length;
                self.after_equals = false;
                return Some(Begin::Placeholder(offset));
            }
            match chunk_length(rest, self.is_template) {
                0 => {
                    let c = rest.chars().next()?;
                    self.delimiter(c, rest);
                    self.at += c.len_utf8();
                }
                length => return Some(self.begin(Some(length))),
            }
        }
    }

    /// A chunk that begins here.
    fn begin(&mut self, length: Option<usize>) -> Begin {
        let place = if self.after_equals || self.at < self.quoted_until { Place::Value } else { Place::Plain };
        self.after_equals = false;
        Begin::Text { offset: self.at, length, place }
    }

    /// The length of the chunk that begins at a place.
    pub fn length_at(&self, offset: usize) -> usize {
        self.text.get(offset..).map_or(0, |rest| chunk_length(rest, self.is_template))
    }

    /// Goes on from a place.
    pub fn go_on(&mut self, at: usize) {
        self.at = at;
    }
}

#[cfg(test)]
impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        match self.find()? {
            Begin::Placeholder(offset) => Some(Chunk::Placeholder(offset)),
            Begin::Text { offset, length, place } => {
                let end = offset + length.unwrap_or_else(|| self.length_at(offset));
                self.go_on(end);
                Some(Chunk::Text { text: self.text.get(offset..end)?, offset, place })
            }
        }
    }
}

/// The bytes of the chunk that the text begins with.
fn chunk_length(text: &str, is_template: bool) -> usize {
    let bytes = text.as_bytes();
    let n_plain = if is_template { 0 } else { bytes.iter().take_while(|byte| PLAIN[usize::from(**byte)]).count() };
    match bytes.get(n_plain) {
        Some(b'%' | b'$' | b'\'' | 0x80..) => {}
        _ if is_template => {}
        _ => return n_plain,
    }
    let before = n_plain.checked_sub(1).and_then(|last| bytes.get(last));
    let (mut inner, mut after_word) = (before.is_some_and(u8::is_ascii_alphabetic), before.is_some_and(u8::is_ascii_alphanumeric));
    for (offset, c) in text[n_plain..].char_indices().map(|(offset, c)| (n_plain + offset, c)) {
        let is_part = if is_apostrophe(c) {
            inner && text[offset + c.len_utf8()..].chars().next().is_some_and(char::is_alphabetic)
        } else if c.is_ascii() {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '\\' | ':' | '@' | '#' | '$' | '&' | '*' | '+' | '~' | '%')
        } else {
            c.is_alphanumeric() || super::fold::is_invisible(c)
        };
        let is_placeholder = |is: fn(&str) -> Option<usize>| offset > 0 && is(&text[offset..]).is_some();
        let is_written = is_template && !after_word && is_placeholder(written_placeholder);
        if !is_part || is_written || (matches!(c, '%' | '$') && is_placeholder(placeholder)) {
            return offset;
        }
        inner = c.is_alphabetic();
        after_word = c.is_alphanumeric();
    }
    text.len()
}

/// Whether a byte is part of a chunk wherever it stands, and begins no placeholder.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut place = 0;
    while place < plain.len() {
        let byte = place as u8;
        let joins = matches!(byte, b'_' | b'.' | b'-' | b'/' | b'\\' | b':' | b'@' | b'#' | b'&' | b'*' | b'+' | b'~');
        plain[place] = byte.is_ascii_alphanumeric() || joins;
        place += 1;
    }
    plain
};

/// The bytes of the placeholder that the text begins with.
fn placeholder(text: &str) -> Option<usize> {
    match text.as_bytes().first()? {
        b'<' if text.starts_with("<*>") => Some(3),
        b'%' => printf(text.as_bytes()),
        b'{' => braced(text, 1),
        b'$' if text.starts_with("${") => braced(text, 2),
        _ => None,
    }
}

/// The bytes of what only stands for something where a person writes a template.
fn written_placeholder(text: &str) -> Option<usize> {
    let c = text.chars().next()?;
    let named = |open: &str, close: &str| {
        let inside = text.strip_prefix(open)?;
        let window = &inside[..inside.floor_char_boundary(MAX_PLACEHOLDER)];
        let name = &window[..window.find(close)?];
        let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '));
        let begins = name.chars().next().is_some_and(char::is_alphanumeric);
        (begins && is_name).then_some(open.len() + name.len() + close.len())
    };
    match c {
        '<' => named("<", ">"),
        '{' => named("{{", "}}").or_else(|| named("{", "}")),
        '%' => named("%(", ")s").or_else(|| named("%(", ")d")).or_else(|| named("%", "%").filter(|length| !text[..*length].contains(' '))),
        _ if is_mask(c) || matches!(c, 'X' | 'Х') => {
            let length = text.len() - text.trim_start_matches(c).len();
            let ends = text[length..].chars().next().is_none_or(|next| !next.is_alphanumeric());
            (ends && (c == '*' || length >= 3 * c.len_utf8())).then_some(length)
        }
        _ => None,
    }
}

/// Whether runs of it hide a value.
fn is_mask(c: char) -> bool {
    matches!(c, '*' | '#')
}

fn printf(text: &[u8]) -> Option<usize> {
    let flags = text
        .iter()
        .skip(1)
        .take(8)
        .take_while(|b| matches!(b, b'-' | b'+' | b'#' | b'.' | b'l' | b'h' | b'z' | b'$' | b'0'..=b'9'))
        .count();
    let end = flags + 2;
    let is_letter = matches!(
        text.get(flags + 1)?,
        b's' | b'd' | b'v' | b'q' | b'w' | b'x' | b'X' | b'u' | b'i' | b'f' | b'g' | b'p' | b'c' | b't' | b'T'
    );
    let ends = text.get(end).is_none_or(|b| !b.is_ascii_alphanumeric());
    (is_letter && ends).then_some(end)
}

fn braced(text: &str, open: usize) -> Option<usize> {
    let inside = text.as_bytes().get(open..)?;
    let length = inside.iter().take(MAX_PLACEHOLDER).position(|b| *b == b'}')?;
    let is_name = inside[..length].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'?' | b'.' | b'#' | b'!'));
    is_name.then_some(open + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(chunks: Chunks) -> Vec<String> {
        chunks
            .map(|chunk| match chunk {
                Chunk::Placeholder(_) => "*".to_owned(),
                Chunk::Text { text, place: Place::Plain, .. } => text.to_owned(),
                Chunk::Text { text, place: Place::Value, .. } => format!("={text}"),
            })
            .collect()
    }

    #[test]
    fn chunks_know_their_place() {
        for (text, expected) in [
            ("uid=0 euid= tty=ssh", &["uid", "=0", "euid", "tty", "=ssh"][..]),
            ("can't open \"a b\" at <*>:%d", &["can't", "open", "=a", "=b", "at", "*", ":", "*"]),
            ("[main] failed: {} of {0}", &["main", "failed:", "*", "of", "*"]),
            ("100% of 'x", &["100%", "of", "x"]),
            ("{\"a\": 1}", &["=a", ":", "1"]),
        ] {
            assert_eq!(written(Chunks::new(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_person_spells_a_placeholder_in_many_ways() {
        for spelling in [
            "{account}",
            "{0}",
            "{}",
            "{{account}}",
            "{номер рахунку}",
            "<*>",
            "<amount>",
            "<номер рахунку>",
            "%s",
            "%d",
            "%1$s",
            "%.2f",
            "%(name)s",
            "%name%",
            "${name}",
            "***",
            "*",
            "####",
            "XXXX",
            "ХХХ",
        ] {
            for (before, after) in
                [("рахунок ", " закрито"), ("рахунок: ", ", закрито"), ("рахунок:", ". закрито"), ("рахунок «", "» закрито")]
            {
                let chunks = written(Chunks::of_template(&format!("{before}{spelling}{after}")));
                let chunks: Vec<&str> =
                    chunks.iter().map(|chunk| chunk.trim_matches(':')).filter(|chunk| !matches!(*chunk, "." | "")).collect();
                assert_eq!(chunks, ["рахунок", "*", "закрито"], "{before}{spelling}{after}");
            }
        }
        for text in ["a < b and b > a", "{\"a\": 1}", "XML and XX", "100% of 5% left", "C# code", "a*b"] {
            assert!(!written(Chunks::of_template(text)).contains(&"*".to_owned()), "{text}");
        }
        assert_eq!(written(Chunks::new("<init> of ***")), ["init", "of", "***"], "in a message they are what they are");
    }
}
