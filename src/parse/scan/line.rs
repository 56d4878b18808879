//! Lines of a view that may go on.

use memchr::{memchr, memchr2};

/// A line longer than this is looked at in pieces.
pub(in crate::parse) const LINE_CAP: usize = 64 << 10;

/// How far a line reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Line {
    /// It ends before this place; the next one begins at the second.
    Ends(usize, usize),
    /// It goes on at this place.
    GoesOn(usize),
    /// The view ends before it does.
    More,
}

/// The line that begins at `from`, looked at up to `cap` bytes.
pub(in crate::parse) fn line(view: &[u8], from: usize, last: bool, cap: usize) -> Line {
    let rest = view.get(from..).unwrap_or_default();
    let seen = rest.get(..cap).unwrap_or(rest);
    match memchr(b'\n', seen) {
        Some(end) => Line::Ends(from + end, from + end + 1),
        None if seen.len() >= cap => Line::GoesOn(from + cap),
        None if last => Line::Ends(view.len(), view.len()),
        None => Line::More,
    }
}

/// As [`line`], for text in which a carriage return alone ends a line too: at every one, or only before one of these bytes. Several in
/// a row, and those before a line feed, are one end.
pub(in crate::parse) fn line_of_any_end(view: &[u8], from: usize, last: bool, cap: usize, before: Option<u8>) -> Line {
    let rest = view.get(from..).unwrap_or_default();
    let seen = rest.get(..cap).unwrap_or(rest);
    let mut at = 0;
    while let Some(found) = seen.get(at..).and_then(|seen| memchr2(b'\n', b'\r', seen)) {
        let end = at + found;
        let n_returns = rest.get(end..).unwrap_or_default().iter().take_while(|byte| **byte == b'\r').count();
        at = end + n_returns;
        match rest.get(at) {
            Some(b'\n') => return Line::Ends(from + end, from + at + 1),
            None if !last && at < cap => return Line::More,
            Some(next) if before.is_some_and(|before| before != *next) => {}
            _ => return Line::Ends(from + end, from + at),
        }
    }
    match seen.len() >= cap {
        true => Line::GoesOn(from + cap),
        false if last => Line::Ends(view.len(), view.len()),
        false => Line::More,
    }
}

/// Whether there is nothing but white space and byte order marks.
pub(in crate::parse) fn is_blank(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    line.iter().all(|b| b.is_ascii_whitespace() || *b == 0x1A)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text, each with what ends it.
    fn lines(text: &str, before: Option<u8>) -> Vec<&str> {
        let (mut at, mut lines) = (0, Vec::new());
        while at < text.len() {
            let (Line::Ends(_, next) | Line::GoesOn(next)) = line_of_any_end(text.as_bytes(), at, true, 16, before) else {
                panic!("all of the text is there");
            };
            lines.push(&text[at..next]);
            at = next;
        }
        lines
    }

    #[test]
    fn lines_end_in_any_way() {
        for (text, before, expected) in [
            ("a\nb\r\nc\rd", None, vec!["a\n", "b\r\n", "c\r", "d"]),
            ("a\r\r\nb\r\r\rc\r", None, vec!["a\r\r\n", "b\r\r\r", "c\r"]),
            ("\n\r\na", None, vec!["\n", "\r\n", "a"]),
            ("{1,\r2}\r{3}\r\n{4}\r", Some(b'{'), vec!["{1,\r2}\r", "{3}\r\n", "{4}\r"]),
            ("0123456789abcdefgh\ri", None, vec!["0123456789abcdef", "gh\r", "i"]),
        ] {
            assert_eq!(lines(text, before), expected, "{text:?}");
        }
    }

    #[test]
    fn what_ends_a_line_is_not_told_before_it_is_seen() {
        for (view, expected) in [("a\r", Line::More), ("a\r\r", Line::More), ("a\rb", Line::Ends(1, 2)), ("a\r\n", Line::Ends(1, 3))] {
            assert_eq!(line_of_any_end(view.as_bytes(), 0, false, 16, None), expected, "{view:?}");
        }
        // However many there are, they are looked through once.
        assert_eq!(line_of_any_end(&[b'\r'; 20], 0, false, 16, None), Line::Ends(0, 20));
    }
}
