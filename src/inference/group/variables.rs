//! The variables of a message: where its group's text is not the same in all messages.

use super::{cluster::Piece, fold::Tokens, kind::Kind};

/// A variable and its value in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'m> {
    /// Its place in the group's pattern, which never changes.
    pub place: usize,
    /// A name from the words before it, unlike that of any other of the group.
    pub name: String,
    /// What the value is.
    pub kind: Kind,
    /// The text of the message.
    pub value: &'m str,
}

/// The variables of a message, for a group that has the same marks.
pub(super) fn of<'m>(pieces: &[Piece], tokens: &Tokens<'m>) -> Vec<Variable<'m>> {
    let mut variables: Vec<Variable<'m>> = Vec::new();
    let mut names = rustc_hash::FxHashMap::<String, u32>::default();
    for (place, (piece, (_, value))) in pieces.iter().zip(tokens.iter()).enumerate() {
        if !matches!(piece, Piece::Value | Piece::Open { .. }) {
            continue;
        }
        let mut name = name(pieces.get(..place).unwrap_or_default());
        let kind = Kind::of(value, &name);
        let count = names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name}_{count}");
        }
        variables.push(Variable { place, name, kind, value });
    }
    variables
}

/// The nearest word before a variable, opening marks and those of assignment between them.
fn name(before: &[Piece]) -> String {
    for piece in before.iter().rev() {
        match piece {
            Piece::Word(word) => {
                let name: String = word.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')).collect();
                return if name.is_empty() { FALLBACK.to_owned() } else { name.to_lowercase() };
            }
            Piece::Mark('=' | ':' | '(' | '[' | '{' | '<' | '"' | '\'' | '«' | '#') => {}
            _ => break,
        }
    }
    FALLBACK.to_owned()
}

/// The name of a variable that no word stands before.
const FALLBACK: &str = "value";
