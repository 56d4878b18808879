//! Filter ─► the part of it that SQLite's columns can answer. The rest is checked on the documents that remain.

use rusqlite::types::Value as Sql;

use crate::query::{Filter, Operator, Test, Value};

/// A condition in SQL with its parameters, true for at least all Logs that the filter accepts.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Narrowed {
    /// Conditions joined by `AND`, each with leading `AND`.
    pub(super) sql: String,
    pub(super) parameters: Vec<Sql>,
    /// Nothing remains to be checked.
    pub(super) exact: bool,
}

/// Translates what can be translated.
pub(super) fn narrow(filter: &Filter) -> Narrowed {
    let mut narrowed = Narrowed { exact: true, ..Narrowed::default() };
    add(filter, &mut narrowed);
    narrowed
}

fn add(filter: &Filter, narrowed: &mut Narrowed) {
    match filter {
        Filter::All => {}
        Filter::And(parts) => parts.iter().for_each(|part| add(part, narrowed)),
        Filter::Test(test) if add_test(test, narrowed) => {}
        _ => narrowed.exact = false,
    }
}

/// Whether the test could be answered by a column.
fn add_test(test: &Test, narrowed: &mut Narrowed) -> bool {
    let (column, convert): (&str, fn(&Value) -> Option<Sql>) = match test.path.as_str() {
        "_id" => ("_id", id),
        "log_file_id" => ("log_file_id", id),
        "verdict.group_id" => ("group_id", id),
        "branch" => ("branch", text),
        "server" => ("server", text),
        "message_id" => ("message_id", text),
        "state" => ("state", text),
        "request.method" => ("method", text),
        "verdict.known_error_id" => ("known_error_id", text),
        "date" => ("date", date),
        "error" if test.operator == Operator::Exists => {
            narrowed.sql.push_str(" AND has_error");
            return true;
        }
        _ => return false,
    };
    // A body may hold a list where a text is usual: then only the document tells.
    let only_text = column != "method";
    let sign = match test.operator {
        Operator::Equal => "=",
        Operator::Less if column == "date" => "<",
        Operator::AtMost if column == "date" => "<=",
        Operator::Greater if column == "date" => ">",
        Operator::AtLeast if column == "date" => ">=",
        Operator::Exists if column == "group_id" || column == "known_error_id" || column == "message_id" => {
            narrowed.sql.push_str(&format!(" AND {column} IS NOT NULL"));
            return true;
        }
        Operator::In | Operator::Between => {
            let Value::List(values) = &test.value else { return false };
            let Some(values) = values.iter().map(convert).collect::<Option<Vec<_>>>() else { return false };
            if !only_text || values.is_empty() {
                return false;
            }
            if test.operator == Operator::In {
                let marks = vec!["?"; values.len()].join(", ");
                narrowed.sql.push_str(&format!(" AND {column} IN ({marks})"));
            } else if column == "date" && values.len() == 2 {
                narrowed.sql.push_str(" AND date BETWEEN ? AND ?");
            } else {
                return false;
            }
            narrowed.parameters.extend(values);
            return true;
        }
        _ => return false,
    };
    let Some(value) = convert(&test.value).filter(|_| only_text) else { return false };
    narrowed.sql.push_str(&format!(" AND {column} {sign} ?"));
    if column == "date" && sign.starts_with('<') {
        // Logs without a date have the least one and satisfy no comparison.
        narrowed.sql.push_str(" AND date > -9223372036854775808");
    }
    narrowed.parameters.push(value);
    true
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
