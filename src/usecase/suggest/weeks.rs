//! What became of drafts, week by week: taken as they were, edited, turned down, and what they cost.

use bson::DateTime;

use crate::{
    domain::{DAY_MS, SuggestionState},
    store::{self, SuggestionTally},
    usecase::Services,
};

/// Days of a week.
const WEEK: i64 = 7;
/// The first of January 1970 was a Thursday: weeks begin three days before.
const MONDAY: i64 = 3;

/// What became of drafts in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Week {
    /// Its Monday, in days since 1970.
    pub day: i64,
    /// Drafts that were taken as they were.
    pub taken: i64,
    /// Drafts that were taken and changed.
    pub edited: i64,
    /// Drafts that were turned down.
    pub rejected: i64,
    /// Drafts that nobody decided about yet.
    pub waiting: i64,
    /// Asked for without success.
    pub failed: i64,
    /// Asked for where the evidence did not suffice.
    pub insufficient: i64,
    /// Called off.
    pub cancelled: i64,
    /// Tokens written.
    pub reply_tokens: i64,
    /// Time that took.
    pub decode_ms: i64,
}

impl Week {
    /// Drafts that somebody decided about.
    pub fn decided(&self) -> i64 {
        self.taken + self.edited + self.rejected
    }

    /// Tokens a second; `None` where none were written.
    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.decode_ms > 0).then(|| self.reply_tokens as f64 * 1000.0 / self.decode_ms as f64)
    }
}

/// The last `n` weeks, the earliest first, with those in which nothing happened.
///
/// # Errors
/// When the store fails.
pub async fn weeks(services: &Services, n: i64, now: DateTime) -> store::Result<Vec<Week>> {
    let this = monday(now.timestamp_millis().div_euclid(DAY_MS));
    let first = this - WEEK * (n - 1).max(0);
    let tallies = services.store.tally_suggestions(DateTime::from_millis(first * DAY_MS)).await?;
    Ok(by_week(first, this, &tallies))
}

/// The Monday of a day's week.
fn monday(day: i64) -> i64 {
    day - (day + MONDAY).rem_euclid(WEEK)
}

fn by_week(first: i64, last: i64, tallies: &[SuggestionTally]) -> Vec<Week> {
    let n = usize::try_from((last - first) / WEEK + 1).unwrap_or_default();
    let mut weeks: Vec<Week> = (0..).map(|index| Week { day: first + WEEK * index, ..Week::default() }).take(n).collect();
    for tally in tallies {
        let index = usize::try_from((monday(tally.day) - first) / WEEK).ok();
        let Some(week) = index.and_then(|index| weeks.get_mut(index)).filter(|week| week.day <= tally.day) else { continue };
        let count = match tally.state {
            SuggestionState::Approved if tally.edited => &mut week.edited,
            SuggestionState::Approved => &mut week.taken,
            SuggestionState::Rejected => &mut week.rejected,
            SuggestionState::Failed => &mut week.failed,
            SuggestionState::Insufficient => &mut week.insufficient,
            SuggestionState::Cancelled => &mut week.cancelled,
            SuggestionState::Queued | SuggestionState::Drafting | SuggestionState::Done => &mut week.waiting,
        };
        *count += tally.n;
        week.reply_tokens += tally.reply_tokens;
        week.decode_ms += tally.decode_ms;
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        // 1970-01-01 was a Thursday, 1970-01-05 and 2026-11-16 were Mondays.
        for (day, expected) in [(0, -3), (3, -3), (4, 4), (10, 4), (11, 11), (20_773, 20_773), (20_779, 20_773), (20_780, 20_780)] {
            assert_eq!(monday(day), expected, "{day}");
        }
    }

    #[test]
    fn days_are_counted_in_their_weeks() {
        let tally = |day, state, edited, n| SuggestionTally { day, state, edited, n, reply_tokens: 100 * n, decode_ms: 1000 * n };
        let weeks = by_week(
            4,
            18,
            &[
                tally(3, SuggestionState::Approved, false, 90),
                tally(4, SuggestionState::Approved, false, 1),
                tally(10, SuggestionState::Approved, true, 2),
                tally(18, SuggestionState::Rejected, false, 3),
                tally(24, SuggestionState::Failed, false, 4),
                tally(25, SuggestionState::Failed, false, 90),
            ],
        );
        assert_eq!(weeks.iter().map(|week| week.day).collect::<Vec<_>>(), [4, 11, 18]);
        assert_eq!((weeks[0].taken, weeks[0].edited, weeks[0].decided()), (1, 2, 3));
        assert_eq!((weeks[1].decided(), weeks[1].tokens_per_second()), (0, None));
        assert_eq!((weeks[2].rejected, weeks[2].failed, weeks[2].tokens_per_second()), (3, 4, Some(100.0)));
    }
}
