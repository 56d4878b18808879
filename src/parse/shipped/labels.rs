//! Labels as Loki's clients write them in one text: `{job="bars", app="gate \"2\""}`.

use serde_json::{Map, Value};

/// Reads labels; `None` where the text is not of this form.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut labels = Map::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = quoted(after.trim_start())?;
        labels.insert(name.trim().to_owned(), Value::String(value));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(labels)
}

/// A quoted value with its escapes resolved, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, inside.get(at + 1..)?)),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_read_with_their_escapes() {
        for (text, expected) in [
            ("{}", Some(json!({}))),
            ("{job=\"bars\"}", Some(json!({ "job": "bars" }))),
            ("{ job = \"a,b}\", app=\"x \\\"2\\\"\\n\", }", Some(json!({ "job": "a,b}", "app": "x \"2\"\n" }))),
            ("{місто=\"Київ\"}", Some(json!({ "місто": "Київ" }))),
            ("{job=\"open}", None),
            ("{job=\"a\" app=\"b\"}", None),
            ("{job}", None),
            ("job=\"a\"", None),
        ] {
            assert_eq!(read(text).map(Value::Object), expected, "{text}");
        }
    }
}
