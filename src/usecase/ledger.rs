//! What branches sent of late, day by day.

use bson::DateTime;

use crate::{
    domain::{BranchCode, HOUR_MS, Ledger, LogFile},
    store::{self, ScopedStore},
};

/// Days that are looked at.
const DAYS: i64 = 14;

/// What the branches that are seen sent of late.
///
/// # Errors
/// When the store fails.
pub async fn of_late(reads: &ScopedStore, now: DateTime) -> store::Result<Ledger> {
    reads.sum_ledger(Ledger::begin_of(Ledger::day_of(now) - DAYS + 1)).await
}

/// A branch that sends nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// The branch.
    pub branch: BranchCode,
    /// When something of it arrived last; `None` where nothing ever did.
    pub last: Option<DateTime>,
}

/// Which of the branches that are seen sent nothing for so many hours, the longest silent first.
///
/// # Errors
/// When the store fails.
pub async fn silent(reads: &ScopedStore, hours: u32, now: DateTime) -> store::Result<Vec<Silent>> {
    // A stream bears the date of its day's beginning: what arrived lately may belong to one of a day before.
    let begin = Ledger::begin_of(Ledger::day_of(DateTime::from_millis(now.timestamp_millis() - i64::from(hours) * HOUR_MS)));
    let ledger = reads.sum_ledger(begin).await?;
    let mut silent = Vec::new();
    for branch in reads.list_branches().await?.into_iter().map(|branch| branch.code) {
        if ledger.is_silent(&branch, now, hours) {
            let latest = reads.only(&branch).list_log_files(1).await?;
            silent.push(Silent { last: latest.first().map(LogFile::arrived_at), branch });
        }
    }
    silent.sort_by_key(|silent| silent.last);
    Ok(silent)
}
