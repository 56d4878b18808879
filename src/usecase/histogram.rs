//! How many Logs were when, by what came of them: few bars of a round length, which hold every Log that has a date.

use crate::store::{MomentsFound, Outcome};

/// Most bars.
const MAX_BARS: i64 = 60;
/// Stretches of time that a bar may stand for, in seconds.
const STEPS: [i64; 15] = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000];
/// What came of Logs, in the order of a bar's counts.
pub const OUTCOMES: [Outcome; 4] = [Outcome::Normal, Outcome::Half, Outcome::Known, Outcome::Unknown];

/// Logs by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Where the first bar begins, in milliseconds since 1970.
    pub begin: i64,
    /// The length of each, in milliseconds.
    pub step: i64,
    /// Counts in the order of [`OUTCOMES`].
    pub bars: Vec<[i64; 4]>,
    /// The oldest Log that was counted.
    pub oldest: i64,
}

impl Histogram {
    /// Where a bar begins.
    pub fn begin_of(&self, bar: usize) -> i64 {
        self.begin.saturating_add(self.step.saturating_mul(i64::try_from(bar).unwrap_or(i64::MAX)))
    }
}

/// Where the bars stand, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    begin: i64,
    step: i64,
    n_bars: i64,
}

/// Bars for these moments, both included.
fn axis(first: i64, last: i64) -> Axis {
    let span = last.saturating_sub(first).max(0);
    let fitting = STEPS.iter().map(|step| step * 1000).find(|step| span / step < MAX_BARS);
    let step = fitting.unwrap_or_else(|| (span / MAX_BARS / 86_400_000 + 1).saturating_mul(86_400_000));
    let begin = first.div_euclid(step).saturating_mul(step);
    Axis { begin, step, n_bars: last.saturating_sub(begin).max(0) / step + 1 }
}

/// The histogram over a stretch of time, wide enough for every Log; `None` where none of them has a date.
pub fn histogram(found: &MomentsFound, bounds: (Option<i64>, Option<i64>)) -> Option<Histogram> {
    let dated = || found.moments.iter().filter_map(|moment| moment.date.map(|date| (date.timestamp_millis(), moment.outcome)));
    let (oldest, newest) = (dated().map(|(date, _)| date).min()?, dated().map(|(date, _)| date).max()?);
    // What was not counted is not drawn as nothing.
    let first = bounds.0.filter(|_| !found.incomplete).unwrap_or(oldest).min(oldest);
    let last = bounds.1.map_or(newest, |to| to.saturating_sub(1)).max(newest);
    let axis = axis(first, last);
    let mut bars = vec![[0_i64; 4]; usize::try_from(axis.n_bars).unwrap_or_default()];
    for (date, outcome) in dated() {
        let bar = usize::try_from(date.saturating_sub(axis.begin) / axis.step).unwrap_or_default();
        if let Some(kind) = OUTCOMES.iter().position(|known| *known == outcome)
            && let Some(count) = bars.get_mut(bar).and_then(|bar: &mut [i64; 4]| bar.get_mut(kind))
        {
            *count += 1;
        }
    }
    Some(Histogram { begin: axis.begin, step: axis.step, bars, oldest })
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::store::Moment;

    #[test]
    fn bars_are_round_few_and_hold_every_moment() {
        for (first, last) in [(0, 0), (5, 59_999), (-1, 1), (1_462_691_865_000, 1_462_778_265_000), (0, i64::MAX), (i64::MIN, i64::MAX)] {
            let axis = axis(first, last);
            assert!((1..=MAX_BARS + 1).contains(&axis.n_bars), "{first} {last}: {axis:?}");
            assert!(axis.begin <= first || axis.begin == i64::MIN, "{axis:?}");
        }
        assert_eq!(axis(1_462_691_865_000, 1_462_695_465_000).step, 300_000);
    }

    #[test]
    fn every_moment_is_in_a_bar() {
        let at = |millis, outcome| Moment { date: Some(DateTime::from_millis(millis)), outcome };
        let mut moments = vec![at(1_000, Outcome::Normal), at(61_000, Outcome::Known), at(61_500, Outcome::Known)];
        moments.push(Moment { date: None, outcome: Outcome::Half });
        let found = histogram(&MomentsFound { moments, incomplete: false }, (None, None)).unwrap();
        assert_eq!((found.begin, found.step, found.begin_of(12), found.oldest), (0, 5_000, 60_000, 1_000));
        assert_eq!((found.bars[0], found.bars[12]), ([1, 0, 0, 0], [0, 0, 2, 0]));
        assert_eq!(found.bars.iter().flatten().sum::<i64>(), 3);
        assert_eq!(histogram(&MomentsFound::default(), (Some(0), None)), None);
    }
}
