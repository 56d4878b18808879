//! LogFile: one uploaded file or stream.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, FirstBrought, LogFileId, Stretch};

/// Where its processing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Begun and not finished; ingesting the same content again resumes it.
    Processing,
    /// All that could be stored is stored.
    Done,
    /// Stopped by a fault; `message` says which.
    Failed,
    /// Being removed; removing it again goes on.
    Deleting,
    /// Being read again; reading it again goes on.
    Reprocessing,
}

impl FileState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Reprocessing => "reprocessing",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Processing, Self::Done, Self::Failed, Self::Deleting, Self::Reprocessing];

    /// The state of a stored word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What the parser found in a file: a function of the bytes alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ParseCounts {
    /// Records: halves in the branch format, lines or objects in the others.
    pub records: i64,
    /// Logs the records make.
    pub logs: i64,
    /// Logs with both halves.
    pub complete: i64,
    /// Logs without a response.
    pub request_only: i64,
    /// Logs without a request.
    pub response_only: i64,
    /// Records whose header or body is damaged.
    pub malformed: i64,
    /// Non-blank lines that belong to no record.
    pub foreign_lines: i64,
    /// Logs that carry an error.
    pub errors: i64,
    /// Bytes read, after decompression.
    pub bytes: i64,
}

/// What storing the file led to: a function of the file and of what was stored before it, so that a repeated run gives the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileOutcome {
    /// Logs that this file brought.
    pub new_logs: i64,
    /// Its Logs that belong to Logs of other files: late halves that completed them, and repeats.
    pub joined_logs: i64,
    /// Of these, Logs that waited for the half that it brought.
    #[serde(default)]
    pub completed_logs: i64,
    /// Its errors that the knowledge base knows.
    pub errors_known: i64,
    /// Its errors that the knowledge base does not know.
    pub errors_unknown: i64,
    /// Groups of unknown errors first found in this file.
    pub groups_new: i64,
    /// Groups of unknown errors in this file that were seen before.
    pub groups_seen: i64,
    /// Pieces kept in quarantine.
    pub quarantined: i64,
    /// Messages that did not arrive whole, or for which there was no room: only where nothing is acknowledged.
    #[serde(default)]
    pub lost: i64,
    /// What of it was not there before; `None` in records of older programs, and in those of streams, which count nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstBrought>,
}

/// One uploaded file or stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogFile {
    /// From branch and content.
    #[serde(rename = "_id")]
    pub id: LogFileId,
    /// The branch that sent it.
    pub branch: BranchCode,
    /// Its name, without folders; of a file of an archive, the archive's name and its own in it.
    pub name: String,
    /// BLAKE3 of the bytes as received, hexadecimal.
    pub content_hash: String,
    /// Bytes as received (compressed, if it came so).
    pub size_bytes: i64,
    /// The format it was read as.
    pub format: String,
    /// The encoding it was read in.
    pub encoding: String,
    /// Where processing stands.
    pub state: FileState,
    /// What went wrong with the file as a whole, in English.
    pub message: Option<String>,
    /// Who or what sent it.
    pub uploaded_by: String,
    /// When processing began.
    pub created_at: DateTime,
    /// When it ended.
    pub finished_at: Option<DateTime>,
    /// What the parser found.
    pub counts: ParseCounts,
    /// What storing led to.
    pub outcome: FileOutcome,
    /// Where its bytes stood before, if its sender said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<Stretch>,
}

impl LogFileId {
    /// The id of a content, by its hash, that came as this stretch, if its sender said so.
    pub fn of(branch: &BranchCode, content_hash: &str, stretch: Option<&Stretch>) -> Self {
        let (branch, hash) = (branch.as_str().as_bytes(), content_hash.as_bytes());
        match stretch {
            None => Self::from_content(&[branch, hash]),
            Some(Stretch { source, offset }) => Self::from_content(&[branch, hash, source.as_bytes(), &offset.to_le_bytes()]),
        }
    }
}

impl LogFile {
    /// Whether it stands for the posts that a branch sent to one server on one day, not for one file.
    pub fn is_stream(&self) -> bool {
        self.content_hash.is_empty()
    }

    /// When something of it arrived last.
    pub fn arrived_at(&self) -> DateTime {
        if self.is_stream() { self.finished_at.unwrap_or(self.created_at) } else { self.created_at }
    }

    /// When it was written last, if that was not the end: of a server that goes on, or of one that died.
    pub fn open_at(&self) -> Option<DateTime> {
        self.finished_at.filter(|_| self.state == FileState::Processing)
    }

    /// Whether all of it is stored, but its errors are not counted in their groups yet.
    pub fn is_uncounted(&self) -> bool {
        !self.is_stream() && self.state == FileState::Processing && self.finished_at.is_some()
    }
}
