//! The ledger: what each branch sent on each day, and what became of it. The store sums up the records of files and streams, each of
//! which is written with what it brought, so that nothing is counted twice.

use std::collections::BTreeMap;

use bson::DateTime;
use serde::Serialize;

use super::{BranchCode, FirstBrought, LogFile};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// A branch on a day (UTC, of arrival).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LedgerCounts {
    /// Bytes received, as they came.
    pub bytes: i64,
    /// Records received: halves of exchanges, lines, objects.
    pub received: i64,
    /// Logs that they made or completed: one whose halves came apart is in it twice.
    pub parsed: i64,
    /// Logs that are whole: both halves of an exchange came together, or one completed a Log that waited for it; and events, which have
    /// no other half.
    pub paired: i64,
    /// Logs that were there before and did not change.
    pub duplicate: i64,
    /// Pieces that went to quarantine.
    pub quarantined: i64,
    /// Errors of Logs that were not there before, or were completed, that the knowledge base knew.
    pub known: i64,
    /// Those that it did not know.
    pub unknown: i64,
    /// Messages that were lost where nothing is acknowledged.
    pub lost: i64,
}

impl LedgerCounts {
    /// What one file or stream brought.
    pub fn of(file: &LogFile) -> Self {
        let (counts, outcome) = (&file.counts, &file.outcome);
        let FirstBrought { complete, errors_known, errors_unknown } = outcome.first.unwrap_or(FirstBrought {
            complete: counts.complete,
            errors_known: outcome.errors_known,
            errors_unknown: outcome.errors_unknown,
        });
        Self {
            bytes: file.size_bytes,
            received: counts.records,
            parsed: counts.logs,
            paired: complete + outcome.completed_logs,
            duplicate: (outcome.joined_logs - outcome.completed_logs).max(0),
            quarantined: outcome.quarantined,
            known: errors_known,
            unknown: errors_unknown,
            lost: outcome.lost,
        }
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.received += other.received;
        self.parsed += other.parsed;
        self.paired += other.paired;
        self.duplicate += other.duplicate;
        self.quarantined += other.quarantined;
        self.known += other.known;
        self.unknown += other.unknown;
        self.lost += other.lost;
    }
}

/// The days of a branch that sent something, and when it sent last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// By branch and day (days since 1970).
    pub days: BTreeMap<(BranchCode, i64), LedgerCounts>,
    /// When something of the branch arrived last.
    pub last_seen: BTreeMap<BranchCode, DateTime>,
}

impl Ledger {
    /// Takes into account what a branch brought on a day, and when something of it arrived last.
    pub fn add(&mut self, branch: BranchCode, day: i64, at: DateTime, counts: &LedgerCounts) {
        let last = self.last_seen.entry(branch.clone()).or_insert(at);
        *last = (*last).max(at);
        self.days.entry((branch, day)).or_default().add(counts);
    }

    /// Whether nothing of a branch arrived for so many hours.
    pub fn is_silent(&self, branch: &BranchCode, now: DateTime, hours: u32) -> bool {
        let age_ms = |last: &DateTime| now.timestamp_millis().saturating_sub(last.timestamp_millis());
        self.last_seen.get(branch).is_none_or(|last| age_ms(last) > i64::from(hours) * HOUR_MS)
    }

    /// The day that a moment is in, as days since 1970.
    pub fn day_of(moment: DateTime) -> i64 {
        moment.timestamp_millis().div_euclid(DAY_MS)
    }

    /// The first moment of a day.
    pub fn begin_of(day: i64) -> DateTime {
        DateTime::from_millis(day.saturating_mul(DAY_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_is_whoever_sent_nothing_for_so_many_hours() {
        let (own, other): (BranchCode, BranchCode) = ("K1".parse().unwrap(), "K2".parse().unwrap());
        let at = |hour: i64| DateTime::from_millis(hour * HOUR_MS);
        let ledger = Ledger { last_seen: BTreeMap::from([(own.clone(), at(10))]), ..Ledger::default() };
        for (branch, now, hours, expected) in [(&own, 34, 24, false), (&own, 35, 24, true), (&own, 5, 24, false), (&other, 11, 24, true)] {
            assert_eq!(ledger.is_silent(branch, at(now), hours), expected, "{branch} at {now}");
        }
    }
}
