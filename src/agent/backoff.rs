//! How long to wait before the next try: twice as long after each failure, with jitter so that a thousand branches do not come back at
//! the same moment.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// Longest wait that is our own choice.
const LONGEST: Duration = Duration::from_secs(300);
/// Longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// After the first refusal that only a person can end.
const SLOW_FIRST: Duration = Duration::from_secs(30);

/// Failures since the last success.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait after a failure that may pass by itself; `random` is any number.
    pub(super) fn failed(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let wait = self.next(FIRST, random);
        asked.map_or(wait, |asked| asked.min(LONGEST_ASKED).max(wait))
    }

    /// The next wait after a refusal that only a person can end.
    pub(super) fn refused(&mut self, random: u64) -> Duration {
        self.next(SLOW_FIRST, random)
    }

    /// Whether it failed so often that the cause may be what is tried.
    pub(super) fn is_stuck(&self) -> bool {
        self.failures > 3
    }

    /// Begins anew.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Between half and the whole of the doubled wait, and never less than the first.
    fn next(&mut self, first: Duration, random: u64) -> Duration {
        let whole = first.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        let share = (random % 1001) as u32;
        (half + half * share / 1000).max(FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_second_to_five_minutes_and_begin_anew_after_success() {
        let mut backoff = Backoff::default();
        let longest: Vec<u64> = (0..12).map(|_| backoff.failed(None, 1000).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(backoff.failed(None, 0), Duration::from_secs(150));
        backoff.succeeded();
        assert_eq!(backoff.failed(None, 0), Duration::from_secs(1));
    }

    #[test]
    fn a_server_may_ask_for_more_patience_and_not_for_less() {
        for (asked, expected) in [(0, 1), (7, 7), (100_000, 3600)] {
            let wait = Backoff::default().failed(Some(Duration::from_secs(asked)), 1000);
            assert_eq!(wait, Duration::from_secs(expected));
        }
    }

    #[test]
    fn refusals_are_tried_again_slowly() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..5).map(|_| backoff.refused(1000).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 300]);
    }
}
