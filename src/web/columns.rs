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
/// Whole numbers up to here are exact in filters.
const MAX_EXACT: u64 = 1 << 53;

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
    /// What a click on it adds to the filter.
    pub(super) sides: Vec<Side>,
}

/// A narrower filter, a click away.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) sign: &'static str,
    /// The key of its name.
    pub(super) name: &'static str,
    pub(super) address: String,
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
        let plain = |kind, text, sides| Cell { kind, text, hover: String::new(), sides };
        match path {
            "date" => {
                let shown = self.clock.tell(log.date.as_ref(), &log.branch);
                let sides = log.date.map(|date| self.sides(path, &Value::Date(date), BOUNDS)).unwrap_or_default();
                Cell { hover: shown.utc, ..plain("date", shown.text, sides) }
            }
            "error" => match &log.error {
                Some(fault) if fault.message.len() <= MAX_ASKED => {
                    let sides = self.sides("error.message", &Value::Text(fault.message.clone()), EQUALITY);
                    plain("error", cut(&fault.message), sides)
                }
                Some(fault) => plain("error", cut(&fault.message), Vec::new()),
                None => plain("error", String::new(), self.sides(path, &Value::Null, EQUALITY)),
            },
            "duration_ms" => {
                let text = log.duration_ms.as_ref().map(|ms| self.frame.number(ms)).unwrap_or_default();
                let exact = log.duration_ms.filter(|ms| ms.unsigned_abs() <= MAX_EXACT);
                plain("ms", text, exact.map(|ms| self.sides(path, &Value::Number(ms as f64), BOUNDS)).unwrap_or_default())
            }
            path => {
                let steps: Vec<&str> = path.split('.').collect();
                let value = at(RawBsonRef::Document(document), &steps);
                let sides = asked(value).map(|value| self.sides(path, &value, EQUALITY)).unwrap_or_default();
                let state = path == "state";
                let text = if state { self.frame.t(log.state.as_str()) } else { value.map(text).unwrap_or_default() };
                plain(if state { "state" } else { "" }, text, sides)
            }
        }
    }

    /// The filter asked now, narrowed by a value in each of these ways.
    fn sides(&self, path: &str, value: &Value, ways: [Way; 2]) -> Vec<Side> {
        let side = |(sign, name, operator): Way| {
            let test = Test::new(path.parse().ok()?, operator, value.clone()).ok()?;
            let address = self.view.asking(&narrowed(self.filter, Filter::Test(test))).address();
            Some(Side { sign, name, address })
        };
        ways.into_iter().filter_map(side).collect()
    }
}

/// A sign, the key of its name, and the operator that it stands for.
type Way = (&'static str, &'static str, Operator);

/// What has the value, and what has not.
const EQUALITY: [Way; 2] = [("+", "logs.only", Operator::Equal), ("−", "logs.without", Operator::NotEqual)];
/// What is as large or larger, and what is as large or smaller.
const BOUNDS: [Way; 2] = [("≥", "logs.at_least", Operator::AtLeast), ("≤", "logs.at_most", Operator::AtMost)];

/// The filter, and this condition too.
pub(super) fn narrowed(filter: &Filter, part: Filter) -> Filter {
    match filter {
        Filter::All => part,
        Filter::And(parts) => Filter::And(parts.iter().cloned().chain([part]).collect()),
        filter => Filter::And(vec![filter.clone(), part]),
    }
}

/// The value as a filter can ask for it; an absent one is asked for as null.
fn asked(value: Option<RawBsonRef<'_>>) -> Option<Value> {
    match value {
        None | Some(RawBsonRef::Null) => Some(Value::Null),
        Some(RawBsonRef::String(text)) if text.len() <= MAX_ASKED => Some(Value::Text(text.to_owned())),
        Some(RawBsonRef::Boolean(truth)) => Some(Value::Bool(truth)),
        Some(RawBsonRef::Int32(number)) => Some(Value::Number(f64::from(number))),
        Some(RawBsonRef::Int64(number)) if number.unsigned_abs() <= MAX_EXACT => Some(Value::Number(number as f64)),
        Some(RawBsonRef::Double(number)) => Some(Value::Number(number)),
        Some(RawBsonRef::DateTime(date)) => Some(Value::Date(date)),
        Some(_) => None,
    }
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
        let (frame, clock) = (Frame::default(), Clock::Utc);
        let table = Table { frame: &frame, clock: &clock, view: &view, filter: &filter };
        let date = Value::Date(bson::DateTime::from_millis(0));
        for (path, value, ways, expected) in [
            ("branch", Value::Text("K\"1".into()), EQUALITY, ["branch = \"K\\\"1\"", "branch != \"K\\\"1\""]),
            ("request.note", Value::Null, EQUALITY, ["request.note = null", "request.note != null"]),
            ("duration_ms", Value::Number(5.0), BOUNDS, ["duration_ms >= 5", "duration_ms <= 5"]),
            ("date", date, BOUNDS, ["date >= 1970-01-01T00:00:00Z", "date <= 1970-01-01T00:00:00Z"]),
        ] {
            let found: Vec<String> = table.sides(path, &value, ways).into_iter().map(|side| side.address).collect();
            let expected = expected.map(|part| view.asking(&format!("(a = 1 or b = 2) and {part}").parse().unwrap()).address());
            assert_eq!(found, expected, "{path}");
        }
        assert_eq!(asked(Some(RawBsonRef::Null)), Some(Value::Null));
        assert_eq!(asked(Some(RawBsonRef::String(&"x".repeat(MAX_ASKED + 1)))), None);
    }
}
