//! A group's text as people read it.

use std::fmt;

use super::cluster::Piece;

/// The common text of a group, variables as `<*>`.
#[derive(Debug, Clone)]
pub struct Template<'a> {
    pieces: &'a [Piece],
    glued: &'a [bool],
    /// A place that has one value in this part of a divided group.
    fixed: Option<(usize, &'a str)>,
}

impl<'a> Template<'a> {
    pub(super) fn new(pieces: &'a [Piece], glued: &'a [bool]) -> Self {
        Self { pieces, glued, fixed: None }
    }

    /// With a value at a place.
    pub(super) fn with(self, place: usize, value: &'a str) -> Self {
        Self { fixed: Some((place, value)), ..self }
    }
}

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, piece) in self.pieces.iter().enumerate() {
            if place > 0 && !self.glued.get(place).is_some_and(|glued| *glued) {
                f.write_str(" ")?;
            }
            match (piece, self.fixed) {
                (_, Some((fixed, value))) if fixed == place => f.write_str(value)?,
                (Piece::Word(word), _) => f.write_str(word)?,
                (Piece::Mark(mark), _) => write!(f, "{mark}")?,
                (Piece::Value | Piece::Open { .. }, _) => f.write_str("<*>")?,
            }
        }
        Ok(())
    }
}
