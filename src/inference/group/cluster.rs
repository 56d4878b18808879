//! A group's pattern: what all its messages share.

use std::fmt;

use super::{PatternError, tokens::Token};
use crate::domain::GroupId;

/// A group of similar messages.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) id: GroupId,
    tokens: Vec<Token>,
}

/// The common text of a group, variables as `<*>`.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a>(&'a [Token]);

impl Cluster {
    pub(super) fn new(tokens: &[Token]) -> Self {
        Self { id: GroupId::from_content(&[Template(tokens).to_string().as_bytes()]), tokens: tokens.to_vec() }
    }

    pub(super) fn template(&self) -> Template<'_> {
        Template(&self.tokens)
    }

    /// The branch it is found under.
    pub(super) fn branch(&self) -> (usize, String) {
        branch(&self.tokens)
    }

    /// How much of a message agrees with the pattern, marks not counted; `None` where they cannot be one group.
    pub(super) fn similarity(&self, tokens: &[Token]) -> Option<f64> {
        if self.tokens.len() != tokens.len() {
            return None;
        }
        let (mut words, mut same, mut any_word) = (0_u32, 0_u32, false);
        for (own, other) in self.tokens.iter().zip(tokens) {
            match (own, other) {
                (Token::Mark(a), Token::Mark(b)) if a == b => {}
                (Token::Mark(_), _) | (_, Token::Mark(_)) => return None,
                (Token::Variable, Token::Variable) => {}
                (Token::Word(a), Token::Word(b)) if a == b => {
                    words += 1;
                    same += 1;
                    any_word = true;
                }
                (Token::Variable, Token::Word(_)) => {}
                _ => words += 1,
            }
        }
        if !any_word {
            // Nothing but variables: one group for each shape.
            return (words == 0).then_some(1.0);
        }
        Some(f64::from(same) / f64::from(words))
    }

    /// Makes the places that differ variables; whether there were any.
    pub(super) fn generalise(&mut self, tokens: &[Token]) -> bool {
        let mut changed = false;
        for (own, other) in self.tokens.iter_mut().zip(tokens) {
            // The first word agrees already: clusters are found by it.
            if own != other && *own != Token::Variable {
                *own = Token::Variable;
                changed = true;
            }
        }
        changed
    }

    /// Takes over the variables of a more general state of the same group.
    pub(super) fn take_over(&mut self, other: &Self) {
        if self.tokens.len() == other.tokens.len() {
            self.generalise(&other.tokens);
        }
    }

    /// The pattern as JSON: words as texts, marks as lists of one, variables as null.
    pub(super) fn pattern(&self) -> String {
        let token = |token: &Token| match token {
            Token::Word(word) => serde_json::json!(word),
            Token::Mark(mark) => serde_json::json!([mark]),
            Token::Variable => serde_json::Value::Null,
        };
        serde_json::Value::from(self.tokens.iter().map(token).collect::<Vec<_>>()).to_string()
    }

    pub(super) fn restore(id: GroupId, pattern: &str) -> Result<Self, PatternError> {
        let fault = |reason: &str| PatternError(reason.to_owned());
        let values: Vec<serde_json::Value> = serde_json::from_str(pattern).map_err(|error| PatternError(error.to_string()))?;
        let token = |value: serde_json::Value| match value {
            serde_json::Value::Null => Ok(Token::Variable),
            serde_json::Value::String(word) => Ok(Token::Word(word)),
            serde_json::Value::Array(mark) => {
                let mark = mark.first().and_then(|mark| mark.as_str()).and_then(|mark| mark.chars().next());
                mark.map(Token::Mark).ok_or_else(|| fault("a mark is one character"))
            }
            _ => Err(fault("a token is a text, a list or null")),
        };
        Ok(Self { id, tokens: values.into_iter().map(token).collect::<Result<_, _>>()? })
    }
}

/// The branch under which a message's cluster is: its length and first word, none where that is a variable.
pub(super) fn branch(tokens: &[Token]) -> (usize, String) {
    (tokens.len(), first_word(tokens))
}

/// The first token, where it is a word.
fn first_word(tokens: &[Token]) -> String {
    match tokens.first() {
        Some(Token::Word(word)) => word.clone(),
        _ => String::new(),
    }
}

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut glue = true;
        for token in self.0 {
            match token {
                Token::Mark(mark) => {
                    let opens = matches!(mark, '(' | '[' | '{' | '«' | '<');
                    if opens && !glue {
                        f.write_str(" ")?;
                    }
                    write!(f, "{mark}")?;
                    glue = opens || matches!(mark, '=' | '"' | '\'' | '#' | '&' | '+');
                }
                other => {
                    if !glue {
                        f.write_str(" ")?;
                    }
                    match other {
                        Token::Word(word) => f.write_str(word)?,
                        _ => f.write_str("<*>")?,
                    }
                    glue = false;
                }
            }
        }
        Ok(())
    }
}
