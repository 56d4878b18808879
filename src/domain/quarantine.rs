//! Quarantined bytes: what could not become a Log, kept as it came.

use bson::{Binary, DateTime};
use serde::{Deserialize, Serialize};

use super::{BranchCode, LogFileId, ProblemKind, QuarantineId, Stretch};

/// A piece of a file that could not become a Log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// From the file and the offset.
    #[serde(rename = "_id")]
    pub id: QuarantineId,
    /// The branch that sent it.
    pub branch: BranchCode,
    /// The file it was in.
    pub log_file_id: LogFileId,
    /// Byte offset in the (decompressed) file.
    pub offset: i64,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// What and why, in English.
    pub reason: String,
    /// The bytes; the first mebibyte of a longer piece.
    pub raw: Binary,
    /// Length of the whole piece.
    pub size_bytes: i64,
    /// When it was put here.
    pub created_at: DateTime,
    /// Where it stood before, if its sender said so: read again, its lines are those that would have been read there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<Stretch>,
}

impl Quarantined {
    /// Whether only its beginning is kept here.
    pub fn is_cut(&self) -> bool {
        self.size_bytes > i64::try_from(self.raw.bytes.len()).unwrap_or(i64::MAX)
    }

    /// The identifier of the piece at this place.
    pub fn id_for(file: &LogFileId, offset: i64) -> QuarantineId {
        QuarantineId::from_content(&[&file.bytes(), &offset.to_le_bytes()])
    }

    /// The identifier of a piece at this place that was not read to its end: it is there beside those that were found in it.
    pub fn id_of_unread(file: &LogFileId, offset: i64) -> QuarantineId {
        QuarantineId::from_content(&[&file.bytes(), &offset.to_le_bytes(), b"unread"])
    }
}
