//! Text that is not of the encoding it should be.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1251;

use crate::parse::input::{Charset, reads_as_utf8};

/// Text that can be used.
pub(in crate::parse) struct Repaired<'a> {
    pub text: Cow<'a, str>,
    /// Where the first byte was that had to be replaced.
    pub replaced_at: Option<usize>,
    /// Whether it was taken for windows-1251.
    pub as_1251: bool,
}

/// Makes UTF-8 of a piece of the text. The start of a file may be all ASCII and so not show its encoding; a piece that
/// cannot be UTF-8 is then read as windows-1251, the branches' old code page.
pub(in crate::parse) fn repair(bytes: &[u8], charset: Charset) -> Repaired<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Repaired { text: Cow::Borrowed(text), replaced_at: None, as_1251: false },
        Err(_) if charset.guessed && !reads_as_utf8(bytes) => {
            let (text, ..) = WINDOWS_1251.decode(bytes);
            Repaired { text, replaced_at: None, as_1251: true }
        }
        Err(error) => Repaired { text: String::from_utf8_lossy(bytes), replaced_at: Some(error.valid_up_to()), as_1251: false },
    }
}
