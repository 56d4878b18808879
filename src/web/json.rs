//! A body for reading: pretty-printed JSON in coloured pieces. Templates escape each piece.

use serde_json::Value;

/// At most this much of a body is shown; the whole is a link away.
const MAX_SHOWN: usize = 60_000;

/// A piece of JSON and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// `k` name, `s` text, `n` number, `w` word, `p` the rest.
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// The pieces of a value, and whether it was cut.
pub(super) fn pieces(value: &Value) -> (Vec<Piece>, bool) {
    let mut printer = Printer { pieces: Vec::new(), size: 0 };
    printer.value(value, 0);
    let cut = printer.size > MAX_SHOWN;
    (printer.pieces, cut)
}

struct Printer {
    pieces: Vec<Piece>,
    size: usize,
}

impl Printer {
    fn push(&mut self, class: &'static str, text: String) {
        if self.size > MAX_SHOWN {
            return;
        }
        self.size += text.len();
        match self.pieces.last_mut() {
            Some(last) if last.class == class => last.text.push_str(&text),
            _ => self.pieces.push(Piece { class, text }),
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if self.size > MAX_SHOWN {
            return;
        }
        let indent = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.push("p", "{".to_owned());
                for (index, (name, inner)) in members.iter().enumerate() {
                    self.push("p", format!("{}{}", if index > 0 { "," } else { "" }, indent(depth + 1)));
                    self.push("k", Value::String(name.clone()).to_string());
                    self.push("p", ": ".to_owned());
                    self.value(inner, depth + 1);
                }
                self.push("p", format!("{}}}", indent(depth)));
            }
            Value::Array(values) if !values.is_empty() => {
                self.push("p", "[".to_owned());
                for (index, inner) in values.iter().enumerate() {
                    self.push("p", format!("{}{}", if index > 0 { "," } else { "" }, indent(depth + 1)));
                    self.value(inner, depth + 1);
                }
                self.push("p", format!("{}]", indent(depth)));
            }
            Value::String(_) => self.push("s", value.to_string()),
            Value::Number(_) => self.push("n", value.to_string()),
            Value::Bool(_) | Value::Null => self.push("w", value.to_string()),
            Value::Object(_) | Value::Array(_) => self.push("p", value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_printed_in_pieces_and_huge_ones_are_cut() {
        let (pieces, cut) = pieces(&serde_json::json!({"a": [1, "x"], "b": {}}));
        let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(text, "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {}\n}");
        assert!(!cut && pieces.contains(&Piece { class: "n", text: "1".into() }));
        assert!(super::pieces(&serde_json::json!(vec!["x".repeat(100); 5000])).1);
    }
}
