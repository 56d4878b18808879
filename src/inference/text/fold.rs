//! One character as it counts: invisible ones go, case and width are folded, look-alike quotes become one.

/// Whether a reader cannot see it: joiners, direction marks, soft hyphens, combining marks.
///
/// Combining marks go because decomposed text (a letter, then its breve or diaeresis) must equal composed text; [`fold`]
/// removes the same marks from the composed Ukrainian and Russian letters.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Whether it stands for an apostrophe inside a word (`об'єкт`, `can’t`).
pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '\u{2032}' | '\u{b4}')
}

/// The character in lower case, of normal width, without its mark.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let narrow = match c as u32 {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    };
    match narrow.to_lowercase().next().unwrap_or(narrow) {
        'й' => 'и',
        'ї' => 'і',
        'ё' => 'е',
        'ґ' => 'г',
        lower => lower,
    }
}
