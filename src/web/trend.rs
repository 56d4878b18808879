//! The charts of the first page: what came of the newest Logs, how much of it is known, and where errors are.

use super::{
    chart::{Chart, Series, Shape, Slot},
    session::Frame,
};
use crate::{
    domain::{StatusCode, StatusError},
    usecase::overview::entropy,
};

/// Logs from which on a slot's entropy is told: one Log has none, whatever the system's state, and its 0 would read as the best.
const FEW: f64 = 10.0;

/// Statuses of the chart.
const STATUSES: usize = 8;

/// Entropy and share of the known errors, slot by slot of the chart of states (without error, halves, known, unknown).
pub(super) fn knowledge(frame: &Frame, states: &Chart) -> Chart {
    let value = |row: usize, slot: usize| states.series.get(row).and_then(|series| series.values.get(slot)).copied().unwrap_or_default();
    let slots = 0..states.slots.len();
    let entropies = slots.clone().map(|slot| {
        let counts = [value(0, slot) + value(1, slot), value(2, slot), value(3, slot)];
        if counts.iter().sum::<f64>() < FEW { f64::NAN } else { entropy(&counts).unwrap_or(f64::NAN) }
    });
    let shares = slots.map(|slot| value(2, slot) / (value(2, slot) + value(3, slot)));
    Chart {
        id: "knowledge",
        title: frame.t("home.knowledge"),
        about: frame.t("home.knowledge.about"),
        axis: states.axis.clone(),
        slots: states.slots.clone(),
        series: vec![
            Series { name: frame.t("home.entropy"), class: "s-plain", values: entropies.collect() },
            Series { name: frame.t("home.known_share"), class: "s-known", values: shares.collect() },
        ],
        shape: Shape::Lines,
        decimals: 2,
    }
}

/// Errors by branch: code, known, unknown.
pub(super) fn branches(frame: &Frame, counts: &[(String, i64, i64)]) -> Chart {
    let slot = |(code, ..): &(String, i64, i64)| Slot {
        label: code.clone(),
        link: Some(super::logs::address(&format!("branch = \"{code}\" and error exists"))),
    };
    let series = |key: &str, class, values: Vec<f64>| Series { name: frame.t(key), class, values };
    Chart {
        id: "by-branch",
        title: frame.t("home.by_branch"),
        about: String::new(),
        axis: frame.t("branch"),
        slots: counts.iter().map(slot).collect(),
        series: vec![
            series("home.known", "s-known", counts.iter().map(|(_, known, _)| *known as f64).collect()),
            series("home.unknown", "s-unknown", counts.iter().map(|(.., unknown)| *unknown as f64).collect()),
        ],
        shape: Shape::Stacked,
        decimals: 0,
    }
}

/// Known errors by status, the most frequent first.
pub(super) fn statuses(frame: &Frame, counts: &[(Option<StatusCode>, i64)], statuses: &[StatusError]) -> Chart {
    let mut counts: Vec<(StatusCode, i64)> = counts.iter().filter_map(|(code, n)| Some(((*code)?, *n))).collect();
    counts.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
    counts.truncate(STATUSES);
    let title = |code: &StatusCode| {
        let status = statuses.iter().find(|status| status.code == *code);
        status.map_or_else(|| code.to_string(), |status| format!("{code} {}", frame.either(&status.title, &status.title_uk)))
    };
    Chart {
        id: "by-status",
        title: frame.t("home.by_status"),
        about: String::new(),
        axis: frame.t("status"),
        slots: counts.iter().map(|(code, _)| Slot { label: title(code), link: None }).collect(),
        series: vec![Series { name: frame.t("home.known"), class: "s-known", values: counts.iter().map(|(_, n)| *n as f64).collect() }],
        shape: Shape::Stacked,
        decimals: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_and_share_follow_the_states() {
        let series = |values: [f64; 3]| Series { name: String::new(), class: "s-known", values: values.to_vec() };
        let states = Chart {
            id: "states",
            title: String::new(),
            about: String::new(),
            axis: String::new(),
            slots: vec![Slot { label: String::new(), link: None }; 3],
            series: vec![series([10.0, 40.0, 2.0]), series([10.0, 0.0, 0.0]), series([10.0, 0.0, 0.0]), series([10.0, 0.0, 0.0])],
            shape: Shape::Stacked,
            decimals: 0,
        };
        let trend = knowledge(&Frame::default(), &states);
        assert_eq!(trend.series[0].values[..2], [1.5, 0.0]);
        assert!(trend.series[0].values[2].is_nan(), "two Logs say nothing");
        assert_eq!(trend.series[1].values[0], 0.5);
        assert!(trend.series[1].values[1].is_nan());
    }
}
