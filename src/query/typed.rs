//! Types of the Log's own fields: what a value written as text means where it is compared with a date or an identifier.

use bson::{DateTime, oid::ObjectId};

use super::{Operator, Value};

/// Fields of a Log that hold dates.
const DATES: [&str; 3] = ["date", "request_date", "response_date"];
/// Fields of a Log that hold identifiers.
const IDS: [&str; 3] = ["_id", "log_file_id", "verdict.group_id"];

/// The value as the field at `path` stores it; unchanged for all properties of the bodies.
pub(super) fn for_path(path: &str, operator: Operator, value: Value) -> Value {
    if matches!(operator, Operator::Contains | Operator::Starts | Operator::Ends | Operator::Matches) {
        return value;
    }
    match value {
        Value::List(values) => Value::List(values.into_iter().map(|value| for_path(path, operator, value)).collect()),
        Value::Text(text) if DATES.contains(&path) => date(&text).map_or(Value::Text(text), Value::Date),
        Value::Text(text) if IDS.contains(&path) => ObjectId::parse_str(&text).map_or(Value::Text(text), Value::Id),
        other => other,
    }
}

/// A moment written as RFC 3339, as a date and time without zone (taken as UTC), or as a date (its first moment in UTC).
pub(super) fn date(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let millis = if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        moment.as_millisecond()
    } else {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()
    };
    Some(DateTime::from_millis(millis))
}
