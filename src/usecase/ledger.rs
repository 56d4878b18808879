//! What branches sent of late, day by day.

use bson::DateTime;

use crate::{
    domain::Ledger,
    store::{self, ScopedStore},
};

/// Days that are looked at.
const DAYS: i64 = 14;
/// Files and streams that are added up at most.
const MAX_FILES: usize = 50_000;

/// What the branches that are seen sent of late.
///
/// # Errors
/// When the store fails.
pub async fn of_late(reads: &ScopedStore, now: DateTime) -> store::Result<Ledger> {
    let since = Ledger::begin_of(Ledger::day_of(now) - DAYS + 1);
    let mut ledger = Ledger::default();
    reads.list_log_files_since(since, MAX_FILES).await?.iter().for_each(|file| ledger.add(file));
    Ok(ledger)
}
