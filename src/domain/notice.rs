//! Notice: a branch had an error for the first time, or suddenly far more of it. Each is noted once, under a number that grows, whatever
//! the number of occurrences; whoever is subscribed is told what comes after the number they reached.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, GroupId, KnownErrorId};

/// What a branch had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A known error.
    Known(KnownErrorId),
    /// A group of errors that nobody knows.
    Group(GroupId),
}

impl Subject {
    /// The subject as one text, by which notices are looked for.
    pub fn key(&self) -> String {
        match self {
            Self::Known(id) => format!("known {id}"),
            Self::Group(id) => format!("group {id}"),
        }
    }
}

/// A branch had something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Branch, subject, and how often it was noted before.
    #[serde(rename = "_id")]
    pub id: String,
    /// The branch.
    pub branch: BranchCode,
    /// What it had.
    pub subject: Subject,
    /// The subject's key.
    pub key: String,
    /// 0 for the first time; above, how often it became far more frequent.
    pub nth: i64,
    /// How often it came during the hour before, where it became more frequent.
    pub per_hour: i64,
    /// When it was noticed.
    pub at: DateTime,
    /// Its place among the branch's notices, from 1 on.
    pub seq: i64,
}

impl Notice {
    /// A notice that has no place yet.
    pub fn new(branch: &BranchCode, subject: Subject, nth: i64, per_hour: i64, at: DateTime) -> Self {
        let key = subject.key();
        Self { id: format!("{branch} {key} {nth}"), branch: branch.clone(), subject, key, nth, per_hour, at, seq: 0 }
    }

    /// What follows when the subject came so often during the last hour: a notice if that is a rise.
    ///
    /// A rise is ten times what was told last, and no less than [`Self::LEAST_RISE`]. What was told fades by half a day, so that a flood
    /// of last month hides no new one.
    pub fn risen(&self, per_hour: i64, now: DateTime) -> Option<Self> {
        let days = (now.timestamp_millis() - self.at.timestamp_millis()).max(0) / super::DAY_MS;
        let faded = self.per_hour.checked_shr(u32::try_from(days).unwrap_or(u32::MAX)).unwrap_or_default();
        let bar = faded.max(1).saturating_mul(10).max(Self::LEAST_RISE);
        (per_hour >= bar).then(|| Self::new(&self.branch, self.subject.clone(), self.nth + 1, per_hour, now))
    }

    /// Logs an hour below which nothing is a rise.
    pub const LEAST_RISE: i64 = 10;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DAY_MS;

    #[test]
    fn a_rise_is_ten_times_what_was_told_and_fades() {
        let branch = "K01".parse().unwrap();
        let at = |days: i64| DateTime::from_millis(days * DAY_MS);
        for (told, per_hour, days, expected) in [
            (0, 9, 0, false),
            (0, 10, 0, true),
            (1, 10, 0, true),
            (2, 19, 0, false),
            (2, 20, 0, true),
            (1000, 9999, 0, false),
            (1000, 10_000, 0, true),
            (1000, 5000, 1, true),
            (1000, 10, 100, true),
            (i64::MAX, i64::MAX, 0, true),
        ] {
            let notice = Notice::new(&branch, Subject::Known(KnownErrorId("a".into())), 3, told, at(0));
            let risen = notice.risen(per_hour, at(days));
            assert_eq!(
                risen.as_ref().map(|risen| (risen.nth, risen.per_hour)),
                expected.then_some((4, per_hour)),
                "{told} {per_hour} {days}"
            );
        }
    }
}
