//! Uploaded files as a person leafs through them: newest first, page by page.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, LogFile, LogFileId};

/// A place among the files: newest first, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileCursor {
    /// When processing began.
    pub date: DateTime,
    /// The file's id.
    pub id: LogFileId,
}

impl FileCursor {
    /// The place of a file.
    pub fn of(file: &LogFile) -> Self {
        Self { date: file.created_at, id: file.id }
    }
}

impl std::fmt::Display for FileCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.date.timestamp_millis(), self.id)
    }
}

impl std::str::FromStr for FileCursor {
    type Err = ();

    /// `1462680000000-<id>`.
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (date, id) = text.rsplit_once('-').ok_or(())?;
        Ok(Self { date: DateTime::from_millis(date.parse().map_err(drop)?), id: id.parse().map_err(drop)? })
    }
}

/// Pages of files.
#[async_trait]
pub trait FilePageStore {
    /// Files of some branches or (`None`) of all, newest first, behind a place.
    async fn list_log_file_page(&self, branches: Option<&[BranchCode]>, after: Option<FileCursor>, limit: usize) -> Result<Vec<LogFile>>;
}
