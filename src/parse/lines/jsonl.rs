//! A JSON object a line.

use bson::{Bson, raw::CString};
use serde_json::Value;

use super::{Context, Event, time};

const DATES: [&str; 7] = ["time", "timestamp", "@timestamp", "ts", "date", "datetime", "asctime"];
const LEVELS: [&str; 5] = ["level", "severity", "loglevel", "levelname", "log.level"];
const MESSAGES: [&str; 6] = ["message", "msg", "error", "text", "event", "body"];
const SERVERS: [&str; 7] = ["server", "service", "logger", "host", "hostname", "component", "name"];

pub(super) fn read(line: &str, context: &Context) -> Option<Event> {
    let line = line.trim();
    if !line.starts_with('{') {
        return None;
    }
    let Value::Object(object) = serde_json::from_str(line).ok()? else { return None };
    let ours = ["_id", "branch", "state", "server", "problems"].iter().all(|field| object.contains_key(*field));
    if ours
        && let Ok(whole) = Bson::try_from(Value::Object(object.clone()))
        && let Ok(log) = bson::deserialize_from_bson(whole)
    {
        return Some(Event { log: Some(Box::new(log)), ..Event::default() });
    }
    let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name).map(|value| ((*name).to_owned(), value)));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut event = Event {
        date: first(&DATES).and_then(|(_, value)| match value {
            Value::Number(number) => time::unix(number.as_f64()?),
            value => time::iso(value.as_str()?, context),
        }),
        level: first(&LEVELS).map(|(_, value)| text(value)),
        server: first(&SERVERS).and_then(|(_, value)| value.as_str().map(str::to_owned)),
        message: first(&MESSAGES).map(|(_, value)| text(value)).unwrap_or_default(),
        ..Event::default()
    };
    for (name, value) in object {
        if let Ok(name) = CString::try_from(name.replace('\0', " "))
            && let Ok(value) = bson::RawBson::try_from(plain(value, 0))
        {
            event.fields.append(name, value);
        }
    }
    Some(event)
}

/// JSON as data: a member that begins with `$` stays a member, it is never read as a type or an operator.
fn plain(value: Value, depth: usize) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(truth) => Bson::Boolean(truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => i32::try_from(number).map_or(Bson::Int64(number), Bson::Int32),
            (None, Some(number)) => Bson::Double(number),
            (None, None) => Bson::String(number.to_string()),
        },
        Value::String(text) => Bson::String(text),
        // serde_json reads at most 128 levels; documents hold fewer.
        deep @ (Value::Array(_) | Value::Object(_)) if depth > 88 => Bson::String(deep.to_string()),
        Value::Array(values) => Bson::Array(values.into_iter().map(|value| plain(value, depth + 1)).collect()),
        Value::Object(members) => {
            Bson::Document(members.into_iter().map(|(name, value)| (name.replace('\0', " "), plain(value, depth + 1))).collect())
        }
    }
}
