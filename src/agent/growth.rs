//! Since when there is text in a file that was not read: of a file that is written to all the time only its last record waits, and not
//! since it was begun.

use std::collections::VecDeque;

/// Moments remembered of a file.
const MARKS: usize = 64;

/// Up to where a file had grown when it was looked at, and when that was: of what was not read yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Growth(VecDeque<(u64, u64)>);

impl Growth {
    /// Takes note of a file of so many bytes that is read up to `offset`; `now` in seconds since 1970.
    pub(super) fn note(&mut self, size: u64, offset: u64, now: u64) {
        self.0.retain(|(grown, _)| *grown > offset);
        let known = self.0.back().map_or(offset, |(grown, _)| *grown);
        if size <= known {
            return;
        }
        let is_full = self.0.len() >= MARKS;
        match self.0.back_mut() {
            // What came later is said to wait as long as what came before it.
            Some(last) if is_full => last.0 = size,
            _ => self.0.push_back((size, now)),
        }
    }

    /// Since when the oldest text waits.
    pub(super) fn since(&self) -> Option<u64> {
        self.0.front().map(|(_, since)| *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_as_old_as_what_was_not_read() {
        let mut growth = Growth::default();
        for (size, offset, now, expected) in [
            (0, 0, 9, None),
            (10, 0, 10, Some(10)),
            (10, 0, 11, Some(10)),
            // The last record waits for the next one, all the time.
            (20, 9, 12, Some(10)),
            (20, 12, 13, Some(12)),
            (30, 19, 14, Some(12)),
            (40, 29, 15, Some(14)),
            (40, 40, 16, None),
            (50, 40, 17, Some(17)),
        ] {
            growth.note(size, offset, now);
            assert_eq!(growth.since(), expected, "{size} {offset} {now}");
        }
    }

    #[test]
    fn a_file_that_grows_for_long_and_is_not_read_takes_no_memory() {
        let mut growth = Growth::default();
        (1..1000).for_each(|second| growth.note(second * 10, 0, second));
        assert_eq!((growth.0.len(), growth.since()), (MARKS, Some(1)));
        // What came since is said to be older than it is, not younger.
        growth.note(10_000, 9000, 1000);
        assert_eq!(growth.since(), Some(MARKS as u64));
        growth.note(10_000, 10_000, 1001);
        assert_eq!(growth.since(), None);
    }
}
