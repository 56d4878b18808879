//! Whether bytes are one JSON value, looked at once and in pieces. Only the structure is looked at: what a number or a literal may be is
//! left to whoever reads the value, so that nothing that can be read is taken for broken.

use memchr::{memchr, memchr3};

/// Levels that are looked at: memory for a bit each.
const MAX_DEPTH: usize = 1 << 20;

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// The bytes end before the value does.
    Open,
    /// The value ends before this place.
    Ends(usize),
    /// What stands here cannot stand here.
    Fault(usize),
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// Behind `[`.
    ValueOrEnd,
    Key,
    /// Behind `{`.
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Within a string, of a key or of a value.
    Text {
        is_key: bool,
    },
    Escaped {
        is_key: bool,
    },
    /// Within a number or a literal.
    Word,
}

/// A value that is being looked at.
#[derive(Debug)]
pub(super) struct Grammar {
    next: Next,
    depth: usize,
    /// A bit for each level: whether it is an object.
    objects: Vec<u64>,
    /// Where the last string began.
    pub(super) string_from: Option<usize>,
    /// Behind the last bracket that closed what the value itself holds.
    pub(super) closed: Option<usize>,
}

impl Grammar {
    pub(super) fn new() -> Self {
        Self { next: Next::Value, depth: 0, objects: Vec::new(), string_from: None, closed: None }
    }

    /// Levels that are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Another value is looked at, with the memory of this one.
    pub(super) fn restart(&mut self) {
        (self.next, self.depth, self.string_from, self.closed) = (Next::Value, 0, None, None);
        self.objects.clear();
    }

    /// Walks on from this place.
    pub(super) fn walk(&mut self, bytes: &[u8], mut at: usize) -> Walk {
        while let Some(&byte) = bytes.get(at) {
            let walked = match self.next {
                Next::Text { is_key } => self.text(bytes, at, is_key),
                // In UTF-16 a NUL stands between.
                Next::Escaped { is_key } => {
                    self.next = if byte == 0 { self.next } else { Next::Text { is_key } };
                    Ok(at + 1)
                }
                Next::Word if is_of_word(byte) || byte == 0 => Ok(at + 1),
                _ if is_space(byte) => {
                    self.next = if self.next == Next::Word { Next::CommaOrEnd } else { self.next };
                    Ok(at + 1)
                }
                _ => self.mark(byte, at).map(|()| at + 1).ok_or(at),
            };
            at = match walked {
                Ok(next) => next,
                Err(fault) => return Walk::Fault(fault),
            };
            if self.depth == 0 && self.next == Next::CommaOrEnd {
                return Walk::Ends(at);
            }
        }
        Walk::Open
    }

    /// The rest of a string, up to what means something.
    fn text(&mut self, bytes: &[u8], from: usize, is_key: bool) -> Result<usize, usize> {
        let rest = bytes.get(from..).unwrap_or_default();
        let n = memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
        // No JSON string has a line end: the quotation mark was never closed.
        if let Some(fault) = memchr(b'\r', rest.get(..n).unwrap_or_default()) {
            return Err(from + fault);
        }
        match rest.get(n) {
            Some(b'"') => self.next = if is_key { Next::Colon } else { Next::CommaOrEnd },
            Some(b'\\') => self.next = Next::Escaped { is_key },
            Some(_) => return Err(from + n),
            None => return Ok(bytes.len()),
        }
        Ok(from + n + 1)
    }

    /// A byte outside of strings and words; `None` where it cannot stand.
    fn mark(&mut self, byte: u8, at: usize) -> Option<()> {
        let in_object = self.in_object();
        self.next = match (byte, self.next) {
            (b'{', Next::Value | Next::ValueOrEnd) => self.open(true)?,
            (b'[', Next::Value | Next::ValueOrEnd) => self.open(false)?,
            (b'"', Next::Value | Next::ValueOrEnd | Next::Key | Next::KeyOrEnd) => {
                self.string_from = Some(at);
                Next::Text { is_key: matches!(self.next, Next::Key | Next::KeyOrEnd) }
            }
            (b':', Next::Colon) => Next::Value,
            (b',', Next::CommaOrEnd | Next::Word) if self.depth > 0 => match in_object {
                true => Next::Key,
                false => Next::Value,
            },
            (b'}', Next::CommaOrEnd | Next::Word | Next::KeyOrEnd) if in_object => self.close(at),
            (b']', Next::CommaOrEnd | Next::Word | Next::ValueOrEnd) if self.depth > 0 && !in_object => self.close(at),
            (byte, Next::Value | Next::ValueOrEnd) if is_of_word(byte) => Next::Word,
            _ => return None,
        };
        Some(())
    }

    fn in_object(&self) -> bool {
        let level = self.depth.wrapping_sub(1);
        self.objects.get(level / 64).is_some_and(|bits| bits >> (level % 64) & 1 == 1)
    }

    fn open(&mut self, is_object: bool) -> Option<Next> {
        let (place, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if self.depth == MAX_DEPTH {
            return None;
        }
        if place == self.objects.len() {
            self.objects.push(0);
        }
        let bits = self.objects.get_mut(place)?;
        *bits = if is_object { *bits | bit } else { *bits & !bit };
        self.depth += 1;
        Some(if is_object { Next::KeyOrEnd } else { Next::ValueOrEnd })
    }

    fn close(&mut self, at: usize) -> Next {
        self.depth -= 1;
        if self.depth == 1 {
            self.closed = Some(at + 1);
        }
        Next::CommaOrEnd
    }
}

/// White space of JSON, and what stands between its bytes in UTF-16.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0)
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_do_and_faults_are_seen_where_they_are() {
        for (text, expected) in [
            ("{}", Walk::Ends(2)),
            (" {\"a\" : [1, -2.5e+3, true, {}, [] , \"x\\\"}\"] } ,", Walk::Ends(45)),
            ("[{\"a\":null}]x", Walk::Ends(12)),
            ("\"text\"", Walk::Ends(6)),
            ("{\"a\":1", Walk::Open),
            ("{\"a\":\"b", Walk::Open),
            ("{\"a\":\"b\\", Walk::Open),
            ("{,}", Walk::Fault(1)),
            ("{\"a\" 1}", Walk::Fault(5)),
            ("{\"a\":1,}", Walk::Fault(7)),
            ("{\"a\":1]", Walk::Fault(6)),
            ("[1}", Walk::Fault(2)),
            ("{\"a\":1 {", Walk::Fault(7)),
            ("{\"a\":\"b\nc\"}", Walk::Fault(7)),
            ("{\"a\":\"b\rc\"}", Walk::Fault(7)),
            ("{{", Walk::Fault(1)),
        ] {
            assert_eq!(Grammar::new().walk(text.as_bytes(), 0), expected, "{text}");
            // Byte by byte it is the same.
            let mut grammar = Grammar::new();
            let each = (0..text.len()).map(|at| grammar.walk(&text.as_bytes()[..=at], at));
            assert_eq!(each.into_iter().find(|walk| *walk != Walk::Open).unwrap_or(Walk::Open), expected, "{text}");
        }
        let wide: Vec<u8> = "{\"a\":[true,\"\\\"\"]}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Grammar::new().walk(&wide, 0), Walk::Ends(wide.len() - 1));
    }

    #[test]
    fn what_is_nested_without_end_takes_a_bit_a_level() {
        let text = vec![b'['; MAX_DEPTH + 2];
        let mut grammar = Grammar::new();
        assert_eq!(grammar.walk(&text, 0), Walk::Fault(MAX_DEPTH));
        assert!(grammar.objects.len() * 64 <= MAX_DEPTH);
    }
}
