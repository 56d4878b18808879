//! The chart over the Logs: how many matched when, by what came of them; a bar leads to its stretch of time.

use super::{
    chart::{Chart, Series, Shape, Slot},
    session::Frame,
    view::View,
};
use crate::store::{MomentsFound, Outcome};

/// Most bars.
const MAX_SLOTS: i64 = 60;
/// Stretches of time that a bar may stand for, in seconds.
const STEPS: [i64; 15] = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000];

/// Where the bars stand: the first moment and the length of each, in milliseconds, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    begin: i64,
    step: i64,
    n_slots: i64,
}

/// Bars for these moments, both included.
fn axis(first: i64, last: i64) -> Axis {
    let span = last.saturating_sub(first).max(0);
    let fitting = STEPS.iter().map(|step| step * 1000).find(|step| span / step < MAX_SLOTS);
    let step = fitting.unwrap_or_else(|| (span / MAX_SLOTS / 86_400_000 + 1).saturating_mul(86_400_000));
    let begin = first.div_euclid(step).saturating_mul(step);
    Axis { begin, step, n_slots: last.saturating_sub(begin).max(0) / step + 1 }
}

/// The chart; `None` where no Log with a date was found.
pub(super) fn chart(frame: &Frame, view: &View, found: &MomentsFound, bounds: (Option<i64>, Option<i64>)) -> Option<Chart> {
    let dated = || found.moments.iter().filter_map(|moment| moment.date.map(|date| (date.timestamp_millis(), moment.outcome)));
    let (oldest, newest) = (dated().map(|(date, _)| date).min()?, dated().map(|(date, _)| date).max()?);
    // What was not counted is not drawn as nothing.
    let first = bounds.0.filter(|_| !found.incomplete).unwrap_or(oldest).min(oldest);
    let last = bounds.1.map_or(newest, |to| to.saturating_sub(1)).max(newest);
    let axis = axis(first, last);
    let names = [
        (Outcome::Normal, "home.normal", "s-normal"),
        (Outcome::Half, "logs.halves", "s-half"),
        (Outcome::Known, "home.known", "s-known"),
        (Outcome::Unknown, "home.unknown", "s-unknown"),
    ];
    let n_slots = usize::try_from(axis.n_slots).unwrap_or_default();
    let mut series = names.map(|(_, key, class)| Series { name: frame.t(key), class, values: vec![0.0; n_slots] });
    for (date, outcome) in dated() {
        let slot = usize::try_from(date.saturating_sub(axis.begin) / axis.step).unwrap_or_default();
        let row = names.iter().position(|(known, ..)| *known == outcome).and_then(|row| series.get_mut(row));
        if let Some(value) = row.and_then(|row| row.values.get_mut(slot)) {
            *value += 1.0;
        }
    }
    let slot = |index: i64| {
        let from = axis.begin.saturating_add(axis.step.saturating_mul(index));
        Slot { label: label(from, axis.step), link: Some(view.between(from, from.saturating_add(axis.step)).address()) }
    };
    let n = frame.number(&i64::try_from(found.moments.len()).unwrap_or(i64::MAX));
    let about = if found.incomplete { "logs.chart.newest" } else { "logs.chart.all" };
    Some(Chart {
        id: "histogram",
        title: frame.t("logs.chart"),
        about: frame.say(about, &[("n", &n), ("from", &label(oldest, 1000))]),
        axis: frame.t("date"),
        slots: (0..axis.n_slots).map(slot).collect(),
        series: series.to_vec(),
        shape: Shape::Stacked,
        decimals: 0,
    })
}

/// A moment, as exactly as the bars are wide.
fn label(millis: i64, step: i64) -> String {
    let format = match step {
        86_400_000.. => "%Y-%m-%d",
        60_000.. => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    jiff::Timestamp::from_millisecond(millis).map(|moment| moment.strftime(format).to_string()).unwrap_or_else(|_| "—".to_owned())
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
            assert!((1..=MAX_SLOTS + 1).contains(&axis.n_slots), "{first} {last}: {axis:?}");
            assert!(axis.begin <= first || axis.begin == i64::MIN, "{axis:?}");
        }
        assert_eq!(axis(1_462_691_865_000, 1_462_695_465_000).step, 300_000);
    }

    #[test]
    fn every_moment_is_in_a_bar_that_leads_to_it() {
        let at = |millis, outcome| Moment { date: Some(DateTime::from_millis(millis)), outcome };
        let moments = vec![
            at(1_000, Outcome::Normal),
            at(61_000, Outcome::Known),
            at(61_500, Outcome::Known),
            Moment { date: None, outcome: Outcome::Half },
        ];
        let found = MomentsFound { moments, incomplete: false };
        let chart = chart(&Frame::default(), &View::default(), &found, (None, None)).unwrap();
        let sums: Vec<f64> = chart.series.iter().map(|series| series.values.iter().sum()).collect();
        assert_eq!(sums, [1.0, 0.0, 2.0, 0.0]);
        assert_eq!(chart.slots[0].link.as_deref(), Some("/logs?filter=&from=1970-01-01T00%3A00%3A00Z&to=1970-01-01T00%3A00%3A05Z"));
    }

    #[test]
    fn what_was_not_counted_is_not_drawn() {
        let moments = vec![Moment { date: Some(DateTime::from_millis(100_000)), outcome: Outcome::Normal }];
        for (incomplete, n_slots) in [(true, 1), (false, 21)] {
            let found = MomentsFound { moments: moments.clone(), incomplete };
            let chart = chart(&Frame::default(), &View::default(), &found, (Some(0), None)).unwrap();
            assert_eq!(chart.slots.len(), n_slots);
        }
    }
}
