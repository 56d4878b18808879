//! The properties seen in one file's Logs, gathered while it is read.

mod shape;

use bson::{RawBsonRef, RawDocument};
use rustc_hash::FxHashMap;

use crate::domain::{PropertyDelta, PropertySide, PropertyType};
pub(super) use shape::shape;

/// Properties of one file that are counted; a file that invents more is not catalogued beyond them.
const MAX_PROPERTIES: usize = 4000;
/// Shapes of Logs that are told apart; Logs of others are looked at one by one.
const MAX_SHAPES: usize = 10_000;
/// Levels that are looked into.
const MAX_DEPTH: usize = 8;
/// Elements of a list that are looked into.
const MAX_ITEMS: usize = 8;
/// Examples kept of a property.
const MAX_EXAMPLES: usize = 3;
/// Length of an example, in characters.
const EXAMPLE: usize = 60;

/// Gathers properties.
#[derive(Default)]
pub(super) struct Catalogue {
    places: FxHashMap<String, usize>,
    seen: Vec<Seen>,
    shapes: FxHashMap<u64, Shape>,
    path: String,
    /// The properties of the Log at hand, each once.
    present: Vec<usize>,
}

struct Seen {
    side: PropertySide,
    types: Vec<PropertyType>,
    examples: Vec<String>,
    count: i64,
}

/// Logs that have the same properties.
struct Shape {
    n_logs: i64,
    properties: Vec<usize>,
}

impl Catalogue {
    /// Takes a Log's properties into account.
    pub(super) fn add(&mut self, log: &RawDocument) {
        self.add_of(shape(log.as_bytes()), log);
    }

    /// As [`Catalogue::add`], of a Log whose shape is known.
    pub(super) fn add_of(&mut self, shape: Option<u64>, log: &RawDocument) {
        if let Some(known) = shape.and_then(|shape| self.shapes.get_mut(&shape)) {
            known.n_logs += 1;
            // The first few of a shape bring examples.
            if known.n_logs > MAX_EXAMPLES as i64 {
                return;
            }
            self.look(log);
        } else {
            self.look(log);
            let properties = std::mem::take(&mut self.present);
            match shape.filter(|_| self.shapes.len() < MAX_SHAPES) {
                Some(shape) => {
                    self.shapes.insert(shape, Shape { n_logs: 1, properties });
                }
                None => self.count(&properties, 1),
            }
        }
    }

    fn count(&mut self, properties: &[usize], n: i64) {
        for place in properties {
            if let Some(seen) = self.seen.get_mut(*place) {
                seen.count += n;
            }
        }
    }

    /// Notes which properties a Log has.
    fn look(&mut self, log: &RawDocument) {
        self.present.clear();
        for (name, value) in log.iter().flatten() {
            let side = match name.as_str() {
                "request" => PropertySide::Request,
                "response" => PropertySide::Response,
                // Fingerprints and bookkeeping are of no use to people.
                "_id" | "halves" | "session_key" | "pairing_key" | "problems" | "verdict" | "log_file_id" | "completion" | "meets" => {
                    continue;
                }
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
                for inner in list.into_iter().flatten().take(MAX_ITEMS) {
                    if matches!(inner, RawBsonRef::Document(_)) {
                        self.visit(inner, side, depth);
                    }
                }
            }
            _ => self.note(value, side),
        }
    }

    fn note(&mut self, value: RawBsonRef<'_>, side: PropertySide) {
        let place = match self.places.get(self.path.as_str()) {
            Some(place) => *place,
            None if self.seen.len() < MAX_PROPERTIES => {
                self.places.insert(self.path.clone(), self.seen.len());
                self.seen.push(Seen { side, types: Vec::new(), examples: Vec::new(), count: 0 });
                self.seen.len() - 1
            }
            None => return,
        };
        let Some(seen) = self.seen.get_mut(place) else { return };
        if !self.present.contains(&place) {
            self.present.push(place);
        }
        let kind = kind(value);
        if !seen.types.contains(&kind) {
            seen.types.push(kind);
        }
        if seen.examples.len() < MAX_EXAMPLES
            && let Some(example) = example(value)
            && !seen.examples.contains(&example)
        {
            seen.examples.push(example);
        }
    }

    /// What the file adds to the catalogue, by path.
    pub(super) fn into_deltas(mut self) -> Vec<PropertyDelta> {
        for Shape { n_logs, properties } in std::mem::take(&mut self.shapes).into_values() {
            self.count(&properties, n_logs);
        }
        let mut paths: Vec<(usize, String)> = self.places.into_iter().map(|(path, place)| (place, path)).collect();
        paths.sort_unstable();
        let delta = |((_, path), seen): ((usize, String), Seen)| PropertyDelta {
            path,
            side: seen.side,
            types: seen.types,
            examples: seen.examples,
            count: seen.count,
        };
        let mut deltas: Vec<_> = paths.into_iter().zip(self.seen).map(delta).collect();
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

    #[test]
    fn logs_of_one_shape_are_all_counted() {
        let mut catalogue = Catalogue::default();
        for n in 0..1000_i64 {
            catalogue.add(&rawdoc! { "request": { "n": n, "inner": { "a": n } } });
            catalogue.add(&rawdoc! { "request": { "n": "text", "other": n } });
        }
        let found: Vec<_> = catalogue.into_deltas().into_iter().map(|delta| (delta.path, delta.count, delta.examples.len())).collect();
        let expected = [("request.inner", 1000, 0), ("request.inner.a", 1000, 3), ("request.n", 2000, 3), ("request.other", 1000, 3)];
        assert_eq!(found, expected.map(|(path, count, n)| (path.to_owned(), count, n)));
    }
}
