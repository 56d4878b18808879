//! Lines of a view that may go on.

use memchr::memchr;

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

/// Whether there is nothing but white space and byte order marks.
pub(in crate::parse) fn is_blank(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    line.iter().all(|b| b.is_ascii_whitespace() || *b == 0x1A)
}
