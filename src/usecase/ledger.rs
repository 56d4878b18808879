//! What branches sent of late, day by day.

use bson::DateTime;

use super::Services;
use crate::{
    domain::{BranchCode, Ledger},
    store,
};

/// Days that are looked at.
const DAYS: i64 = 14;
/// Files and streams that are added up at most.
const MAX_FILES: usize = 50_000;

/// What these branches, or (`None`) all, sent of late.
///
/// # Errors
/// When the store fails.
pub async fn of_late(services: &Services, branches: Option<&[BranchCode]>, now: DateTime) -> store::Result<Ledger> {
    let since = Ledger::begin_of(Ledger::day_of(now) - DAYS + 1);
    let mut ledger = Ledger::default();
    services.store.list_log_files_since(branches, since, MAX_FILES).await?.iter().for_each(|file| ledger.add(file));
    Ok(ledger)
}
