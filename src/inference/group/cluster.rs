//! A group: the masked text of its first message, and the places that have been opened since.

use std::borrow::Cow;

use super::{
    PatternError,
    fold::{Class, Tokens},
    template::Template,
};
use crate::domain::GroupId;

/// A group of similar messages.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) id: GroupId,
    pieces: Vec<Piece>,
    /// Whether the first message has no blank before each piece.
    glued: Vec<bool>,
}

/// A place of a group's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word that stands in every message of the group.
    Word(Box<str>),
    /// A mark between words.
    Mark(char),
    /// A value.
    Value,
    /// A place where so many words were seen that any is accepted.
    Open {
        /// The word of the first message.
        word: Box<str>,
        /// The how manieth opening this was: a message belongs to the earliest that accepts it.
        ordinal: u32,
    },
}

impl Cluster {
    pub(super) fn new(tokens: &Tokens<'_>) -> Self {
        let pieces: Vec<Piece> = tokens.iter().map(|(class, text)| Piece::new(class, text)).collect();
        // Blanks beside marks make no difference, so that they make none to the id.
        let text = Template::new(&pieces, &[]).to_string();
        Self { id: GroupId::from_content(&[text.as_bytes()]), pieces, glued: tokens.glued().collect() }
    }

    /// A group that accepts every message with these marks.
    pub(super) fn of_shape(tokens: &Tokens<'_>, ordinal: u32) -> Self {
        let mut cluster = Self::new(tokens);
        for piece in &mut cluster.pieces {
            if let Piece::Word(word) = piece {
                *piece = Piece::Open { word: std::mem::take(word), ordinal };
            }
        }
        cluster
    }

    pub(super) fn template(&self) -> Template<'_> {
        Template::new(&self.pieces, &self.glued)
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether the message has the same marks in the same places.
    pub(super) fn has_shape_of(&self, tokens: &Tokens<'_>) -> bool {
        self.pieces.len() == tokens.len()
            && self.pieces.iter().zip(tokens.iter()).all(|(piece, (class, _))| match (piece, class) {
                (Piece::Mark(mark), Class::Mark(other)) => *mark == other,
                (Piece::Mark(_), _) | (_, Class::Mark(_)) => false,
                _ => true,
            })
    }

    /// Whether the message belongs here, openings up to this one considered.
    pub(super) fn accepts(&self, tokens: &Tokens<'_>, ordinal: u32) -> bool {
        self.pieces.len() == tokens.len()
            && self.pieces.iter().zip(tokens.iter()).all(|(piece, (class, text))| match (piece, class) {
                (Piece::Word(word), Class::Word) => **word == *text,
                (Piece::Mark(mark), Class::Mark(other)) => *mark == other,
                (Piece::Value, Class::Value) => true,
                (Piece::Open { word, ordinal: opened }, Class::Word) => *opened <= ordinal || **word == *text,
                (Piece::Open { ordinal: opened, .. }, Class::Value) => *opened <= ordinal,
                _ => false,
            })
    }

    /// Opens a place; whether it was closed, or opened later than that.
    pub(super) fn open(&mut self, place: usize, ordinal: u32) -> bool {
        match self.pieces.get_mut(place) {
            Some(piece @ Piece::Word(_)) => {
                if let Piece::Word(word) = piece {
                    *piece = Piece::Open { word: std::mem::take(word), ordinal };
                }
                true
            }
            Some(Piece::Open { ordinal: opened, .. }) if *opened > ordinal => {
                *opened = ordinal;
                true
            }
            _ => false,
        }
    }

    /// Takes an opening back.
    pub(super) fn close(&mut self, place: usize) {
        if let Some(piece) = self.pieces.get_mut(place)
            && let Piece::Open { word, .. } = piece
        {
            *piece = Piece::Word(std::mem::take(word));
        }
    }

    /// The group as it was after this opening.
    pub(super) fn as_of(&self, ordinal: u32) -> Cow<'_, Self> {
        let later: Vec<usize> = self.openings().filter(|(_, opened)| *opened > ordinal).map(|(place, _)| place).collect();
        if later.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut before = self.clone();
        later.into_iter().for_each(|place| before.close(place));
        Cow::Owned(before)
    }

    /// Whether all openings of the other one are here, as early or earlier.
    pub(super) fn has_openings_of(&self, other: &Self) -> bool {
        other.openings().all(|(place, ordinal)| match self.pieces.get(place) {
            Some(Piece::Open { ordinal: opened, .. }) => *opened <= ordinal,
            _ => false,
        })
    }

    /// The openings in order, each once.
    pub(super) fn ordinals(&self) -> Vec<u32> {
        let mut ordinals: Vec<u32> = self.openings().map(|(_, ordinal)| ordinal).collect();
        ordinals.sort_unstable();
        ordinals.dedup();
        ordinals
    }

    /// Places that are open, each with its ordinal.
    pub(super) fn openings(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.pieces.iter().enumerate().filter_map(|(place, piece)| match piece {
            Piece::Open { ordinal, .. } => Some((place, *ordinal)),
            _ => None,
        })
    }

    /// How much it accepts: of the states of a group, that with more openings, or with earlier ones, has more.
    pub(super) fn breadth(&self) -> i64 {
        self.openings().map(|(_, ordinal)| i64::from(u32::MAX - ordinal) + 1).fold(0, i64::saturating_add)
    }

    /// The pattern as JSON: words as texts, marks as lists of one, values as null, open places as objects, zero for "no blank here".
    pub(super) fn pattern(&self) -> serde_json::Value {
        let mut values = Vec::with_capacity(2 * self.pieces.len());
        for (piece, glued) in self.pieces.iter().zip(&self.glued) {
            if *glued {
                values.push(serde_json::json!(0));
            }
            values.push(match piece {
                Piece::Word(word) => serde_json::json!(word),
                Piece::Mark(mark) => serde_json::json!([mark]),
                Piece::Value => serde_json::Value::Null,
                Piece::Open { word, ordinal } => serde_json::json!({ "word": word, "opened": ordinal }),
            });
        }
        values.into()
    }

    pub(super) fn restore(id: GroupId, pattern: serde_json::Value) -> Result<Self, PatternError> {
        let serde_json::Value::Array(values) = pattern else { return Err(PatternError::new("a pattern is a list")) };
        let (mut pieces, mut glued, mut glue) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()), false);
        for value in values {
            if value == 0 {
                glue = true;
            } else {
                pieces.push(Piece::restore(value)?);
                glued.push(std::mem::take(&mut glue));
            }
        }
        Ok(Self { id, pieces, glued })
    }
}

impl Piece {
    fn new(class: Class, text: &str) -> Self {
        match class {
            Class::Word => Self::Word(text.into()),
            Class::Mark(mark) => Self::Mark(mark),
            Class::Value => Self::Value,
        }
    }

    fn restore(value: serde_json::Value) -> Result<Self, PatternError> {
        match value {
            serde_json::Value::Null => Ok(Self::Value),
            serde_json::Value::String(word) => Ok(Self::Word(word.into())),
            serde_json::Value::Array(mark) => {
                let mark = mark.first().and_then(|mark| mark.as_str()).and_then(|mark| mark.chars().next());
                mark.map(Self::Mark).ok_or_else(|| PatternError::new("a mark is one character"))
            }
            serde_json::Value::Object(open) => {
                let word = open.get("word").and_then(|word| word.as_str());
                let ordinal = open.get("opened").and_then(serde_json::Value::as_u64).and_then(|ordinal| u32::try_from(ordinal).ok());
                match (word, ordinal) {
                    (Some(word), Some(ordinal)) => Ok(Self::Open { word: word.into(), ordinal }),
                    _ => Err(PatternError::new("an open place has a word and its number")),
                }
            }
            _ => Err(PatternError::new("a piece is a text, a list, an object or null")),
        }
    }
}
