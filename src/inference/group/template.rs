//! A group's text as people read it.

use std::fmt;

use super::cluster::Piece;

/// The common text of a group, variables as `<*>`.
#[derive(Debug, Clone)]
pub struct Template<'a> {
    pieces: &'a [Piece],
    /// A place that has one value in this part of a divided group.
    fixed: Option<(usize, &'a str)>,
}

impl<'a> Template<'a> {
    pub(super) fn new(pieces: &'a [Piece]) -> Self {
        Self { pieces, fixed: None }
    }

    /// With a value at a place.
    pub(super) fn with(pieces: &'a [Piece], place: usize, value: &'a str) -> Self {
        Self { pieces, fixed: Some((place, value)) }
    }
}

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut glue = true;
        for (place, piece) in self.pieces.iter().enumerate() {
            if let Piece::Mark(mark) = piece {
                let opens = matches!(mark, '(' | '[' | '{' | '«' | '<');
                if opens && !glue {
                    f.write_str(" ")?;
                }
                write!(f, "{mark}")?;
                glue = opens || matches!(mark, '=' | '"' | '\'' | '#' | '&' | '+');
                continue;
            }
            if !glue {
                f.write_str(" ")?;
            }
            match (piece, self.fixed) {
                (_, Some((fixed, value))) if fixed == place => f.write_str(value)?,
                (Piece::Word(word), _) => f.write_str(word)?,
                _ => f.write_str("<*>")?,
            }
            glue = false;
        }
        Ok(())
    }
}
