//! How often a known error was seen: thirty days as bars, by branch, within what the person sees.

use std::collections::BTreeMap;

use bson::DateTime;

use crate::{
    domain::KnownError,
    store::{Result, ScopedStore},
};

/// Days shown.
const DAYS: i64 = 30;
/// Days of the shorter sum.
const WEEK: i64 = 7;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Logs counted at most, the newest; with more, the sums are lower bounds and say so.
const MOST: usize = 100_000;

/// A bar of the plot, in its own units: 10 wide, at most 40 high.
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) height: i64,
    pub(super) day: String,
    pub(super) count: i64,
}

/// What a page shows of a known error's use.
#[derive(Default)]
pub(super) struct Trend {
    pub(super) bars: Vec<Bar>,
    /// Logs of the days shown.
    pub(super) shown: i64,
    /// Logs of the last thirty days, and of the last seven.
    pub(super) month: i64,
    pub(super) week: i64,
    /// Branches, the most affected first.
    pub(super) branches: Vec<(String, i64)>,
    /// There are more Logs than were counted.
    pub(super) incomplete: bool,
    /// The last day shown, where that is not today: nothing was seen since.
    pub(super) until: Option<String>,
}

impl Trend {
    /// Counts the thirty days up to today, or up to the last time it was seen if that is longer ago.
    pub(super) async fn of(reads: &ScopedStore, entry: &KnownError, now: DateTime) -> Result<Self> {
        let today = now.timestamp_millis().div_euclid(DAY_MS);
        let seen = entry.last_seen.map_or(today, |seen| seen.timestamp_millis().div_euclid(DAY_MS));
        let last = if today - seen >= DAYS { seen } else { today };
        let first = last - DAYS + 1;
        let moment = |day: i64| DateTime::from_millis(day.saturating_mul(DAY_MS));
        let usage = reads.count_known_error_days(&entry.id, moment(first), moment(last + 1), MOST).await?;
        let mut days = vec![0; DAYS as usize];
        let mut branches: BTreeMap<String, i64> = BTreeMap::new();
        for day in &usage.days {
            if let Some(sum) = usize::try_from(day.day - first).ok().and_then(|place| days.get_mut(place)) {
                *sum += day.count;
            }
            *branches.entry(day.branch.to_string()).or_default() += day.count;
        }
        let highest = days.iter().copied().max().unwrap_or_default().max(1);
        let bar = |(place, count): (usize, &i64)| Bar {
            x: place * 10,
            height: (count * 40).div_euclid(highest).max(i64::from(*count > 0)),
            day: named(first + place as i64),
            count: *count,
        };
        let shown = days.iter().sum();
        let mut branches: Vec<_> = branches.into_iter().collect();
        branches.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(Self {
            bars: days.iter().enumerate().map(bar).collect(),
            shown,
            month: if last == today { shown } else { 0 },
            week: if last == today { days.iter().rev().take(WEEK as usize).sum() } else { 0 },
            branches,
            incomplete: usage.incomplete,
            until: (last != today).then(|| named(last)),
        })
    }
}

/// A day for people.
fn named(day: i64) -> String {
    match jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS)) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) => "—".to_owned(),
    }
}
