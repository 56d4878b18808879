//! Browsing and filtering Logs.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;

use super::{
    asking::{self, Asking},
    catalogue::{self, Branch},
    chart::Chart,
    columns::{self, Column, Row, Table},
    error::{PageError, page, see},
    escape::percent,
    histogram,
    saved_views::Views,
    session::{Frame, Viewer},
    view::{Asked, View},
    zone::Clock,
};
use crate::{
    domain::{Log, LogId, ViewKind},
    query::{Filter, Operator},
    store::{LogCursor, LogPage, LogsFound},
    usecase::{Services, export, views},
};

/// Logs on a page.
const PAGE: usize = 50;
/// Documents looked at for one page where no index helps.
const SCAN: usize = 200_000;
/// Logs counted for the chart, and where it is asked to look further.
const COUNTED: [usize; 2] = [10_000, 1_000_000];

#[derive(Template)]
#[template(path = "logs.html")]
struct Page {
    frame: Frame,
    asking: Asking,
    view: View,
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Query of the next page.
    next: Option<String>,
    incomplete: bool,
    chart: Option<Chart>,
    /// Where the chart looks further, if it did not see all.
    deeper: Option<String>,
    /// The newest of these Logs as they come in.
    tail: String,
    /// The same as files.
    ndjson: String,
    csv: String,
    limit: String,
    /// The unknown errors of these Logs, for those who see them.
    groups: Option<String>,
    /// The same Logs whenever it is opened.
    permalink: String,
    find: String,
    tree: Vec<Branch>,
    n_more: usize,
    views: Views,
    bad_bound: bool,
    /// The words of the filter language.
    operators: Vec<&'static str>,
}

/// `GET /logs`; whoever is signed in, branch operators their own.
pub(super) async fn list(
    viewer: Viewer,
    services: web::Data<Services>,
    asked: web::Query<Asked>,
    fields: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let now = DateTime::now();
    let reads = viewer.reads(&services);
    let saved = views::list(&services, &viewer.user, ViewKind::Logs);
    let (saved, properties, clock) = tokio::try_join!(saved, reads.list_log_queries(), Clock::of(&viewer.frame, &reads)).map_err(failed)?;
    let opened = saved.iter().find(|shown| shown.config.id.to_string() == asked.view);
    if opened.is_none() && !asked.view.is_empty() && asked.filter.is_none() {
        return Err(PageError::NotFound(viewer.frame));
    }
    let builds = fields.iter().any(|(name, _)| name == "g");
    let view = match opened {
        Some(shown) if asked.filter.is_none() && !builds => View::saved(&shown.config),
        _ => View::of(&asked),
    };
    let reads_all = viewer.branches().is_none();
    let asking = Asking::of(&viewer.frame, view, &fields, &properties, reads_all);
    let view = asking.view.clone();
    let pressed = fields.iter().any(|(name, _)| name == "do");
    if builds && !pressed && asking.filter.is_some() {
        // A filter that is built has an address that says it as text.
        return Ok(see(&view.address()));
    }
    let filter = asking.filter.as_ref().map(|filter| view.within(filter.clone(), now));
    let mut found = LogsFound::default();
    let (mut chart, mut deeper) = (None, None);
    if let Some(filter) = filter {
        let after = asked.after.as_deref().and_then(cursor);
        let counted = COUNTED[usize::from(asked.deep.is_some())];
        let listed = LogPage { filter: &filter, limit: PAGE, after, scan_limit: SCAN };
        let (listed, moments) =
            tokio::try_join!(reads.list_logs(&listed), services.moments(reads.scope(), &filter, counted)).map_err(failed)?;
        let moments = moments.value;
        found = listed;
        chart = histogram::chart(&viewer.frame, &view, &moments, view.bounds(now));
        deeper = (moments.incomplete && asked.deep.is_none()).then(|| format!("{}&deep=1", view.address()));
    }
    let plain = asking.filter.clone().unwrap_or(Filter::All);
    let table = Table { frame: &viewer.frame, clock: &clock, view: &view, filter: &plain };
    let mut rows = Vec::with_capacity(found.logs.len());
    for document in &found.logs {
        let log: Log = bson::deserialize_from_slice(document.as_bytes()).map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
        rows.push(table.row(&log, document));
    }
    let next = found.next.map(|next| format!("{}&after={}_{}", view.address(), next.date.timestamp_millis(), next.id));
    let (tree, n_more) = catalogue::tree(&properties, &view, &plain, &asked.find, reads_all);
    // A filter that cannot be read is not saved.
    let fields = [("filter", view.filter.clone()), ("columns", view.columns_text()), ("range", view.range_text())];
    let fields = fields.into_iter().filter(|_| asking.filter.is_some()).collect();
    let views = Views::of(ViewKind::Logs, saved, &view.saved, |config| View::saved(config) != view, fields);
    let template = Page {
        columns: columns::heads(&viewer.frame, &view),
        rows,
        next,
        incomplete: found.incomplete,
        chart,
        deeper,
        tail: view.address_at("/logs/tail"),
        ndjson: view.address_at("/logs/export/ndjson"),
        csv: view.address_at("/logs/export/csv"),
        limit: viewer.frame.number(&i64::try_from(export::LIMIT).unwrap_or_default()),
        groups: (viewer.frame.may_read_all() && !view.filter.is_empty()).then(|| format!("/errors?logs={}", percent(&view.filter))),
        permalink: permalink(&view, now),
        find: asked.find.clone(),
        tree,
        n_more,
        views,
        bad_bound: view.has_bad_bound(),
        operators: Operator::ALL.iter().map(|(_, word)| *word).collect(),
        asking,
        view,
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

/// The address of the same Logs tomorrow: relative bounds of time become moments.
fn permalink(view: &View, now: DateTime) -> String {
    match view.bounds(now) {
        (Some(from), None) if !view.range.is_empty() => {
            View { saved: String::new(), ..view.between(from, now.timestamp_millis()) }.address()
        }
        _ => View { saved: String::new(), ..view.clone() }.address(),
    }
}

/// `1462691865000_<id>`.
fn cursor(text: &str) -> Option<LogCursor> {
    let (date, id) = text.split_once('_')?;
    let id: LogId = id.parse().ok()?;
    Some(LogCursor { date: DateTime::from_millis(date.parse().ok()?), id })
}

/// The address of the Logs that satisfy a filter.
pub(super) fn address(filter: &str) -> String {
    format!("/logs?filter={}", percent(filter))
}
