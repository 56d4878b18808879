//! Values of a JSON event as what they mean.

use bson::RawBsonRef;

use super::{Context, time};

/// A value as text; of an object the member that says what happened.
pub(super) fn text(value: RawBsonRef<'_>) -> Option<String> {
    match value {
        RawBsonRef::String(text) => Some(text.trim_end().to_owned()),
        RawBsonRef::Int32(number) => Some(number.to_string()),
        RawBsonRef::Int64(number) => Some(number.to_string()),
        RawBsonRef::Double(number) => Some(number.to_string()),
        RawBsonRef::Document(inner) => {
            ["message", "msg", "reason", "stringValue", "name", "type"].iter().find_map(|name| inner.get_str(name).ok()).map(str::to_owned)
        }
        _ => None,
    }
}

/// A value as a moment: a text, a number since 1970, or `{"$date": …}` of Extended JSON.
pub(super) fn date(value: RawBsonRef<'_>, context: &Context<'_>) -> Option<bson::DateTime> {
    let plain = match value {
        RawBsonRef::Document(inner) => inner.get("$date").ok()??,
        value => value,
    };
    match plain {
        RawBsonRef::String(text) => time::whole(text, context),
        RawBsonRef::Int32(number) => time::unix(number.into()),
        RawBsonRef::Int64(number) => time::unix(number as f64),
        RawBsonRef::Double(number) => time::unix(number),
        RawBsonRef::Document(inner) => Some(bson::DateTime::from_millis(inner.get_str("$numberLong").ok()?.parse().ok()?)),
        _ => None,
    }
}
