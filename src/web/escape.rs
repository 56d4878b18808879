//! How text is written into pages and addresses: as HTML and URLs have to be, and with characters that control the terminal, the parser
//! or the direction of writing made visible.

use std::fmt;

use askama::filters::{Escaper, Html};

/// Escapes markup and shows control characters; `askama.toml` names it for every template.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visible;

impl Escaper for Visible {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, control)) = rest.char_indices().find(|(_, c)| is_control(*c)) {
            Html.write_escaped_str(&mut dest, &rest[..at])?;
            write!(dest, "⟨U+{:04X}⟩", u32::from(control))?;
            rest = &rest[at + control.len_utf8()..];
        }
        Html.write_escaped_str(dest, rest)
    }
}

/// Whether a page shows the character's number instead of obeying it.
pub(super) fn is_control(c: char) -> bool {
    let direction = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    direction || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// The text behind what a page showed in a field: shown control characters are themselves again, so that a text that was only looked at
/// comes back as it was.
pub(super) fn restored(shown: &str) -> String {
    let mut text = String::with_capacity(shown.len());
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("⟨U+") {
        let number = after.split_once('⟩').filter(|(number, _)| (4..=6).contains(&number.len()));
        let control = number.and_then(|(number, behind)| Some((char::from_u32(u32::from_str_radix(number, 16).ok()?)?, behind)));
        text.push_str(before);
        rest = match control.filter(|(c, _)| is_control(*c)) {
            Some((control, behind)) => {
                text.push(control);
                behind
            }
            None => {
                text.push_str("⟨U+");
                after
            }
        };
    }
    text.push_str(rest);
    text
}

/// Text as a part of an address.
pub(super) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_part_of_an_address_parts_it() {
        assert_eq!(percent("a-b_c.d/?&=#% є\0"), "a-b_c.d%2F%3F%26%3D%23%25%20%D1%94%00");
    }

    #[test]
    fn markup_is_escaped_and_control_characters_are_shown() {
        for (text, expected) in [
            ("plain, рядок\n", "plain, рядок\n"),
            ("<b a='\"'>&", "&#60;b a=&#39;&#34;&#39;&#62;&#38;"),
            ("a\0<", "a⟨U+0000⟩&#60;"),
            ("\u{202E}txt.exe\u{85}", "⟨U+202E⟩txt.exe⟨U+0085⟩"),
        ] {
            let mut written = String::new();
            Visible.write_escaped_str(&mut written, text).unwrap();
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn a_text_in_a_field_comes_back_as_it_was() {
        for (shown, text) in [
            ("⟨U+202E⟩txt.exe⟨U+0085⟩", "\u{202E}txt.exe\u{85}"),
            ("⟨U+0041⟩ ⟨U+⟩ ⟨U+12345678⟩ ⟨U+zzzz⟩ ⟨U+", "⟨U+0041⟩ ⟨U+⟩ ⟨U+12345678⟩ ⟨U+zzzz⟩ ⟨U+"),
            ("рядок", "рядок"),
        ] {
            assert_eq!(restored(shown), text);
        }
    }
}
