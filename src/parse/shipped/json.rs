//! JSON envelopes, and JSON that is written.

use serde_json::{Map, Value};

use super::Undecodable;

/// Values of one envelope: in memory each takes far more than the two bytes that it may take in the body.
const MAX_VALUES: usize = 2_000_000;

/// The value that a body is; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// When it is no JSON, nested too deep, or of more values than fit in memory.
pub(super) fn read(body: &[u8]) -> Result<Value, Undecodable> {
    if n_values(body) > MAX_VALUES {
        return Err(Undecodable::TooLarge(body.len()));
    }
    serde_json::from_str(&String::from_utf8_lossy(body)).map_err(|_| Undecodable::Damaged("it is no JSON"))
}

/// How many values a text has at most: each but the first stands behind a comma or an opening bracket.
fn n_values(body: &[u8]) -> usize {
    let (mut n, mut in_string, mut escaped) = (1, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => n += 1,
            _ => {}
        }
    }
    n
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Adds a member to those already written.
pub(super) fn add(members: &mut String, name: &str, value: &str) {
    if !members.is_empty() {
        members.push(',');
    }
    members.push_str(&quoted(name));
    members.push(':');
    members.push_str(value);
}

/// The text that a member is, whatever its kind.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The first of these members that is there and not blank, as text.
pub(super) fn first(members: &Map<String, Value>, names: &[&str]) -> String {
    names.iter().filter_map(|name| members.get(*name)).map(text).find(|text| !text.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings_alone() {
        for (text, n) in [("1", 1), ("[]", 2), ("[1,2]", 3), ("{\"a,[{\\\"\":\"b,\"}", 2), ("[{},{\"a\":[]}]", 6)] {
            assert_eq!(n_values(text.as_bytes()), n, "{text}");
        }
        let many = format!("[{}1]", "1,".repeat(MAX_VALUES));
        assert_eq!(read(many.as_bytes()), Err(Undecodable::TooLarge(many.len())));
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
