//! Text of a filter ─► tokens with their byte offsets.

use super::FilterError;

/// A piece of a filter's text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A bare word: path, operator word, number, date, `true`, `null`.
    Word(String),
    /// A path in backticks; two of them stand for one.
    QuotedPath(String),
    /// Text in quotes, escapes resolved.
    Text(String),
    /// `=`, `!=`, `<`, …
    Sign(&'static str),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// Signs, longest first; the second column is how each is stored.
const SIGNS: [(&str, &str); 10] =
    [("==", "="), ("!=", "!="), ("<>", "!="), ("<=", "<="), (">=", ">="), ("=", "="), ("<", "<"), (">", ">"), ("≤", "<="), ("≥", ">=")];

/// Whether a character may stand in a bare word.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '+' | '@' | '/')
}

/// Whether a path reads back when written without backticks.
pub(super) fn is_bare_path(path: &str) -> bool {
    let keyword = |word: &str| ["and", "or", "not", "true", "false", "null"].iter().any(|known| known.eq_ignore_ascii_case(word));
    path.chars().all(in_word) && !keyword(path) && super::Operator::from_word(path).is_none()
}

/// Splits a filter's text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if let Some((sign, stored)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            (Token::Sign(stored), sign.len())
        } else if c == '(' || c == '[' {
            (Token::Open, 1)
        } else if c == ')' || c == ']' {
            (Token::Close, 1)
        } else if c == ',' {
            (Token::Comma, 1)
        } else if c == '"' || c == '\'' {
            quoted(rest, c).map(|(text, length)| (Token::Text(text), length)).ok_or(FilterError::Unclosed { at })?
        } else if c == '`' {
            quoted_path(rest).map(|(path, length)| (Token::QuotedPath(path), length)).ok_or(FilterError::Unclosed { at })?
        } else if in_word(c) || c == '$' {
            let length = rest.find(|c: char| !in_word(c) && c != '$').unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else {
            return Err(FilterError::Unexpected { at, found: c.to_string(), wanted: "a property, an operator or a value" });
        };
        found.push((at, token));
        at += length;
    }
    Ok(found)
}

/// The path between backticks and the number of bytes it took.
fn quoted_path(text: &str) -> Option<(String, usize)> {
    let mut path = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '`' && chars.next_if(|(_, next)| *next == '`').is_none() {
            return Some((path, at + 1));
        }
        path.push(c);
    }
    None
}

/// The text between quotes and the number of bytes it took.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            c if c == quote => return Some((value, at + c.len_utf8())),
            c => value.push(c),
        }
    }
    None
}
