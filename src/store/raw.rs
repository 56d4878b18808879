//! Files as they came, kept for a while so that they can be read again. The bytes are the caller's: they come compressed and go so.

use std::path::Path;

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::LogFileId;

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFile {
    /// Whose bytes they are; from branch and content.
    pub id: LogFileId,
    /// Bytes kept.
    pub size_bytes: u64,
    /// Since when.
    pub kept_at: DateTime,
}

/// Files as they came.
#[async_trait]
pub trait RawStore {
    /// Keeps the bytes of the file at this path; those that are kept already stay.
    async fn save_raw(&self, id: &LogFileId, from: &Path) -> Result<()>;
    /// Writes kept bytes to this path; false when none are kept.
    async fn load_raw(&self, id: &LogFileId, to: &Path) -> Result<bool>;
    /// What is kept of a file.
    async fn find_raw(&self, id: &LogFileId) -> Result<Option<RawFile>>;
    /// All that is kept, the oldest first.
    async fn list_raw(&self) -> Result<Vec<RawFile>>;
    /// Deletes kept bytes; false when there were none.
    async fn delete_raw(&self, id: &LogFileId) -> Result<bool>;
}
