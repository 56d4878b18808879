//! Browsing and filtering Logs.

use actix_web::{HttpResponse, web};
use askama::Template;
use bson::DateTime;
use serde::Deserialize;

use super::{
    error::{PageError, page},
    escape::percent,
    session::{Frame, Viewer},
    told,
};
use crate::{
    domain::{Log, LogId, LogQuery, PropertySide, QueryConfig},
    query::{Filter, Operator, Test, Value},
    store::{LogCursor, LogPage, LogsFound},
    usecase::Services,
};

/// Logs on a page.
const PAGE: usize = 50;
/// Documents looked at for one page where no index helps.
const SCAN: usize = 200_000;

#[derive(Template)]
#[template(path = "logs.html")]
struct Page {
    frame: Frame,
    filter: String,
    problem: Option<String>,
    rows: Vec<Row>,
    /// Query of the next page.
    next: Option<String>,
    incomplete: bool,
    /// Properties by the part of the Log.
    properties: Vec<(&'static str, Vec<Property>)>,
    saved: Vec<(String, QueryConfig)>,
    /// The words of the filter language.
    operators: Vec<&'static str>,
}

impl Page {
    /// Whether the person saved this filter and may remove it.
    fn owns(&self, config: &QueryConfig) -> bool {
        self.frame.user.as_deref() == Some(config.owner.as_str())
    }
}

/// A property that can be asked for.
struct Property {
    property: LogQuery,
    /// The address of the Logs asked for now that have it.
    address: String,
}

struct Row {
    log: Log,
    method: String,
    /// `ok`, `known` or `unknown`.
    verdict: &'static str,
    message: String,
    /// What is wrong with the record.
    problems: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    filter: String,
    after: Option<String>,
}

/// `GET /logs`; whoever is signed in, branch operators their own.
pub(super) async fn list(viewer: Viewer, services: web::Data<Services>, asked: web::Query<Asked>) -> Result<HttpResponse, PageError> {
    let failed = |error| PageError::failed(viewer.frame.clone(), error);
    let (plain, problem) = match asked.filter.parse::<Filter>() {
        Ok(filter) => (Some(filter), None),
        Err(error) => (None, Some(told::filter(&viewer.frame, &error))),
    };
    let mut found = LogsFound::default();
    if let Some(filter) = &plain.clone().map(|filter| viewer.within(filter)) {
        let after = asked.after.as_deref().and_then(cursor);
        found = services.store.list_logs(&LogPage { filter, limit: PAGE, after, scan_limit: SCAN }).await.map_err(failed)?;
    }
    let decoded = found.logs.iter().map(|log| bson::deserialize_from_slice::<Log>(log.as_bytes()));
    let logs = decoded.collect::<Result<Vec<_>, _>>().map_err(|error| PageError::failed(viewer.frame.clone(), error))?;
    let next = found.next.map(|next| format!("{}&after={}_{}", address(&asked.filter), next.date.timestamp_millis(), next.id));
    let properties = services.store.list_log_queries().await.map_err(failed)?;
    let properties = catalogue(properties, plain.as_ref().unwrap_or(&Filter::All), viewer.branches().is_none());
    let saved = services.store.list_query_configs(&viewer.user.name).await.map_err(failed)?;
    let template = Page {
        filter: asked.filter.clone(),
        problem,
        rows: logs.into_iter().map(|log| row(&viewer.frame, log)).collect(),
        next,
        incomplete: found.incomplete,
        properties,
        saved: saved.into_iter().map(|config| (address(&config.filter), config)).collect(),
        operators: Operator::ALL.iter().map(|(_, word)| *word).collect(),
        frame: viewer.frame,
    };
    page(&template.frame, &template)
}

fn row(frame: &Frame, log: Log) -> Row {
    let method = match &log.request {
        Some(bson::RawBson::Document(request)) => request.get_str("method").unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let known = log.verdict.as_ref().is_some_and(|verdict| verdict.known_error_id.is_some());
    let verdict = match (&log.error, known) {
        (None, _) => "ok",
        (Some(_), true) => "known",
        (Some(_), false) => "unknown",
    };
    let message = log.error.as_ref().map(|fault| fault.message.chars().take(160).collect()).unwrap_or_default();
    let problems = log.problems.iter().map(|problem| frame.problem(&problem.kind)).collect::<Vec<_>>().join(", ");
    Row { log, method, verdict, message, problems }
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

/// The catalogue by the part of the Log; a click adds to the filter that is asked now. Examples come from every branch's Logs and are
/// shown only to those who read them all.
fn catalogue(properties: Vec<LogQuery>, now: &Filter, with_examples: bool) -> Vec<(&'static str, Vec<Property>)> {
    let mut sides = vec![("request", PropertySide::Request), ("response", PropertySide::Response), ("log", PropertySide::Log)]
        .into_iter()
        .map(|(name, side)| (name, side, Vec::new()))
        .collect::<Vec<_>>();
    for mut property in properties {
        let Ok(path) = property.path.parse() else { continue };
        let there = Filter::Test(Test { path, operator: Operator::Exists, value: Value::Null });
        let filter = if *now == Filter::All { there } else { Filter::And(vec![now.clone(), there]) };
        if !with_examples {
            property.examples.clear();
        }
        if let Some((.., list)) = sides.iter_mut().find(|(_, side, _)| *side == property.side) {
            list.push(Property { address: address(&filter.to_string()), property });
        }
    }
    sides.into_iter().filter(|(.., list)| !list.is_empty()).map(|(name, _, list)| (name, list)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PropertyType;

    #[test]
    fn a_click_on_a_property_adds_to_the_filter_and_other_branches_values_stay_hidden() {
        let property = LogQuery {
            path: "request.two words".to_owned(),
            side: PropertySide::Request,
            types: vec![PropertyType::String],
            examples: vec!["secret".to_owned()],
            count: 1,
            open_files: vec![],
        };
        let now: Filter = "branch = \"K01\" or branch = \"L02\"".parse().unwrap();
        let sides = catalogue(vec![property], &now, false);
        let (name, list) = &sides[0];
        assert_eq!((*name, list[0].property.examples.len()), ("request", 0));
        assert_eq!(list[0].address, address("(branch = \"K01\" or branch = \"L02\") and `request.two words` exists"));
    }
}
