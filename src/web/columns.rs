//! The table of Logs: which columns, and what stands in their cells, with what a click adds to the filter.

use bson::{RawBsonRef, RawDocument};

use super::{escape::percent, session::Frame, view::View, zone::Clock};
use crate::{
    domain::Log,
    query::{Filter, Operator, Test, Value},
    usecase::export::at,
};

/// Characters of a cell.
const SHOWN: usize = 160;
/// Longer texts are not asked for by a click.
const MAX_ASKED: usize = 200;

/// A column's head.
pub(super) struct Column {
    pub(super) label: String,
    /// The address without it.
    pub(super) less: String,
    pub(super) numeric: bool,
}

/// A cell of the table.
pub(super) struct Cell {
    /// What it holds: `date`, `state`, `error`, `ms`, or blank for the plain value of a property.
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// What the hover says.
    pub(super) hover: String,
    /// Addresses of the Logs asked for now that have this value, and of those that have not.
    pub(super) only: Option<(String, String)>,
}

/// A Log in the table.
pub(super) struct Row {
    pub(super) id: String,
    /// The Log's page, which knows what was asked.
    pub(super) address: String,
    pub(super) cells: Vec<Cell>,
    /// `ok`, `known` or `unknown`.
    pub(super) verdict: &'static str,
    /// What is wrong with the record.
    pub(super) problems: String,
}

/// The heads of a view's columns.
pub(super) fn heads(frame: &Frame, view: &View) -> Vec<Column> {
    let label = |path: &str| match path {
        "date" => frame.date_head(),
        "branch" | "server" | "state" => frame.t(path),
        "request.method" => frame.t("method"),
        "duration_ms" => frame.t("ms"),
        "error" => frame.t("file.errors"),
        path => path.to_owned(),
    };
    let head = |path: String| Column { label: label(&path), less: view.with_column(&path).address(), numeric: path == "duration_ms" };
    view.shown_columns().into_iter().map(head).collect()
}

/// What rows are made for.
pub(super) struct Table<'a> {
    pub(super) frame: &'a Frame,
    pub(super) clock: &'a Clock,
    pub(super) view: &'a View,
    /// What is asked now.
    pub(super) filter: &'a Filter,
}

impl Table<'_> {
    /// A Log as a row.
    pub(super) fn row(&self, log: &Log, document: &RawDocument) -> Row {
        let known = log.verdict.as_ref().is_some_and(|verdict| verdict.known_error_id.is_some());
        let verdict = match (&log.error, known) {
            (None, _) => "ok",
            (Some(_), true) => "known",
            (Some(_), false) => "unknown",
        };
        let problems = log.problems.iter().map(|problem| self.frame.problem(&problem.kind)).collect::<Vec<_>>().join(", ");
        let cells = self.view.shown_columns().iter().map(|path| self.cell(path, log, document)).collect();
        let mut address = format!("/logs/{}", log.id);
        if *self.filter != Filter::All {
            address.push_str(&format!("?filter={}", percent(&self.view.filter)));
        }
        Row { id: log.id.to_string(), address, cells, verdict, problems }
    }

    fn cell(&self, path: &str, log: &Log, document: &RawDocument) -> Cell {
        let plain = |kind, text| Cell { kind, text, hover: String::new(), only: None };
        match path {
            "date" => {
                let shown = self.clock.tell(log.date.as_ref(), &log.branch);
                Cell { hover: shown.utc, ..plain("date", shown.text) }
            }
            "error" => plain("error", log.error.as_ref().map(|fault| cut(&fault.message)).unwrap_or_default()),
            "duration_ms" => plain("ms", log.duration_ms.as_ref().map(|ms| self.frame.number(ms)).unwrap_or_default()),
            path => {
                let steps: Vec<&str> = path.split('.').collect();
                let value = at(RawBsonRef::Document(document), &steps);
                let only = value.and_then(|value| only(self.view, self.filter, path, value));
                let state = path == "state";
                let text = if state { self.frame.t(log.state.as_str()) } else { value.map(text).unwrap_or_default() };
                Cell { only, ..plain(if state { "state" } else { "" }, text) }
            }
        }
    }
}

/// The filter, and this condition too.
pub(super) fn narrowed(filter: &Filter, part: Filter) -> Filter {
    match filter {
        Filter::All => part,
        Filter::And(parts) => Filter::And(parts.iter().cloned().chain([part]).collect()),
        filter => Filter::And(vec![filter.clone(), part]),
    }
}

fn only(view: &View, filter: &Filter, path: &str, value: RawBsonRef<'_>) -> Option<(String, String)> {
    let value = match value {
        RawBsonRef::String(text) if text.len() <= MAX_ASKED => Value::Text(text.to_owned()),
        RawBsonRef::Boolean(truth) => Value::Bool(truth),
        RawBsonRef::Int32(number) => Value::Number(f64::from(number)),
        // Whole numbers up to here are exact in filters.
        RawBsonRef::Int64(number) if number.unsigned_abs() <= 1 << 53 => Value::Number(number as f64),
        RawBsonRef::Double(number) => Value::Number(number),
        _ => return None,
    };
    let same = Test::new(path.parse().ok()?, Operator::Equal, value.clone()).ok()?;
    let other = Test::new(same.path.clone(), Operator::NotEqual, value).ok()?;
    let address = |test| view.asking(&narrowed(filter, Filter::Test(test))).address();
    Some((address(same), address(other)))
}

/// A value in few words.
pub(super) fn text(value: RawBsonRef<'_>) -> String {
    match value {
        RawBsonRef::String(text) => cut(text),
        RawBsonRef::Null => String::new(),
        RawBsonRef::ObjectId(id) => id.to_hex(),
        RawBsonRef::DateTime(date) => date.try_to_rfc3339_string().unwrap_or_default(),
        RawBsonRef::Document(document) if document.as_bytes().len() > 64 * SHOWN => "{…}".to_owned(),
        RawBsonRef::Array(list) if list.as_bytes().len() > 64 * SHOWN => "[…]".to_owned(),
        value => bson::Bson::try_from(value).map(|value| cut(&value.into_relaxed_extjson().to_string())).unwrap_or_default(),
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn cells_hold_what_stands_at_their_path() {
        let document = rawdoc! { "a": { "b": [1, { "c": "x" }, { "c": "y" }], "n": 5_i64, "none": null }, "list": [1, "two"] };
        for (path, expected) in [("a.b.c", "x"), ("a.n", "5"), ("a.none", ""), ("a.absent", ""), ("list", "[1,\"two\"]"), ("a.b.c.d", "")] {
            let steps: Vec<&str> = path.split('.').collect();
            assert_eq!(at(RawBsonRef::Document(&document), &steps).map(text).unwrap_or_default(), expected, "{path}");
        }
    }

    #[test]
    fn a_value_narrows_what_is_asked_now() {
        let view = View::default();
        let filter: Filter = "a = 1 or b = 2".parse().unwrap();
        let (same, other) = only(&view, &filter, "branch", RawBsonRef::String("K\"1")).unwrap();
        assert_eq!(same, view.asking(&"(a = 1 or b = 2) and branch = \"K\\\"1\"".parse().unwrap()).address());
        assert_eq!(other, view.asking(&"(a = 1 or b = 2) and branch != \"K\\\"1\"".parse().unwrap()).address());
        assert_eq!(only(&view, &filter, "branch", RawBsonRef::Null), None);
    }
}
