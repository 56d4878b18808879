//! A body for reading: pretty-printed JSON in coloured pieces, each value a link to the Logs that have it too. Templates escape
//! each piece.

use serde_json::Value;

use super::{columns::narrowed, escape::is_control, logs};
use crate::query::{Filter, Operator, Path, Test, Value as Asked};

/// At most this much of a body is shown; the whole is a link away.
const MAX_SHOWN: usize = 60_000;
/// Longer texts are not asked for by a click.
const MAX_ASKED: usize = 200;
/// Whole numbers up to here are exact in filters.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A piece of JSON and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// `k` name, `s` text, `n` number, `w` word, `p` the rest.
    pub(super) class: &'static str,
    pub(super) text: String,
    /// The address of the Logs with the same value in the same place.
    pub(super) same: Option<String>,
    /// The address of those without it.
    pub(super) other: Option<String>,
}

/// The pieces of the value that stands at `path` of a Log, and whether it was cut. A click on a value adds to the filter that was asked.
pub(super) fn pieces(value: &Value, path: &str, asked: &Filter) -> (Vec<Piece>, bool) {
    beginning(value, path, asked, MAX_SHOWN)
}

/// The same, with no more than so many bytes.
pub(super) fn beginning(value: &Value, path: &str, asked: &Filter, most: usize) -> (Vec<Piece>, bool) {
    let mut printer = Printer { pieces: Vec::new(), size: 0, most, asked };
    printer.value(value, 0, Some(path));
    let cut = printer.size > most;
    (printer.pieces, cut)
}

struct Printer<'a> {
    pieces: Vec<Piece>,
    size: usize,
    /// Bytes that are shown at most.
    most: usize,
    asked: &'a Filter,
}

impl Printer<'_> {
    fn push(&mut self, class: &'static str, mut text: String, sides: Option<(String, String)>) {
        if self.size > self.most {
            return;
        }
        self.size += text.len();
        if self.size > self.most {
            text.truncate(text.floor_char_boundary(self.most));
        }
        match self.pieces.last_mut() {
            Some(last) if last.class == class && last.same.is_none() && sides.is_none() => last.text.push_str(&text),
            _ => {
                let (same, other) = sides.unzip();
                self.pieces.push(Piece { class, text, same, other });
            }
        }
    }

    /// Prints a value; `path` is where it stands, if filters can name that place.
    fn value(&mut self, value: &Value, depth: usize, path: Option<&str>) {
        if self.size > self.most {
            return;
        }
        let indent = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.push("p", "{".to_owned(), None);
                for (index, (name, inner)) in members.iter().enumerate() {
                    self.push("p", format!("{}{}", if index > 0 { "," } else { "" }, indent(depth + 1)), None);
                    self.push("k", quoted(name), None);
                    self.push("p", ": ".to_owned(), None);
                    let below = path.filter(|_| !name.contains('.')).map(|path| format!("{path}.{name}"));
                    self.value(inner, depth + 1, below.as_deref());
                }
                self.push("p", format!("{}}}", indent(depth)), None);
            }
            Value::Array(values) if !values.is_empty() => {
                self.push("p", "[".to_owned(), None);
                for (index, inner) in values.iter().enumerate() {
                    self.push("p", format!("{}{}", if index > 0 { "," } else { "" }, indent(depth + 1)), None);
                    self.value(inner, depth + 1, path);
                }
                self.push("p", format!("{}]", indent(depth)), None);
            }
            Value::String(text) => self.push("s", quoted(text), sides(value, path, self.asked)),
            Value::Number(_) => self.push("n", value.to_string(), sides(value, path, self.asked)),
            Value::Bool(_) => self.push("w", value.to_string(), sides(value, path, self.asked)),
            Value::Null => self.push("w", value.to_string(), sides(value, path, self.asked)),
            Value::Object(_) | Value::Array(_) => self.push("p", value.to_string(), None),
        }
    }
}

/// A text as JSON, with characters that would turn the direction of writing escaped like other control characters.
fn quoted(text: &str) -> String {
    let mut quoted = Value::String(text.to_owned()).to_string();
    if quoted.contains(is_control) {
        quoted = quoted.chars().fold(String::new(), |text, c| {
            if is_control(c) { text + &format!("\\u{:04x}", u32::from(c)) } else { text + c.encode_utf8(&mut [0; 4]) }
        });
    }
    quoted
}

/// The addresses of the Logs with this value at this place and of those without, where a filter can ask for it.
fn sides(value: &Value, path: Option<&str>, asked: &Filter) -> Option<(String, String)> {
    let path: Path = path?.parse().ok()?;
    let value = match value {
        Value::String(text) if text.len() <= MAX_ASKED => Asked::Text(text.clone()),
        Value::Number(number) => Asked::Number(number.as_f64().filter(|number| number.abs() <= MAX_EXACT)?),
        Value::Bool(truth) => Asked::Bool(*truth),
        Value::Null => Asked::Null,
        _ => return None,
    };
    let address = |operator| {
        let test = Test { path: path.clone(), operator, value: value.clone() };
        logs::address(&narrowed(asked, Filter::Test(test)).to_string())
    };
    Some((address(Operator::Equal), address(Operator::NotEqual)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_printed_in_pieces_and_huge_ones_are_cut() {
        let (pieces, cut) = pieces(&serde_json::json!({"a": [1, "x"], "b": {}}), "request", &Filter::All);
        let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(text, "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {}\n}");
        assert!(!cut && pieces.iter().any(|piece| piece.class == "n" && piece.text == "1"));
        for huge in [serde_json::json!(vec!["x".repeat(100); 5000]), serde_json::json!("ї".repeat(100_000))] {
            let (pieces, cut) = super::pieces(&huge, "request", &Filter::All);
            assert!(cut && pieces.iter().map(|piece| piece.text.len()).sum::<usize>() <= 2 * MAX_SHOWN);
        }
    }

    #[test]
    fn characters_that_turn_the_writing_are_escaped() {
        assert_eq!(quoted("a\u{202E}\0\u{85}\"є"), r#""a\u202e\u0000\u0085\"є""#);
    }

    #[test]
    fn values_lead_to_the_logs_that_have_them_where_a_filter_can_say_so() {
        let body = serde_json::json!({
            "a": [{"b": "x\"y"}], "dotted.name": 1, "$date": "d", "big": 9_007_199_254_740_995_i64, "null": null, "two words": true,
        });
        let links: Vec<String> = pieces(&body, "request", &Filter::All).0.into_iter().filter_map(|piece| piece.same).collect();
        let filters = ["request.a.b = \"x\\\"y\"", "request.null = null", "`request.two words` = true"];
        assert_eq!(links, filters.map(logs::address));
    }
}
