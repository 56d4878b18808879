//! JSON of any form ─► an object a line, byte for byte: what parts the elements of an array becomes a line end, line ends within them
//! become blanks. Where an object is broken it stands on lines of its own, and so spoils no other; where nothing parts it from the next
//! they share a line, and whoever reads lines of objects takes them apart.

use super::objects::{Found, Objects};

/// What was looked at.
#[derive(Debug, Default)]
pub(super) struct ObjectLines {
    objects: Objects,
}

impl ObjectLines {
    /// Changes bytes, up to where those that follow must be seen first; that is the end where nothing follows. The others come again, with
    /// more behind them.
    pub(super) fn change(&mut self, bytes: &mut [u8], last: bool) -> usize {
        loop {
            match self.objects.next(bytes, last) {
                Found::Object { from, to, comma, within } => {
                    blank(bytes, within);
                    blank(bytes, Some((from, to)));
                    if let Some(place) = comma.and_then(|at| bytes.get_mut(at)) {
                        *place = b'\n';
                    }
                }
                Found::Mark(at) => {
                    if let Some(place) = bytes.get_mut(at) {
                        *place = if *place == b'[' { b' ' } else { b'\n' };
                    }
                }
                Found::More { done, within } => {
                    blank(bytes, within);
                    self.objects.forget(done);
                    return done;
                }
            }
        }
    }
}

/// Line ends of this part become blanks.
fn blank(bytes: &mut [u8], part: Option<(usize, usize)>) {
    let Some((from, to)) = part else { return };
    let mut rest = bytes.get_mut(from..to).unwrap_or_default();
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
        if let Some(place) = rest.get_mut(at) {
            *place = b' ';
        }
        rest = rest.get_mut(at + 1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::fuzzing::bodies::lines_in_pieces;

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
                assert_eq!(String::from_utf8(lines_in_pieces(given.as_bytes(), size)).unwrap(), expected, "{given:?} in pieces of {size}");
            }
        }
    }
}
