//! What stands around a place of a text: white space, keys, and what follows an object.

use memchr::memchr;

use super::grammar::is_space;

/// White space between two parts that is looked through.
pub(super) const GAP: usize = 4 << 10;
/// How long a first key may be.
const LONGEST_KEY: usize = 64;

/// How an object is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// As an element that another follows, or none.
    Element,
    /// By a comma, or by nothing: as the part of another may be too.
    Perhaps,
    No,
}

/// The place of the first byte from here on that is no white space, or the end of a text that ends before; `None` where it is not seen
/// yet.
pub(super) fn behind_space(bytes: &[u8], from: usize, last: bool) -> Option<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    match rest.iter().take(GAP).position(|byte| !is_space(*byte)) {
        Some(n) => Some(from + n),
        None if last || rest.len() >= GAP => Some(from + rest.len().min(GAP)),
        None => None,
    }
}

/// The place of the last byte before this one that is no white space.
pub(super) fn last_mark(bytes: &[u8], before: usize) -> Option<usize> {
    (0..before).rev().take(GAP).find(|&at| bytes.get(at).is_some_and(|byte| !is_space(*byte)))
}

/// The first key of the object that begins here, quotation marks aside, if it is not too long.
pub(in crate::parse) fn first_key(bytes: &[u8], from: usize) -> Option<&[u8]> {
    let quote = behind_space(bytes, from + 1, true).filter(|&at| bytes.get(at) == Some(&b'"'))?;
    let text = bytes.get(quote + 1..)?;
    let text = text.get(..LONGEST_KEY).unwrap_or(text);
    text.get(..memchr(b'"', text)?)
}

/// How what ends here is followed; `None` where it is not seen yet.
pub(super) fn follow(bytes: &[u8], to: usize, last: bool) -> Option<Follow> {
    let next = behind_space(bytes, to, last)?;
    let ends_line = bytes.get(to..next).unwrap_or_default().iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    Some(match bytes.get(next) {
        None => Follow::Perhaps,
        Some(b'{') => Follow::Element,
        Some(b',') => match bytes.get(behind_space(bytes, next + 1, last)?) {
            Some(b'{') => Follow::Element,
            _ => Follow::Perhaps,
        },
        Some(b']') => {
            let after = behind_space(bytes, next + 1, last)?;
            let ends_line = bytes.get(next..after).unwrap_or_default().contains(&b'\n');
            let is_end = match bytes.get(after) {
                None => true,
                Some(byte) => ends_line && matches!(byte, b'{' | b'['),
            };
            if is_end { Follow::Element } else { Follow::No }
        }
        Some(b'}' | b':') => Follow::No,
        Some(b'"') => Follow::No,
        Some(_) if ends_line => Follow::Element,
        Some(_) => Follow::No,
    })
}
