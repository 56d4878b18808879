//! Triage: who deals with a group of unknown errors, until when one is set aside, and when it came how often.
//!
//! Whether a group that was set aside comes back is judged by the dates and counts of its Logs alone, never by the clock: a file that
//! arrives late changes nothing that happened before.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{GroupId, GroupState, LogError};

/// How a group is dealt with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Triage {
    /// Who deals with it.
    pub assignee: Option<String>,
    /// Since when and until when it is set aside.
    pub ignored: Option<Ignored>,
    /// It was set aside and came back: somebody has to look again.
    pub review: bool,
    /// The group that has its messages now.
    pub merged_into: Option<GroupId>,
}

/// A group is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Until when.
    pub until: Until,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: DateTime,
    /// How many Logs it had.
    pub count: i64,
    /// The date of its latest Log.
    pub seen: Option<DateTime>,
}

/// When a group that is set aside comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Never.
    Always,
    /// After this many further Logs.
    More(i64),
    /// With a Log of this moment or later.
    Date(DateTime),
    /// When a later hour brings more Logs than this.
    Rate(i64),
}

impl Until {
    /// The largest number of Logs that it takes.
    pub const MOST: i64 = 1_000_000_000;
}

impl Ignored {
    /// Whether it comes back, by what its Logs are now.
    pub fn is_over(&self, group: &LogError, times: &Times) -> bool {
        let later = |hour: &Moment| self.seen.is_none_or(|seen| hour.at.timestamp_millis() > seen.timestamp_millis() - HOUR_MS);
        match self.until {
            Until::Always => false,
            Until::More(n) => group.count - self.count >= n,
            Until::Date(date) => group.last_seen.is_some_and(|seen| seen >= date),
            Until::Rate(n) => times.hours.iter().any(|hour| hour.count > n && later(hour)),
        }
    }
}

/// What analysts may change of a group together, to be put back as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Unknown or ignored.
    pub state: GroupState,
    /// How it is dealt with.
    pub triage: Triage,
}

impl LogError {
    /// Where the group stands.
    pub fn standing(&self) -> Standing {
        Standing { state: self.state, triage: self.triage.clone() }
    }
}

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// How often a group came when; recounted from the Logs, never added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The latest [`Times::MAX_DAYS`] days (in UTC) on which it came, the earliest first.
    pub days: Vec<Moment>,
    /// The hours in which it came during the [`Times::HOURS_OF_DAYS`] days before its latest Log, the earliest first.
    pub hours: Vec<Moment>,
}

impl Times {
    /// Days that are kept.
    pub const MAX_DAYS: i64 = 800;
    /// Hours are kept for so many days.
    pub const HOURS_OF_DAYS: i64 = 14;

    /// The largest number of Logs in an hour.
    pub fn busiest_hour(&self) -> i64 {
        self.hours.iter().map(|hour| hour.count).max().unwrap_or_default()
    }
}

/// How many Logs an hour or a day brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its beginning.
    pub at: DateTime,
    /// Number of Logs.
    pub count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{GroupId, LogFileId, LogId};

    fn at(hour: i64) -> DateTime {
        DateTime::from_millis(hour * HOUR_MS)
    }

    fn group(count: i64, last_hour: i64) -> LogError {
        let first = (LogFileId::from_content(&[b"f"]), LogId::from_content(&[b"l"]));
        LogError {
            state: GroupState::Ignored,
            count,
            first_seen: Some(at(0)),
            last_seen: Some(at(last_hour)),
            ..LogError::begun(GroupId::from_content(&[b"g"]), String::new(), String::new(), String::new(), first)
        }
    }

    #[test]
    fn a_group_comes_back_by_what_its_logs_say() {
        let times = |hours: &[(i64, i64)]| Times {
            hours: hours.iter().map(|(hour, count)| Moment { at: at(*hour), count: *count }).collect(),
            ..Times::default()
        };
        // Set aside at 10 Logs, the latest of hour 5.
        for (until, count, last, hours, expected) in [
            (Until::Always, 1_000_000, 99, vec![(99, 1_000_000)], false),
            (Until::More(5), 14, 9, vec![], false),
            (Until::More(5), 15, 9, vec![], true),
            (Until::Date(at(8)), 100, 7, vec![], false),
            (Until::Date(at(8)), 11, 8, vec![], true),
            (Until::Rate(20), 100, 9, vec![(9, 20)], false),
            (Until::Rate(20), 100, 9, vec![(9, 21)], true),
            // A burst before that was known of late is no rise.
            (Until::Rate(20), 100, 5, vec![(3, 50), (5, 2)], false),
        ] {
            let ignored = Ignored { until, by: "a".to_owned(), at: at(6), count: 10, seen: Some(at(5)) };
            assert_eq!(ignored.is_over(&group(count, last), &times(&hours)), expected, "{until:?} {count} {last}");
        }
    }
}
