//! Cutting a line into its parts.

/// The first word of a text, blanks before it skipped, and what follows it.
pub(super) fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.bytes().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    Some(text.split_at(end)).filter(|(word, _)| !word.is_empty())
}

/// The inside of the bracket that a text begins with, and what follows its closing one; brackets inside are counted.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    const LONGEST: usize = 512;
    let (open, close) = match text.bytes().next()? {
        b'[' => (b'[', b']'),
        b'(' => (b'(', b')'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some((text.get(1..at)?, text.get(at + 1..)?));
            }
        }
    }
    None
}

/// Whether a text is a number of digits.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a name as classes and packages have them, with a dot in it.
pub(super) fn is_dotted_name(text: &str) -> bool {
    text.contains('.') && !text.starts_with('.') && !text.ends_with('.') && is_name(text)
}

/// Whether a text is made of the characters of names, a letter among them, and short enough to be one.
pub(super) fn is_name(text: &str) -> bool {
    const MARKS: &[u8] = b"._$-/@#";
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    (1..=200).contains(&text.len())
        && text.bytes().any(is_letter)
        && text.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit() || MARKS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest() {
        assert_eq!(bracketed("[Quorum[myid=1]/0:0] rest"), Some(("Quorum[myid=1]/0:0", " rest")));
        assert_eq!(bracketed("(thread 1)x"), Some(("thread 1", "x")));
        assert_eq!(bracketed("[open"), None);
        assert_eq!(bracketed("none"), None);
    }

    #[test]
    fn words_are_cut_at_blanks() {
        assert_eq!(word("  one\ttwo"), Some(("one", "\ttwo")));
        assert_eq!(word("   "), None);
    }
}
