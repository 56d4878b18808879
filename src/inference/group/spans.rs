//! Values with a grammar of their own: how many bytes of the text that begins with one belong to it.

/// Longest value in bytes that may hold blanks between quotes.
const MAX_QUOTED: usize = 256;

/// Bytes at which a path may end.
static ENDS_PATH: [bool; 256] = ends_path();

const fn ends_path() -> [bool; 256] {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        ends[byte] = matches!(
            byte as u8,
            0..=b' ' | 0x7f.. | b'[' | b'(' | b'{' | b']' | b')' | b'}' | b'"' | b'\'' | b'>' | b',' | b';'
        );
        byte += 1;
    }
    ends
}

/// A path or the rest of an address: up to a blank, a quote or a mark outside its own brackets.
pub(super) fn path(text: &str) -> usize {
    let (mut depth, mut bracket) = (0_u32, 0);
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| ENDS_PATH[usize::from(*byte)]) {
        match byte {
            b'[' | b'(' | b'{' => {
                if depth == 0 {
                    bracket = at;
                }
                depth += 1;
            }
            b']' | b')' | b'}' if depth > 0 => depth -= 1,
            b']' | b')' | b'}' | b'"' | b'\'' | b'>' => return trimmed(text, at),
            b',' | b';' if depth == 0 => return trimmed(text, at),
            0..=b' ' | 0x7f => return trimmed(text, if depth == 0 { at } else { bracket }),
            0x80.. if ends_wide(text, at) => return trimmed(text, if depth == 0 { at } else { bracket }),
            _ => {}
        }
    }
    trimmed(text, if depth == 0 { text.len() } else { bracket })
}

/// Whether a character beyond ASCII that begins here ends a value.
fn ends_wide(text: &str, at: usize) -> bool {
    let c = text.get(at..).and_then(|rest| rest.chars().next());
    c.is_some_and(|c| c.is_whitespace() || c.is_control() || c == '»')
}

/// An address of the kind `a:b:c` in hexadecimal: IPv6, hardware.
pub(super) fn hexadecimal_groups(text: &str) -> Option<usize> {
    let run = text.find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '.').unwrap_or(text.len());
    let groups = text.get(..run)?.trim_end_matches([':', '.']);
    let after = text.get(groups.len()..)?;
    let is_address = groups.matches(':').count() >= 2
        && groups.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        && !after.starts_with(char::is_alphanumeric);
    is_address.then_some(groups.len())
}

/// What stands after `key=`: up to a blank, a mark or the bracket around it; brackets and quotes of its own belong to it.
pub(super) fn assigned(text: &str) -> usize {
    let (mut depth, mut end, mut bracket) = (0_u32, 0, None);
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        return quoted(text, quote).unwrap_or(0);
    }
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '<' if at == 0 => return 0,
            '(' | '[' | '{' | '<' => {
                depth += 1;
                bracket = bracket.or(Some(at));
            }
            ')' | ']' | '}' | '>' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return at,
            },
            '"' | '\'' | ',' | ';' | '&' | '|' | '=' if depth == 0 => return at,
            ':' if depth == 0 && text.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) => {
                return at;
            }
            _ if c.is_whitespace() || c.is_control() => break,
            _ => {}
        }
        if depth == 0 {
            end = at + c.len_utf8();
        }
    }
    // A bracket that is closed behind a blank is no part of the value.
    if depth == 0 { end } else { bracket.unwrap_or(end) }
}

/// A text in quotes up to the closing one, which no letter follows.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let window = text.get(..text.floor_char_boundary(MAX_QUOTED)).unwrap_or(text);
    let close = window.get(1..)?.find(quote)? + 2;
    (!text.get(close..)?.starts_with(char::is_alphanumeric)).then_some(close)
}

/// A single word in quotes; the name of a JSON property is none.
pub(super) fn quoted_word(text: &str) -> Option<usize> {
    let opening = text.chars().next()?;
    let closing = match opening {
        '"' | '\'' => opening,
        '«' => '»',
        _ => return None,
    };
    let inside = text.get(opening.len_utf8()..)?;
    let ends = |c: char| {
        c == closing || c.is_whitespace() || matches!(c, ',' | ';' | '=' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '"' | '\'' | '«')
    };
    let length = inside.find(ends)?;
    let after = inside.get(length..)?.strip_prefix(closing)?;
    let is_value = length > 0 && !after.starts_with(|c: char| c.is_alphanumeric() || c == ':');
    is_value.then_some(opening.len_utf8() + length + closing.len_utf8())
}

/// `#12#` or `#12`.
pub(super) fn numbered(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('#')?;
    let digits = inside.find(|c: char| !c.is_ascii_digit()).unwrap_or(inside.len());
    let after = inside.get(digits..)?;
    let closing = usize::from(after.starts_with('#'));
    (digits > 0 && !after.starts_with(char::is_alphanumeric)).then_some(1 + digits + closing)
}

/// `(12)`: the number of the instance that the name before it stands for.
pub(super) fn instance(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('(')?;
    let digits = inside.find(|c: char| !c.is_ascii_digit())?;
    (digits > 0 && inside.get(digits..)?.starts_with(')')).then_some(digits + 2)
}

/// Marks at the end belong to the sentence.
fn trimmed(text: &str, end: usize) -> usize {
    let value = text.get(..end).unwrap_or_default();
    match value.as_bytes().last() {
        Some(b':' | b'.') => value.trim_end_matches([':', '.']).len(),
        _ => value.len(),
    }
}
