//! Quarantine as a person reads it: across files, newest first.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, LogFileId, QuarantineId, Quarantined};

/// A place in the quarantine: newest first, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuarantineCursor {
    /// When the piece was put there.
    pub date: DateTime,
    /// Its id.
    pub id: QuarantineId,
}

impl std::fmt::Display for QuarantineCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.date.timestamp_millis(), self.id)
    }
}

impl std::str::FromStr for QuarantineCursor {
    type Err = ();

    /// `1462680000000-<id>`.
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (date, id) = text.rsplit_once('-').ok_or(())?;
        Ok(Self { date: DateTime::from_millis(date.parse().map_err(drop)?), id: id.parse().map_err(drop)? })
    }
}

/// Pages of the quarantine.
#[async_trait]
pub trait QuarantinePageStore {
    /// Pieces of a branch or (`None`) of all, newest first, behind a place.
    async fn list_quarantine_page(
        &self,
        branch: Option<&BranchCode>,
        after: Option<QuarantineCursor>,
        limit: usize,
    ) -> Result<Vec<Quarantined>>;
    /// The piece with this id.
    async fn find_quarantined(&self, id: &QuarantineId) -> Result<Option<Quarantined>>;
    /// Whether there is a piece of this file of which only the beginning is kept.
    async fn has_cut_quarantined(&self, file: &LogFileId) -> Result<bool>;
    /// Removes a piece whose content became Logs; false when there is none.
    async fn delete_quarantined(&self, id: &QuarantineId) -> Result<bool>;
}
