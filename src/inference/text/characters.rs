//! A text's characters as they are compared one by one: in lower case and Latin letters, spaces joined, every digit a zero.

use super::{
    fold::{fold, is_invisible},
    script::push_latin,
    squeeze::{Table, squeeze, table},
};

/// Characters that are compared.
pub const MAX_FOLDED: usize = 256;

/// The beginning of a text, folded.
pub fn folded(text: &str) -> Vec<u8> {
    if text.is_ascii() { folded_ascii(text.as_bytes()) } else { folded_any(text) }
}

/// What becomes of a byte of ASCII.
const ASCII: Table = table!(byte => match byte {
    b'0'..=b'9' => b'0',
    b'\t'..=b'\r' => b' ',
    _ => byte.to_ascii_lowercase(),
});

/// The same of ASCII alone; a zero byte is left out.
fn folded_ascii(text: &[u8]) -> Vec<u8> {
    squeeze(text, &ASCII, MAX_FOLDED)
}

fn folded_any(text: &str) -> Vec<u8> {
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
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{folded_any, folded_ascii};

    proptest! {
        #[test]
        fn ascii_has_the_characters_that_any_text_has(text in "[ -~\\t\\n\\x0b]{0,300}") {
            prop_assert_eq!(folded_ascii(text.as_bytes()), folded_any(&text));
        }
    }
}
