//! A text's characters as they are compared one by one: in lower case and Latin letters, spaces joined, every digit a zero.

use super::{
    fold::{fold, is_invisible},
    script::push_latin,
    squeeze::{Table, any_pair, map_into, squeeze, table},
};

/// Characters that are compared.
pub const MAX_FOLDED: usize = 256;

/// The beginning of a text, of ASCII or of any, folded, in place of what was there.
pub fn fold_into(text: &str, is_ascii: bool, out: &mut Vec<u8>) {
    if !is_ascii {
        fold_any(text, out);
    } else if !fold_alike(text.as_bytes(), out) {
        squeeze(text.as_bytes(), &ASCII, MAX_FOLDED, out);
    }
}

/// The same where each byte of ASCII becomes another one, many at once; `false` where some would go.
fn fold_alike(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.get(..MAX_FOLDED).unwrap_or(text);
    out.clear();
    // Sums and choices alone, which a processor makes of many bytes at once.
    let is_in = |byte: u8, first: u8, n: u8| byte.wrapping_sub(first) < n;
    let folded = |byte: u8| {
        let lower = byte | (u8::from(is_in(byte, b'A', 26)) << 5);
        let masked = if is_in(byte, b'0', 10) { b'0' } else { lower };
        if is_in(byte, b'\t', 5) { b' ' } else { masked }
    };
    map_into(text, folded, out);
    let goes = any_pair(out, |byte, next| (byte == b' ') & (next == b' '));
    out.truncate(text.len());
    !goes && memchr::memchr(0, out).is_none()
}

/// What becomes of a byte of ASCII.
const ASCII: Table = table!(byte => match byte {
    b'0'..=b'9' => b'0',
    b'\t'..=b'\r' => b' ',
    _ => byte.to_ascii_lowercase(),
});

fn fold_any(text: &str, folded: &mut Vec<u8>) {
    let mut out = String::with_capacity(text.len().min(MAX_FOLDED));
    for c in text.chars().filter(|c| !is_invisible(*c) && *c != '\0') {
        if out.len() >= MAX_FOLDED {
            break;
        }
        match c {
            _ if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            '0'..='9' => out.push('0'),
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            // A digit of another width is one.
            _ => push_latin(if fold(c).is_ascii_digit() { '0' } else { fold(c) }, &mut out),
        }
    }
    out.truncate(out.floor_char_boundary(MAX_FOLDED));
    folded.clear();
    folded.extend_from_slice(out.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fold_any, fold_into};

    proptest! {
        #[test]
        fn ascii_has_the_characters_that_any_text_has(text in "[ -~\\t\\n\\x0b]{0,300}") {
            let (mut ascii, mut any) = (Vec::new(), Vec::new());
            fold_into(&text, true, &mut ascii);
            fold_any(&text, &mut any);
            prop_assert_eq!(ascii, any);
        }
    }
}
