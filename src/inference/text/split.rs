//! Cuts a text into chunks and knows where each stands: after `=`, in quotes.
//!
//! A chunk is a run of characters that people leave together: a word, a number, a path, a host with its port.

use super::fold::is_apostrophe;

/// The longest quotation that is a value; longer ones are messages.
const MAX_QUOTED: usize = 64;

/// The longest `{placeholder}`.
const MAX_PLACEHOLDER: usize = 24;

/// A piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Anything may stand here (`<*>`, `%s`, `{name}`).
    Placeholder,
    /// Characters, with their offset, and whether their place says that they are a value.
    Text { text: &'a str, offset: usize, place: Place },
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
}

impl<'a> Chunks<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, quoted_until: 0, after_equals: false }
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

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        loop {
            let rest = &self.text[self.at..];
            let c = rest.chars().next()?;
            if let Some(length) = placeholder(rest) {
                self.at += length;
                self.after_equals = false;
                return Some(Chunk::Placeholder);
            }
            let length = chunk_length(rest);
            if length == 0 {
                self.delimiter(c, rest);
                self.at += c.len_utf8();
                continue;
            }
            let (text, offset) = (&rest[..length], self.at);
            let place = if self.after_equals || offset < self.quoted_until { Place::Value } else { Place::Plain };
            self.at += length;
            self.after_equals = false;
            return Some(Chunk::Text { text, offset, place });
        }
    }
}

/// The bytes of the chunk that the text begins with.
fn chunk_length(text: &str) -> usize {
    let mut inner = false;
    for (offset, c) in text.char_indices() {
        let is_part = if is_apostrophe(c) {
            inner && text[offset + c.len_utf8()..].chars().next().is_some_and(char::is_alphabetic)
        } else if c.is_ascii() {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '\\' | ':' | '@' | '#' | '$' | '&' | '*' | '+' | '~' | '%')
        } else {
            c.is_alphanumeric() || super::fold::is_invisible(c)
        };
        if !is_part || (offset > 0 && c == '%' && placeholder(&text[offset..]).is_some()) {
            return offset;
        }
        inner = c.is_alphabetic();
    }
    text.len()
}

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

fn printf(text: &[u8]) -> Option<usize> {
    let flags =
        text.iter().skip(1).take(8).take_while(|b| matches!(b, b'-' | b'+' | b'#' | b'.' | b'l' | b'h' | b'z' | b'0'..=b'9')).count();
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

    fn chunks(text: &str) -> Vec<String> {
        Chunks::new(text)
            .map(|chunk| match chunk {
                Chunk::Placeholder => "*".to_owned(),
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
            assert_eq!(chunks(text), expected, "{text}");
        }
    }
}
