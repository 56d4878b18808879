//! JSON of any form ─► an object a line, byte for byte: what parts the elements of an array becomes a line end, line ends within them
//! become blanks. Where an object is broken it ends with its line, and so spoils no other.

/// What stands open; most bytes only pass by.
#[derive(Debug, Default)]
pub(super) struct ObjectLines {
    /// Brackets that are open.
    depth: u32,
    /// Which of them are braces, the innermost last; of the innermost 64.
    braces: u64,
    in_array: bool,
    in_string: bool,
    escaped: bool,
    /// The last byte outside of strings that was no white space.
    before: u8,
}

impl ObjectLines {
    /// Changes bytes, up to where those that follow must be seen first; that is the end where nothing follows.
    pub(super) fn change(&mut self, bytes: &mut [u8], last: bool) -> usize {
        // Where white space ends: looked for once for all line ends in it.
        let mut ahead = 0;
        for at in 0..bytes.len() {
            let byte = bytes.get(at).copied().unwrap_or_default();
            if matches!(byte, b'\n' | b'\r') && self.depth > 0 && !self.in_string {
                if ahead <= at {
                    let behind = bytes.get(at + 1..).unwrap_or_default();
                    ahead = match behind.iter().position(|byte| !byte.is_ascii_whitespace()) {
                        Some(n) => at + 1 + n,
                        None if last => bytes.len(),
                        None => return at,
                    };
                }
                if bytes.get(ahead) == Some(&b'{') && !self.may_hold_an_object() {
                    (self.depth, self.braces) = (0, 0);
                }
            }
            let changed = self.next(byte);
            if let Some(place) = bytes.get_mut(at) {
                *place = changed;
            }
        }
        bytes.len()
    }

    /// Whether in JSON an object may begin here, within what is open.
    fn may_hold_an_object(&self) -> bool {
        match self.before {
            b':' | b'[' => true,
            b',' => self.braces & 1 == 0,
            _ => false,
        }
    }

    fn next(&mut self, byte: u8) -> u8 {
        if self.in_string {
            match byte {
                // No JSON string has a line end: the quotation mark was never closed.
                b'\n' => (self.in_string, self.escaped, self.depth, self.braces) = (false, false, 0, 0),
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return byte;
        }
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
        match byte {
            b'"' => self.in_string = true,
            b'[' if self.depth == 0 && !self.in_array => {
                self.in_array = true;
                return b' ';
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                self.braces = self.braces << 1 | u64::from(byte == b'{');
            }
            b']' if self.depth == 0 => {
                self.in_array = false;
                return b'\n';
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.braces >>= 1;
            }
            b',' if self.depth == 0 && self.in_array => return b'\n',
            b'\n' | b'\r' if self.depth > 0 => return b' ',
            _ => {}
        }
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text that comes in pieces of this size.
    fn changed(text: &str, size: usize) -> String {
        let (mut lines, mut held, mut out) = (ObjectLines::default(), Vec::new(), Vec::new());
        let mut pieces = text.as_bytes().chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            held.extend_from_slice(piece);
            let n = lines.change(&mut held, pieces.peek().is_none());
            out.extend(held.drain(..n));
        }
        assert!(held.is_empty());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn objects_come_one_a_line_whatever_they_stood_in_and_however_they_come() {
        for (given, expected) in [
            ("[{\"a\":1},{\"b\":[1,2]}]", " {\"a\":1}\n{\"b\":[1,2]}\n"),
            ("{\n\"a\":\n1}\n", "{ \"a\": 1}\n"),
            ("{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}\n"),
            ("[{\"a\":\"],[{\\\"\"},\n{\"b\":2}]", " {\"a\":\"],[{\\\"\"}\n\n{\"b\":2}\n"),
            ("[{\"a\":\"open},\n{\"b\":2}]", " {\"a\":\"open},\n{\"b\":2}\n"),
            ("]]}}{\"a\":1}", "\n\n}}{\"a\":1}"),
            // Objects that are never closed.
            ("{\"a\":1\n{\"b\":2}\n", "{\"a\":1\n{\"b\":2}\n"),
            ("{\"a\":1,\r\n \n{\"b\":2}\n", "{\"a\":1,\r\n \n{\"b\":2}\n"),
            ("[{\"a\":,\n{\"b\":2},\n{\"c\":3}]", " {\"a\":,\n{\"b\":2}\n\n{\"c\":3}\n"),
            ("[{\"a\":[1,2\n{\"b\":2}]", " {\"a\":[1,2\n{\"b\":2}\n"),
            ("{\n{\"b\":2}", "{\n{\"b\":2}"),
            // Objects within others.
            ("{\"a\":\n{\"b\":[\n{\"c\":1},\n{\"d\":2}\n]}}\n", "{\"a\": {\"b\":[ {\"c\":1}, {\"d\":2} ]}}\n"),
            ("", ""),
        ] {
            for size in [1, 2, 3, 1000] {
                assert_eq!(changed(given, size), expected, "{given:?} in pieces of {size}");
            }
        }
    }
}
