//! When a digest is due, and how long to wait after a failed attempt.

use std::time::Duration;

use bson::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use crate::domain::{HOUR_MS, Often};

/// After the first failure.
const FIRST: Duration = Duration::from_secs(30);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(3600);

/// Whether a digest is due when the last one was made then: when the period has changed since. Days begin at `hour` of the branch's own
/// day, those of a zone that nobody knows in UTC.
pub fn is_due(often: Often, last: DateTime, now: DateTime, zone: &str, hour: i8) -> bool {
    let period = |at: DateTime| match often {
        Often::AtOnce => 0,
        Often::Hourly => at.timestamp_millis().div_euclid(HOUR_MS),
        Often::Daily => day(at, zone, hour),
    };
    often == Often::AtOnce || period(last) < period(now)
}

/// The day that a moment belongs to.
fn day(at: DateTime, zone: &str, hour: i8) -> i64 {
    let ms = at.timestamp_millis();
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let offset_ms = i64::from(zone.to_offset(moment).seconds()) * 1000;
    ms.saturating_add(offset_ms).saturating_sub(i64::from(hour) * HOUR_MS).div_euclid(24 * HOUR_MS)
}

/// The wait after so many attempts: twice as long each time, between half and the whole of it by `random`, so that what failed together
/// does not come back together.
pub fn pause(attempts: i64, random: u64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let share = (random % 1001) as u32;
    whole / 2 + whole / 2 * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_change_on_the_hour_and_in_the_branchs_morning() {
        let at = |text: &str| DateTime::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond());
        for (often, zone, before, after, changes) in [
            (Often::AtOnce, "UTC", "2026-05-08T07:00:00Z", "2026-05-08T07:00:00Z", true),
            (Often::Hourly, "UTC", "2026-05-08T07:00:00Z", "2026-05-08T07:59:59Z", false),
            (Often::Hourly, "UTC", "2026-05-08T07:59:59Z", "2026-05-08T08:00:00Z", true),
            // Eight in the morning of Kyiv is five in UTC in summer, and six in winter.
            (Often::Daily, "Europe/Kyiv", "2026-05-08T04:59:59Z", "2026-05-08T05:00:00Z", true),
            (Often::Daily, "Europe/Kyiv", "2026-05-08T05:00:00Z", "2026-05-09T04:59:59Z", false),
            (Often::Daily, "Europe/Kyiv", "2026-12-08T05:59:59Z", "2026-12-08T06:00:00Z", true),
            (Often::Daily, "No/Where", "2026-05-08T07:59:59Z", "2026-05-08T08:00:00Z", true),
        ] {
            assert_eq!(is_due(often, at(before), at(after), zone, 8), changes, "{often:?} {zone} {before}");
        }
        assert!(is_due(Often::Daily, DateTime::from_millis(i64::MIN), DateTime::from_millis(i64::MAX), "UTC", 23));
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let longest: Vec<u64> = (1..=9).map(|n| pause(n, 1000).as_secs()).collect();
        assert_eq!(longest, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(pause(1, 0), Duration::from_secs(15));
        assert_eq!(pause(i64::MAX, 1000), LONGEST);
        assert_eq!(pause(i64::MIN, 1000), FIRST);
    }
}
