//! KnownErrorVersion: a state that a known error had, with its answers, and who gave it that.
//!
//! Versions are only ever added. The one that gets a number is the change of that number: the known error itself is what its latest version says.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{Answer, KnownError, KnownErrorId, KnownErrorVersionId};

/// How a version came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was there before versions were kept.
    Found,
    /// It was written.
    Created,
    /// It was edited.
    Edited,
    /// It went on to another state of its life.
    Moved,
    /// An earlier version was taken back.
    Restored,
    /// A document was imported.
    Imported,
    /// Another known error was merged into it, or it into another.
    Merged,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Found, Self::Created, Self::Edited, Self::Moved, Self::Restored, Self::Imported, Self::Merged];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Created => "created",
            Self::Edited => "edited",
            Self::Moved => "moved",
            Self::Restored => "restored",
            Self::Imported => "imported",
            Self::Merged => "merged",
        }
    }
}

/// A state that a known error had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownErrorVersion {
    /// From the known error and the number.
    #[serde(rename = "_id")]
    pub id: KnownErrorVersionId,
    /// Whose version it is.
    pub known_error_id: KnownErrorId,
    /// 1 for the first that was written here; 0 for what was there before.
    pub number: i64,
    /// The known error as it was.
    pub entry: KnownError,
    /// Its answers, best first as written.
    pub answers: Vec<Answer>,
    /// How it came about.
    pub change: Change,
    /// Who did that.
    pub by: String,
    /// When.
    pub at: DateTime,
}

impl KnownErrorVersion {
    /// The version that an entry states, with the number that it bears.
    pub fn of(entry: KnownError, answers: Vec<Answer>, change: Change, by: &str, at: DateTime) -> Self {
        let number = entry.version;
        Self {
            id: KnownErrorVersionId::from_content(&[entry.id.as_str().as_bytes(), &number.to_le_bytes()]),
            known_error_id: entry.id.clone(),
            number,
            entry,
            answers,
            change,
            by: by.to_owned(),
            at,
        }
    }
}
