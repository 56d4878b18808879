//! A message as tokens with its variables masked, without regular expressions.

/// At most this many tokens of a message are considered.
const MAX_TOKENS: usize = 400;
/// At most this many bytes of a message are considered.
const MAX_BYTES: usize = 16 << 10;

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Token {
    /// A word that stands in every message of the group.
    Word(String),
    /// A mark between words.
    Mark(char),
    /// A variable.
    Variable,
}

/// Marks that part words. Dots, dashes, slashes and underscores stay inside them: hosts, dates, paths and names have them.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        ',' | ';'
            | ':'
            | '='
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '"'
            | '\''
            | '<'
            | '>'
            | '|'
            | '«'
            | '»'
            | '!'
            | '?'
            | '&'
            | '#'
            | '%'
            | '+'
            | '*'
    )
}

/// The tokens of a message; lists of variables are one variable.
pub(super) fn tokenise(message: &str) -> Vec<Token> {
    let message = message.get(..message.floor_char_boundary(MAX_BYTES)).unwrap_or(message);
    let mut tokens: Vec<Token> = Vec::new();
    for piece in message.split(|c: char| c.is_whitespace() || c.is_control()) {
        let mut rest = piece;
        while !rest.is_empty() && tokens.len() < MAX_TOKENS {
            let end = rest.find(is_mark).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            push_word(&mut tokens, word);
            let mut chars = after.chars();
            if let Some(mark) = chars.next() {
                tokens.push(Token::Mark(mark));
            }
            rest = chars.as_str();
        }
    }
    collapse(tokens)
}

fn push_word(tokens: &mut Vec<Token>, word: &str) {
    let bare = word.trim_end_matches(['.', '-']);
    if bare.is_empty() {
        if !word.is_empty() {
            tokens.push(Token::Mark('.'));
        }
        return;
    }
    tokens.push(if is_variable(bare) { Token::Variable } else { Token::Word(bare.to_owned()) });
}

/// Whether a word is a value by its look: it has a digit, is a path, a host or a long hexadecimal number.
fn is_variable(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.iter().any(u8::is_ascii_digit) {
        return true;
    }
    if word.matches(['/', '\\']).count() >= 2 || word.contains('@') {
        return true;
    }
    bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit)
}

/// `<*> , <*> , <*>` and `<*> <*>` become one variable, so that the length of a list does not matter.
fn collapse(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if token == Token::Variable {
            match kept.as_slice() {
                [.., Token::Variable] => continue,
                [.., Token::Variable, Token::Mark(_)] => {
                    kept.pop();
                    continue;
                }
                _ => {}
            }
        }
        kept.push(token);
    }
    kept
}
