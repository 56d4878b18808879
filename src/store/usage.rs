//! How much known errors are used, and which of them still have to be judged by.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, KnownErrorId};

/// How often a known error was seen in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownErrorCount {
    /// The known error.
    pub id: KnownErrorId,
    /// Number of Logs.
    pub count: i64,
    /// Date of the latest.
    pub last_seen: Option<DateTime>,
}

/// How often a known error was seen on a day at a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCount {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// The branch.
    pub branch: BranchCode,
    /// Number of Logs.
    pub count: i64,
}

/// The days of a known error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// By day and branch.
    pub days: Vec<DayCount>,
    /// There are more Logs than were counted: only the newest were.
    pub incomplete: bool,
}

/// Use of known errors, counted from the Logs.
#[async_trait]
pub trait UsageStore {
    /// Count and last seen of all known errors, by id.
    async fn list_known_error_counts(&self) -> Result<Vec<KnownErrorCount>>;
    /// The Logs of a known error by day and branch, from one moment up to before another; of some branches or (`None`) of all; at most
    /// `limit` Logs, the newest.
    async fn count_known_error_days(
        &self,
        id: &KnownErrorId,
        branches: Option<&[BranchCode]>,
        from: DateTime,
        to: DateTime,
        limit: usize,
    ) -> Result<Usage>;
    /// Known errors whose latest version the stored Logs have not all been judged by.
    async fn list_pending_known_errors(&self) -> Result<Vec<KnownErrorId>>;
    /// Notes that the Logs have been judged by this version, if it still is the latest; this is no change of knowledge.
    async fn settle_known_error(&self, id: &KnownErrorId, version: i64) -> Result<()>;
}
