//! The chart of a group's occurrences: kept days and hours in, at most sixty slots out, each of which leads to its Logs.

use bson::DateTime;

use super::{
    chart::{Chart, Series, Shape, Slot},
    logs,
    session::Frame,
};
use crate::domain::{DAY_MS, GroupId, HOUR_MS, Moment, Times};

/// Slots at most.
const SLOTS: i64 = 60;

/// Draws when the group came how often. Hours where all of it lies in the days for which they are kept, days otherwise.
pub(super) fn chart(frame: &Frame, group: GroupId, times: &Times) -> Chart {
    let in_hours: i64 = times.hours.iter().map(|hour| hour.count).sum();
    let in_days: i64 = times.days.iter().map(|day| day.count).sum();
    let (moments, unit) = if in_hours == in_days { (&times.hours, HOUR_MS) } else { (&times.days, DAY_MS) };
    let bins = bins(moments, unit);
    let length = bins.length;
    let label = |from: i64| {
        let text = frame.moment(&DateTime::from_millis(from));
        text.get(..if length < DAY_MS { 16 } else { 10 }).unwrap_or(&text).to_owned()
    };
    let link = |from: i64| {
        let date = |millis: i64| frame.moment(&DateTime::from_millis(millis)).replace(' ', "T");
        logs::address(&format!("verdict.group_id = \"{group}\" and date >= {}Z and date < {}Z", date(from), date(from + length)))
    };
    let slot = |from: i64| Slot { label: label(from), link: Some(link(from)) };
    let slots = (0..bins.counts.len()).filter_map(|n| i64::try_from(n).ok()).map(|n| slot(bins.from + n * length)).collect();
    let values = bins.counts.iter().map(|count| *count as f64).collect();
    let n_units = frame.number(&(length / unit));
    let unit = if unit == HOUR_MS { "times.hours" } else { "times.days" };
    Chart {
        id: "times",
        title: frame.t("times.title"),
        about: frame.say(unit, &[("n", &n_units)]),
        axis: frame.t("date"),
        slots,
        series: vec![Series { name: frame.t("times.series"), class: "s-unknown", values }],
        shape: Shape::Stacked,
        decimals: 0,
    }
}

struct Bins {
    from: i64,
    length: i64,
    counts: Vec<i64>,
}

/// Adds moments up into slots of equal length, as many units each as are needed to have few.
fn bins(moments: &[Moment], unit: i64) -> Bins {
    let at = |moment: &Moment| moment.at.timestamp_millis();
    let (Some(first), Some(last)) = (moments.first().map(at), moments.last().map(at)) else {
        return Bins { from: 0, length: unit, counts: Vec::new() };
    };
    let n_units = last.saturating_sub(first) / unit + 1;
    let length = (n_units + SLOTS - 1) / SLOTS * unit;
    let n_slots = last.saturating_sub(first) / length + 1;
    let mut counts = vec![0; usize::try_from(n_slots).unwrap_or_default()];
    for moment in moments {
        let slot = usize::try_from(at(moment).saturating_sub(first) / length).unwrap_or_default();
        if let Some(count) = counts.get_mut(slot) {
            *count += moment.count;
        }
    }
    Bins { from: first, length, counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_few_slots_whatever_the_span_and_nothing_is_lost() {
        for (hours, expected) in
            [(vec![0], 1), (vec![0, 1, 5], 6), (vec![0, 59], 60), (vec![0, 60], 31), (vec![3, 9_000_000, 9_000_001], 60)]
        {
            let moments: Vec<Moment> = hours.iter().map(|hour| Moment { at: DateTime::from_millis(hour * HOUR_MS), count: 2 }).collect();
            let bins = bins(&moments, HOUR_MS);
            assert_eq!((bins.counts.len(), bins.counts.iter().sum::<i64>()), (expected, 2 * hours.len() as i64), "{hours:?}");
        }
        assert!(bins(&[], DAY_MS).counts.is_empty());
    }
}
