//! What of a text is embedded: its words, without levels and numbers that say nothing of what it means.

use super::{
    super::text::{Kind, Scan},
    matrix::MAX_ROWS,
};

/// Words of a passage; a model reads little more, and a longer text is about several things.
const WORDS: usize = 60;

/// From this length on a value is an identifier, a date or a digest; shorter ones are codes, which mean something.
const MAX_VALUE: usize = 8;

/// Words before a colon that say how bad it is, not what.
const LEVELS: [&str; 12] =
    ["error", "warning", "warn", "info", "fatal", "critical", "note", "help", "debug", "trace", "помилка", "попередження"];

/// The passages by which a known error is found: its text in pieces, each after its title.
pub fn passages(title: &str, body: &str) -> Vec<String> {
    let title: Vec<&str> = title.split_whitespace().take(WORDS).collect();
    let words: Vec<&str> = body.split_whitespace().take(WORDS * MAX_ROWS).collect();
    let pieces = words.chunks(WORDS).map(|piece| match title.as_slice() {
        [] => piece.join(" "),
        title => format!("{}. {}", title.join(" "), piece.join(" ")),
    });
    let pieces: Vec<String> = pieces.collect();
    if pieces.is_empty() && !title.is_empty() { vec![title.join(" ")] } else { pieces }
}

/// The texts whose [`super::Vector::between`] stands for an error: all its lines, and the first of them once more.
pub fn asked(text: &str) -> Vec<String> {
    let text = without_identifiers(text);
    let lines: Vec<&str> = text.split(['\n', '\r']).flat_map(|line| line.split(" | ")).map(bare).filter(|line| !line.is_empty()).collect();
    let whole = lines.join(" ");
    match lines.as_slice() {
        [] => Vec::new(),
        [_] => vec![whole],
        [first, ..] => vec![whole, (*first).to_owned()],
    }
}

/// A line without its level.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let Some((level, rest)) = line.split_once(':') else { return line };
    // A code may stand behind it: `error[E0308]: mismatched types`.
    let word = level.split('[').next().unwrap_or_default().trim().to_lowercase();
    if LEVELS.contains(&word.as_str()) { rest.trim() } else { line }
}

/// A text without its long values. It is as long as what is looked at of any error, at most.
fn without_identifiers(text: &str) -> String {
    let scan = Scan::new(text);
    let end = scan.tokens.last().map_or(0, |token| token.at.1 as usize);
    let mut bare = String::with_capacity(end);
    let mut from = 0;
    for token in scan.tokens.iter().filter(|token| token.kind == Kind::Value) {
        let (start, end) = (token.at.0 as usize, token.at.1 as usize);
        if end - start.min(end) > MAX_VALUE
            && let Some(before) = text.get(from..start)
        {
            bare.push_str(before);
            from = end;
        }
    }
    bare.push_str(text.get(from..end).unwrap_or_default());
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_identifiers_are_not_asked_about() {
        for (text, expected) in [
            ("", &[][..]),
            ("connection refused", &["connection refused"]),
            ("ERROR: connection refused", &["connection refused"]),
            ("error[E0308]: mismatched types | note: expected `u8`", &["mismatched types expected `u8", "mismatched types"]),
            ("Помилка: рахунок UA213223130000026007233566001 закрито\nдеталі", &["рахунок  закрито деталі", "рахунок  закрито"]),
            ("ORA-12541: no listener", &["ORA-12541: no listener"]),
        ] {
            assert_eq!(asked(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_into_few_passages_with_its_title() {
        assert!(passages("", " ").is_empty());
        assert_eq!(passages("Title", ""), ["Title"]);
        assert_eq!(passages("Title", "one two"), ["Title. one two"]);
        let long = passages("Title", &"word ".repeat(10_000));
        assert_eq!((long.len(), long[0].split(' ').count()), (MAX_ROWS, WORDS + 1));
    }
}
