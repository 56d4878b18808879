//! Logs read for other purposes than a page of them: what came of many, without their bodies, and what came after one.

use async_trait::async_trait;
use bson::DateTime;

use super::{LogPage, LogsFound, Result};

/// What came of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Both halves, no error.
    Normal,
    /// A half without its partner, no error.
    Half,
    /// An error that the knowledge base knows.
    Known,
    /// An error that nobody knows.
    Unknown,
}

/// When an exchange was, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The Log's date; `None` where it has none.
    pub date: Option<DateTime>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of Logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MomentsFound {
    /// Newest first.
    pub moments: Vec<Moment>,
    /// The limit or the scan limit was reached: there may be more that match.
    pub incomplete: bool,
}

/// Reading of many Logs.
#[async_trait]
pub trait ScanStore {
    /// What came of the Logs that satisfy a filter, newest first, as [`super::LogStore::list_logs`] would list them.
    async fn list_moments(&self, page: &LogPage<'_>) -> Result<MomentsFound>;
    /// Logs that satisfy a filter, oldest first; `after` is the place in that order. Logs without a date are none of them.
    async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound>;
    /// As [`super::LogStore::list_logs`], for who wants no more of the Logs than these properties, beside id and date: a store need not give
    /// the others.
    async fn list_log_parts(&self, page: &LogPage<'_>, paths: &[&str]) -> Result<LogsFound>;
}
