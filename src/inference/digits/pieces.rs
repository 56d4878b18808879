//! The pieces of a text that hold digits, cut where tokens are cut: between them stands what is part of no token.

use super::super::text::{fold, is_apostrophe, is_invisible};

/// What a byte does to a piece: it ends it, it may end it, it belongs to no plain one, it is a digit.
const ENDS: u8 = 1;
const MAY_END: u8 = 2;
const ODD: u8 = 4;
const DIGIT: u8 = 8;

/// What each byte does; the others are plain parts.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut place = 0;
    while place < classes.len() {
        classes[place] = match place as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => 0,
            b'_' | b'.' | b'-' | b'/' | b'\\' | b'@' | b'#' | b'&' | b'*' | b'+' | b'~' => 0,
            b'%' | b'$' => ODD,
            b'\'' | 0x80.. => MAY_END,
            _ => ENDS,
        };
        place += 1;
    }
    classes
};

/// A piece with a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    pub text: &'a str,
    pub offset: usize,
    /// It is not certain that it is one token: it has other letters, an apostrophe, what begins a placeholder.
    pub is_odd: bool,
}

impl Piece<'_> {
    /// A sum of digits that were read and those of this piece; their order counts.
    pub fn add_digits(&self, sum: u64) -> u64 {
        let add = |sum: u64, digit: u8| (sum.rotate_left(5) ^ u64::from(digit)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
        if self.text.is_ascii() {
            self.text.bytes().filter(u8::is_ascii_digit).fold(sum, add)
        } else {
            self.text.chars().map(fold).filter(char::is_ascii_digit).fold(sum, |sum, digit| add(sum, digit as u8))
        }
    }
}

/// The pieces of a text that hold a digit, in order.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (offset, mut seen) = (at, 0);
            let mut behind = bytes.len();
            while let Some(byte) = bytes.get(at) {
                let class = CLASSES[usize::from(*byte)];
                if class & (ENDS | MAY_END) == 0 {
                    (seen, at) = (seen | class, at + 1);
                    continue;
                }
                let (length, part) = if class == ENDS { (1, None) } else { inner(text, at) };
                let Some(part) = part else {
                    behind = at + length;
                    break;
                };
                (seen, at) = (seen | part, at + length);
            }
            let piece = text.get(offset..at).unwrap_or_default();
            at = behind;
            if seen & DIGIT != 0 {
                return Some(Piece { text: piece, offset, is_odd: seen & ODD != 0 });
            }
        }
        None
    })
}

/// The length of the apostrophe or other character at a place, and what it does to the piece that it is part of; `None` where it ends it.
fn inner(text: &str, at: usize) -> (usize, Option<u8>) {
    let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { return (1, None) };
    let is_letter = |place: Option<usize>| {
        place.and_then(|place| text.as_bytes().get(place)).is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
    };
    let part = match c {
        '\'' if is_letter(at.checked_sub(1)) && is_letter(Some(at + 1)) => Some(ODD),
        '\'' => None,
        _ if fold(c).is_ascii_digit() => Some(ODD | DIGIT),
        _ if c.is_alphanumeric() || is_invisible(c) || is_apostrophe(c) => Some(ODD),
        _ => None,
    };
    (c.len_utf8(), part)
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_end_where_tokens_end() {
        for (text, expected) in [
            ("blk_1 to 10.0.0.1:50010", &["blk_1", "10.0.0.1", "50010"][..]),
            ("user 'a1' \"b2\"=c3", &["a1", "b2", "c3"]),
            ("№17«18» — 19", &["17", "18", "19"]),
            ("об'єкт7 can't8 '9", &["?об'єкт7", "?can't8", "9"]),
            ("100% ${n1} ２x", &["?100%", "n1", "?２x"]),
            ("none here", &[]),
            ("", &[]),
        ] {
            let found: Vec<String> = pieces(text).map(|piece| format!("{}{}", if piece.is_odd { "?" } else { "" }, piece.text)).collect();
            assert_eq!(found, expected, "{text}");
            assert!(pieces(text).all(|piece| text[piece.offset..].starts_with(piece.text)), "{text}");
        }
    }
}
