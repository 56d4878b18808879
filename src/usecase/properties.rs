//! The properties seen in one file's Logs, gathered while it is read.

use bson::{RawBsonRef, RawDocument};
use rustc_hash::FxHashMap;

use crate::domain::{PropertyDelta, PropertySide, PropertyType};

/// Properties of one file that are counted; a file that invents more is not catalogued beyond them.
const MAX_PROPERTIES: usize = 4000;
/// Levels that are looked into.
const MAX_DEPTH: usize = 8;
/// Examples kept of a property.
const MAX_EXAMPLES: usize = 3;
/// Length of an example, in characters.
const EXAMPLE: usize = 60;

/// Gathers properties.
#[derive(Default)]
pub(super) struct Catalogue {
    seen: FxHashMap<String, Seen>,
    path: String,
    /// Number of the Log at hand, so that one that has a property twice counts once.
    log: u64,
}

struct Seen {
    side: PropertySide,
    types: Vec<PropertyType>,
    examples: Vec<String>,
    count: i64,
    last_log: u64,
}

impl Catalogue {
    /// Takes a Log's properties into account.
    pub(super) fn add(&mut self, log: &RawDocument) {
        self.log += 1;
        for (name, value) in log.iter().flatten() {
            let side = match name.as_str() {
                "request" => PropertySide::Request,
                "response" => PropertySide::Response,
                // Fingerprints and bookkeeping are of no use to people.
                "_id" | "halves" | "session_key" | "pairing_key" | "problems" | "verdict" | "log_file_id" => continue,
                _ => PropertySide::Log,
            };
            if value == RawBsonRef::Null {
                continue;
            }
            self.path.clear();
            self.path.push_str(name.as_str());
            self.visit(value, side, 0);
        }
    }

    fn visit(&mut self, value: RawBsonRef<'_>, side: PropertySide, depth: usize) {
        match value {
            RawBsonRef::Document(document) => {
                // Bodies themselves are no properties, their members are.
                if depth > 0 {
                    self.note(value, side);
                }
                if depth >= MAX_DEPTH {
                    return;
                }
                for (name, inner) in document.iter().flatten() {
                    let name = name.as_str();
                    if name.is_empty() || name.starts_with('$') || name.contains('.') || name.len() > 100 {
                        continue;
                    }
                    let length = self.path.len();
                    self.path.push('.');
                    self.path.push_str(name);
                    self.visit(inner, side, depth + 1);
                    self.path.truncate(length);
                }
            }
            RawBsonRef::Array(list) => {
                self.note(value, side);
                for inner in list.into_iter().flatten().take(8) {
                    if matches!(inner, RawBsonRef::Document(_)) {
                        self.visit(inner, side, depth);
                    }
                }
            }
            _ => self.note(value, side),
        }
    }

    fn note(&mut self, value: RawBsonRef<'_>, side: PropertySide) {
        let kind = kind(value);
        if let Some(seen) = self.seen.get_mut(self.path.as_str()) {
            if seen.last_log != self.log {
                seen.last_log = self.log;
                seen.count += 1;
            }
            if !seen.types.contains(&kind) {
                seen.types.push(kind);
            }
            if seen.examples.len() < MAX_EXAMPLES
                && let Some(example) = example(value)
                && !seen.examples.contains(&example)
            {
                seen.examples.push(example);
            }
        } else if self.seen.len() < MAX_PROPERTIES {
            let seen = Seen { side, types: vec![kind], examples: example(value).into_iter().collect(), count: 1, last_log: self.log };
            self.seen.insert(self.path.clone(), seen);
        }
    }

    /// What the file adds to the catalogue, by path.
    pub(super) fn into_deltas(self) -> Vec<PropertyDelta> {
        let delta = |(path, seen): (String, Seen)| PropertyDelta {
            path,
            side: seen.side,
            types: seen.types,
            examples: seen.examples,
            count: seen.count,
        };
        let mut deltas: Vec<_> = self.seen.into_iter().map(delta).collect();
        deltas.sort_by(|a, b| a.path.cmp(&b.path));
        deltas
    }
}

fn kind(value: RawBsonRef<'_>) -> PropertyType {
    match value {
        RawBsonRef::String(_) => PropertyType::String,
        RawBsonRef::Int32(_) | RawBsonRef::Int64(_) | RawBsonRef::Double(_) | RawBsonRef::Decimal128(_) => PropertyType::Number,
        RawBsonRef::Boolean(_) => PropertyType::Bool,
        RawBsonRef::DateTime(_) => PropertyType::Date,
        RawBsonRef::Document(_) => PropertyType::Object,
        RawBsonRef::Array(_) => PropertyType::Array,
        _ => PropertyType::Null,
    }
}

fn example(value: RawBsonRef<'_>) -> Option<String> {
    let text = match value {
        RawBsonRef::String(text) => text.chars().take(EXAMPLE).collect(),
        RawBsonRef::Int32(number) => number.to_string(),
        RawBsonRef::Int64(number) => number.to_string(),
        RawBsonRef::Double(number) => number.to_string(),
        RawBsonRef::Boolean(truth) => truth.to_string(),
        RawBsonRef::DateTime(date) => date.try_to_rfc3339_string().ok()?,
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn properties_are_counted_once_a_log_with_their_types() {
        let mut catalogue = Catalogue::default();
        catalogue.add(
            &rawdoc! { "server": "S", "request": { "method": "A", "list": [{ "n": 1 }, { "n": "x" }] }, "halves": { "request": 1_i64 } },
        );
        catalogue.add(&rawdoc! { "server": "S", "request": { "method": "B" }, "response": null });
        let deltas = catalogue.into_deltas();
        let found: Vec<_> = deltas.iter().map(|delta| (delta.path.as_str(), delta.count)).collect();
        assert_eq!(found, [("request.list", 1), ("request.list.n", 1), ("request.method", 2), ("server", 2)]);
        assert_eq!(deltas[1].types, [PropertyType::Number, PropertyType::String]);
        assert_eq!(deltas[2].examples, ["A", "B"]);
    }
}
