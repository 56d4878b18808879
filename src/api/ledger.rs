//! What a branch sent of late, day by day.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    branches,
    error::ApiError,
    guard::Caller,
    schema::{Moment, shape},
};
use crate::{
    domain::{BranchCode, Ledger, LedgerCounts},
    usecase::{Services, ledger},
};

shape! {
    /// What a branch sent during the last fortnight.
    LedgerShape {
        /// The branch.
        branch: BranchCode,
        /// When it sent something last.
        last_seen: Option<Moment>,
        /// Days on which it sent something, the latest first.
        days: Vec<LedgerDay>,
    }
    /// What a branch sent on a day.
    LedgerDay {
        /// Its beginning; days are those of UTC.
        day: Moment,
        /// Bytes received, as they came.
        bytes: i64,
        /// Records received: halves of exchanges, lines, objects.
        received: i64,
        /// Logs that they made or completed: one whose halves came apart is in it twice.
        parsed: i64,
        /// Logs that are whole: exchanges with both halves, and events, which have no other half.
        paired: i64,
        /// Logs that were there before and did not change.
        duplicate: i64,
        /// Pieces that went to quarantine.
        quarantined: i64,
        /// Errors that the knowledge base knew.
        known: i64,
        /// Errors that it did not know.
        unknown: i64,
        /// Messages that were lost where nothing is acknowledged.
        lost: i64,
    }
}

/// `GET /api/v1/branches/{code}/ledger`.
pub(super) async fn show(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<LedgerShape>, ApiError> {
    let branch = branches::find(&caller, &services, &code).await?.code;
    let ledger = ledger::of_late(&caller.reads(&services).only(&branch), DateTime::now()).await?;
    let day = |((_, day), counts): (&(BranchCode, i64), &LedgerCounts)| {
        let LedgerCounts { bytes, received, parsed, paired, duplicate, quarantined, known, unknown, lost } = *counts;
        let day = Moment(Ledger::begin_of(*day));
        LedgerDay { day, bytes, received, parsed, paired, duplicate, quarantined, known, unknown, lost }
    };
    let days = ledger.days.iter().rev().map(day).collect();
    Ok(Json(LedgerShape { last_seen: ledger.last_seen.get(&branch).copied().map(Moment), branch, days }))
}
