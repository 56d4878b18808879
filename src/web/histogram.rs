//! The chart over the Logs: how many matched when, by what came of them; a bar leads to its stretch of time.

use super::{
    chart::{Chart, Series, Shape, Slot},
    session::Frame,
    view::View,
};
use crate::{store::MomentsFound, usecase::histogram};

/// The chart; `None` where no Log with a date was found.
pub(super) fn chart(frame: &Frame, view: &View, found: &MomentsFound, bounds: (Option<i64>, Option<i64>)) -> Option<Chart> {
    let drawn = histogram::histogram(found, bounds)?;
    let (step, bars) = (drawn.step, &drawn.bars);
    // In the order of a bar's counts.
    let names = [("home.normal", "s-normal"), ("logs.halves", "s-half"), ("home.known", "s-known"), ("home.unknown", "s-unknown")];
    // Counts are far below the limit of exact conversion.
    let values = |row: usize| bars.iter().map(|bar| bar.get(row).copied().unwrap_or_default() as f64).collect();
    let series =
        names.into_iter().enumerate().map(|(row, (key, class))| Series { name: frame.t(key), class, values: values(row) }).collect();
    let slot = |bar: usize| {
        let from = drawn.begin_of(bar);
        Slot { label: label(from, step), link: Some(view.between(from, from.saturating_add(step)).address()) }
    };
    let n = frame.number(&i64::try_from(found.moments.len()).unwrap_or(i64::MAX));
    let about = if found.incomplete { "logs.chart.newest" } else { "logs.chart.all" };
    Some(Chart {
        id: "histogram",
        title: frame.t("logs.chart"),
        about: frame.say(about, &[("n", &n), ("from", &label(drawn.oldest, 1000))]),
        axis: frame.t("date"),
        slots: (0..bars.len()).map(slot).collect(),
        series,
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
    use crate::store::{Moment, Outcome};

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
