//! How much drafts help: week by week, how many were taken as they were, edited or turned down, and what writing them took.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;

use super::{
    chart::{Chart, Series, Shape, Slot},
    error::{PageError, page},
    session::{Frame, Viewer},
    suggestion_panel,
};
use crate::{
    domain::{DAY_MS, Role, SuggestionState},
    suggest::ModelState,
    usecase::{
        Services,
        suggest::{self, Week},
    },
};

/// Weeks that are shown.
const WEEKS: i64 = 12;

#[derive(Template)]
#[template(path = "efficiency.html")]
struct Page {
    frame: Frame,
    chart: Chart,
    rows: Vec<Row>,
    /// Of the drafts that were decided about, how many were taken.
    accepted: String,
    /// What writes drafts, and how it is.
    model: String,
    queued: i64,
    drafting: i64,
    waiting: i64,
}

/// A week in words.
struct Row {
    week: String,
    counts: [i64; 6],
    share: String,
    speed: String,
}

/// `GET /efficiency`; programmers and analysts.
pub(super) async fn show(viewer: Viewer, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    viewer.require(Role::ProgrammerDeveloper)?;
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let weeks = suggest::weeks(&services, WEEKS, DateTime::now()).await.map_err(failed)?;
    let counts = services.store.count_suggestions().await.map_err(failed)?;
    let n = |state| counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, n)| *n);
    let sum = |part: fn(&Week) -> i64| weeks.iter().map(part).sum::<i64>();
    let template = Page {
        chart: chart(&viewer.frame, &weeks),
        accepted: share(sum(|week| week.taken + week.edited), sum(Week::decided)),
        model: model(&viewer.frame, &services),
        queued: n(SuggestionState::Queued),
        drafting: n(SuggestionState::Drafting),
        waiting: n(SuggestionState::Done),
        rows: weeks.iter().rev().filter(|week| has_drafts(week)).map(row).collect(),
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

fn model(frame: &Frame, services: &Services) -> String {
    if let Some(no_model) = suggestion_panel::no_model(services, frame) {
        return no_model.told;
    }
    let name = services.drafts.backend().map(|backend| backend.name()).unwrap_or_default();
    let written = format!("{} {}", frame.t("efficiency.model"), suggestion_panel::writer(frame, &name));
    match services.drafts.state() {
        Some(ModelState::Loading) => format!("{written} · {}", frame.t("suggest.loading")),
        _ => written,
    }
}

/// A part in per cent; a dash where there is no whole.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 { "—".to_owned() } else { format!("{:.0} %", part as f64 * 100.0 / whole as f64) }
}

fn day(day: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS));
    moment.map_or_else(|_| String::new(), |moment| moment.strftime("%Y-%m-%d").to_string())
}

/// Whether a draft was asked for in it: rows of nothing push down those that say something.
fn has_drafts(week: &Week) -> bool {
    week.decided() + week.waiting + week.insufficient + week.failed + week.cancelled > 0
}

fn row(week: &Week) -> Row {
    Row {
        week: day(week.day),
        counts: [week.taken, week.edited, week.rejected, week.waiting, week.insufficient, week.failed + week.cancelled],
        share: share(week.taken + week.edited, week.decided()),
        speed: week.tokens_per_second().map_or_else(|| "—".to_owned(), |speed| format!("{speed:.1}")),
    }
}

fn chart(frame: &Frame, weeks: &[Week]) -> Chart {
    // Counts are far below the limit of exact conversion.
    let values = |part: fn(&Week) -> i64| weeks.iter().map(|week| part(week) as f64).collect();
    let series = |key: &str, class, part| Series { name: frame.t(key), class, values: values(part) };
    Chart {
        id: "drafts",
        title: frame.t("efficiency.chart"),
        about: frame.t("efficiency.chart.about"),
        axis: frame.t("efficiency.week"),
        slots: weeks.iter().map(|week| Slot { label: day(week.day), link: None }).collect(),
        series: vec![
            series("efficiency.taken", "s-normal", |week| week.taken),
            series("efficiency.edited", "s-known", |week| week.edited),
            series("efficiency.rejected", "s-unknown", |week| week.rejected),
        ],
        shape: Shape::Stacked,
        decimals: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_days_are_told() {
        assert_eq!((share(1, 4), share(0, 0)), ("25 %".to_owned(), "—".to_owned()));
        assert_eq!(day(4), "1970-01-05");
        assert_eq!(row(&Week { taken: 1, rejected: 1, ..Week::default() }).share, "50 %");
        assert!(!has_drafts(&Week { day: 7, ..Week::default() }) && has_drafts(&Week { cancelled: 1, ..Week::default() }));
    }
}
