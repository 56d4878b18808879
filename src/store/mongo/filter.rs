//! Filter ─► MongoDB query. Values are always operands, never operators: a text that looks like one stays a text.

use bson::{Bson, Document, doc};

use crate::{
    query::{Filter, Operator, Test, Value},
    store::plan::Plan,
};

/// A plan as queries.
pub(super) struct Translated {
    /// What is read, in the order of an index.
    pub(super) read: Document,
    /// Holds for at least all that fit.
    pub(super) fit: Document,
    /// Both hold for no others.
    pub(super) exact: bool,
}

/// Translates a plan: what MongoDB can decide exactly as it is, of the rest what narrows the search.
pub(super) fn translate(plan: &Plan<'_>) -> Translated {
    let all = |parts: Vec<Document>| {
        if parts.is_empty() {
            Document::new()
        } else {
            doc! { "$and": parts }
        }
    };
    let (mut read, mut fit, mut exact) = (Vec::new(), Vec::new(), true);
    for test in plan.lead.iter().chain(&plan.dates) {
        let query = test_exactly(test);
        exact &= query.is_some();
        read.extend(query);
    }
    for part in &plan.rest {
        let query = exactly(part);
        exact &= query.is_some();
        fit.extend(query.or_else(|| roughly(part)));
    }
    Translated { read: all(read), fit: all(fit), exact }
}

fn exactly(filter: &Filter) -> Option<Document> {
    let list = |parts: &[Filter]| parts.iter().map(exactly).collect::<Option<Vec<_>>>();
    Some(match filter {
        Filter::All => Document::new(),
        Filter::And(parts) if parts.is_empty() => Document::new(),
        Filter::Or(parts) if parts.is_empty() => return None,
        Filter::And(parts) => doc! { "$and": list(parts)? },
        Filter::Or(parts) => doc! { "$or": list(parts)? },
        Filter::Not(inner) => doc! { "$nor": [exactly(inner)?] },
        Filter::Test(test) => test_exactly(test)?,
    })
}

fn test_exactly(test: &Test) -> Option<Document> {
    let path = test.path.as_str();
    // A step that is a number would also be an index to MongoDB only where there is a list, as it is to us.
    let order = |operator: &str, value: &Value| Some(doc! { path: { operator: operand(value)? } });
    match (test.operator, &test.value) {
        (Operator::Equal, value) => equal(path, value),
        (Operator::NotEqual, value) => Some(doc! { "$nor": [equal(path, value)?] }),
        (Operator::Less, value) => order("$lt", value),
        (Operator::AtMost, value) => order("$lte", value),
        (Operator::Greater, value) => order("$gt", value),
        (Operator::AtLeast, value) => order("$gte", value),
        (Operator::In, Value::List(values)) if values.is_empty() => Some(doc! { "$nor": [{}] }),
        (Operator::In, Value::List(values)) => {
            Some(doc! { "$or": values.iter().map(|value| equal(path, value)).collect::<Option<Vec<_>>>()? })
        }
        (Operator::Exists, _) => Some(exists(path)),
        _ => None,
    }
}

/// What narrows the search for a test that is checked again in process.
fn roughly(filter: &Filter) -> Option<Document> {
    let Filter::Test(test) = filter else { return None };
    let path = test.path.as_str();
    match (test.operator, &test.value) {
        (Operator::Between, Value::List(ends)) => match ends.as_slice() {
            [low, high] => Some(doc! { "$and": [{ path: { "$gte": operand(low)? } }, { path: { "$lte": operand(high)? } }] }),
            _ => None,
        },
        (Operator::Contains | Operator::Starts | Operator::Ends | Operator::Matches, Value::Text(_)) => {
            Some(doc! { path: { "$type": "string" } })
        }
        _ => None,
    }
}

fn equal(path: &str, value: &Value) -> Option<Document> {
    match value {
        Value::Null => Some(doc! { "$nor": [exists(path)] }),
        value => Some(doc! { path: { "$eq": operand(value)? } }),
    }
}

/// Some value that is not null: by its type, for `$ne: null` would miss lists of which one element lacks the property.
fn exists(path: &str) -> Document {
    let types =
        ["double", "string", "object", "array", "binData", "objectId", "bool", "date", "regex", "int", "timestamp", "long", "decimal"];
    doc! { path: { "$type": types.to_vec() } }
}

fn operand(value: &Value) -> Option<Bson> {
    Some(match value {
        Value::Text(text) => Bson::String(text.clone()),
        Value::Number(number) => Bson::Double(*number),
        Value::Bool(truth) => Bson::Boolean(*truth),
        Value::Date(date) => Bson::DateTime(*date),
        Value::Id(id) => Bson::ObjectId(*id),
        Value::Null | Value::List(_) => return None,
    })
}
