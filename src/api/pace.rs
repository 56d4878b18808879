//! How long a client may take to send what it sends.

use std::time::{Duration, Instant};

/// A client that sends less in a second, on the whole, is given up.
const MIN_PACE: u64 = 4 << 10;

/// How long a client may take: never silent for longer than the patience, and more time with every byte, so that neither silence nor a
/// trickle holds a place for ever.
pub(crate) struct Pace {
    begin: Instant,
    patience: Duration,
    received: u64,
}

impl Pace {
    /// From now on.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { begin: Instant::now(), patience, received: 0 }
    }

    /// Takes note of bytes that came.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    /// Until when the next bytes have to come.
    pub(crate) fn deadline(&self, now: Instant) -> Instant {
        let on_the_whole = self.begin + self.patience + Duration::from_secs(self.received / MIN_PACE);
        on_the_whole.min(now + self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_a_trickle_end_and_a_steady_client_does_not() {
        let (begin, patience) = (Instant::now(), Duration::from_secs(30));
        let after = |seconds: u64, received: u64| {
            let now = begin + Duration::from_secs(seconds);
            Pace { begin, patience, received }.deadline(now) > now
        };
        assert!(after(29, 0) && !after(30, 0));
        assert!(!after(40, 600) && !after(3600, 3600));
        assert!(after(3600, 3600 * MIN_PACE));
        let now = begin + Duration::from_secs(5);
        assert_eq!(Pace { begin, patience, received: 1 << 30 }.deadline(now), now + patience);
    }
}
