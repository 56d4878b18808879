//! Filter ─► SQL: which rows are read, in the order of an index, and which of them fit as far as columns can tell. The rest is checked on
//! the documents that remain.

use rusqlite::types::Value as Sql;

use super::row::OTHER_METHOD;
use crate::{
    query::{Filter, Operator, Test, Value},
    store::plan::Plan,
};

/// Conditions in SQL with their parameters.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Conditions {
    /// Joined by `AND`; empty where there are none.
    pub(super) sql: String,
    pub(super) parameters: Vec<Sql>,
}

/// A plan in SQL.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Translated {
    /// Which rows are read.
    pub(super) read: Conditions,
    /// True for at least all rows that fit.
    pub(super) fit: Conditions,
    /// `fit` is true for no others.
    pub(super) exact: bool,
}

/// Translates a plan. `only_texts`: every method in the store is a text.
pub(super) fn translate(plan: &Plan<'_>, only_texts: bool) -> Translated {
    let mut translated = Translated { exact: true, ..Translated::default() };
    let may_be_other = |test: &Test| !only_texts && test.path.as_str() == "request.method";
    for test in plan.lead.iter().chain(&plan.dates) {
        if may_be_other(test) {
            translated.exact &= translated.fit.add_method(test);
        } else {
            translated.exact &= translated.read.add_test(test);
        }
    }
    for part in &plan.rest {
        translated.exact &= match part {
            Filter::Test(test) if may_be_other(test) => translated.fit.add_method(test),
            Filter::Test(test) => translated.fit.add_test(test),
            Filter::Not(inner) => translated.fit.add_absence(inner),
            _ => false,
        };
    }
    translated
}

impl Conditions {
    fn add(&mut self, sql: &str, parameters: impl IntoIterator<Item = Sql>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(sql);
        self.parameters.extend(parameters);
    }

    /// Lets pass what may have this method; never exact.
    fn add_method(&mut self, test: &Test) -> bool {
        if let (Operator::Equal, Value::Text(text)) = (test.operator, &test.value) {
            self.add("method IN (?, ?)", [Sql::Text(text.clone()), Sql::Text(OTHER_METHOD.to_owned())]);
        }
        false
    }

    /// Adds that a property is absent; false when no column can answer it, and nothing was added.
    fn add_absence(&mut self, of: &Filter) -> bool {
        let Filter::Test(Test { path, operator: Operator::Exists, .. }) = of else { return false };
        let sql = match path.as_str() {
            "error" => "NOT has_error",
            "verdict.group_id" => "group_id IS NULL",
            "verdict.known_error_id" => "known_error_id IS NULL",
            "message_id" => "message_id IS NULL",
            _ => return false,
        };
        self.add(sql, []);
        true
    }

    /// Adds a test; false when no column can answer it, and nothing was added.
    fn add_test(&mut self, test: &Test) -> bool {
        let (column, convert): (&str, fn(&Value) -> Option<Sql>) = match test.path.as_str() {
            "_id" => ("_id", id),
            "log_file_id" => ("log_file_id", id),
            "verdict.group_id" => ("group_id", id),
            "branch" => ("branch", text),
            "server" => ("server", text),
            "message_id" => ("message_id", text),
            "state" => ("state", text),
            "session_key" => ("session_key", text),
            // Only once it is known that no list of methods is stored.
            "request.method" if test.operator == Operator::Equal => ("method", text),
            "verdict.known_error_id" => ("known_error_id", text),
            "date" => ("date", date),
            "error" if test.operator == Operator::Exists => {
                self.add("has_error", []);
                return true;
            }
            _ => return false,
        };
        let is_date = column == "date";
        let sign = match test.operator {
            Operator::Equal => "=",
            Operator::Less if is_date => "<",
            Operator::AtMost if is_date => "<=",
            Operator::Greater if is_date => ">",
            Operator::AtLeast if is_date => ">=",
            Operator::Exists if matches!(column, "group_id" | "known_error_id" | "message_id") => {
                self.add(&format!("{column} IS NOT NULL"), []);
                return true;
            }
            Operator::In | Operator::Between => return self.add_list(test, column, convert),
            _ => return false,
        };
        let Some(value) = convert(&test.value) else { return false };
        self.add(&format!("{column} {sign} ?"), [value]);
        if is_date && sign.starts_with('<') {
            // Logs without a date have the least one and satisfy no comparison.
            self.add("date > -9223372036854775808", []);
        }
        true
    }

    fn add_list(&mut self, test: &Test, column: &str, convert: fn(&Value) -> Option<Sql>) -> bool {
        let Value::List(values) = &test.value else { return false };
        let Some(values) = values.iter().map(convert).collect::<Option<Vec<_>>>() else { return false };
        if test.operator == Operator::Between {
            if column != "date" || values.len() != 2 {
                return false;
            }
            self.add("date BETWEEN ? AND ?", values);
            return true;
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.add(&format!("{column} IN ({marks})"), values);
        true
    }
}

fn text(value: &Value) -> Option<Sql> {
    if let Value::Text(text) = value { Some(Sql::Text(text.clone())) } else { None }
}

fn id(value: &Value) -> Option<Sql> {
    if let Value::Id(id) = value { Some(Sql::Blob(id.bytes().to_vec())) } else { None }
}

fn date(value: &Value) -> Option<Sql> {
    if let Value::Date(date) = value { Some(Sql::Integer(date.timestamp_millis())) } else { None }
}
