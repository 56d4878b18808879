//! The meaning of filters once more, as slowly and plainly as it can be said: all values that a path reaches, then the test.

use std::cmp::Ordering;

use bson::{Bson, Document};

use crate::query::{Filter, Operator, Test, Value};

pub(super) fn accepts(filter: &Filter, document: &Document) -> bool {
    match filter {
        Filter::All => true,
        Filter::And(parts) => parts.iter().filter(|part| !accepts(part, document)).count() == 0,
        Filter::Or(parts) => parts.iter().filter(|part| accepts(part, document)).count() > 0,
        Filter::Not(inner) => !accepts(inner, document),
        Filter::Test(test) => holds(test, document),
    }
}

fn holds(test: &Test, document: &Document) -> bool {
    let steps: Vec<&str> = test.path.as_str().split('.').collect();
    let values: Vec<Bson> = reached(&Bson::Document(document.clone()), &steps).into_iter().filter(|value| *value != Bson::Null).collect();
    let any =
        |wanted: &[Ordering], asked: &Value| values.iter().any(|value| order(value, asked).is_some_and(|order| wanted.contains(&order)));
    let equal = |asked: &Value| if *asked == Value::Null { values.is_empty() } else { any(&[Ordering::Equal], asked) };
    match (test.operator, &test.value) {
        (Operator::Equal, asked) => equal(asked),
        (Operator::NotEqual, asked) => !equal(asked),
        (Operator::Less, asked) => any(&[Ordering::Less], asked),
        (Operator::AtMost, asked) => any(&[Ordering::Less, Ordering::Equal], asked),
        (Operator::Greater, asked) => any(&[Ordering::Greater], asked),
        (Operator::AtLeast, asked) => any(&[Ordering::Greater, Ordering::Equal], asked),
        (Operator::In, Value::List(list)) => list.iter().any(equal),
        (Operator::Between, Value::List(ends)) => values.iter().any(|value| {
            matches!(order(value, &ends[0]), Some(Ordering::Greater | Ordering::Equal))
                && matches!(order(value, &ends[1]), Some(Ordering::Less | Ordering::Equal))
        }),
        (Operator::Exists, _) => !values.is_empty(),
        (operator, Value::Text(part)) => values.iter().filter_map(Bson::as_str).any(|text| {
            let (low, small) = (text.to_lowercase(), part.to_lowercase());
            match operator {
                Operator::Contains => low.split(&small).count() > 1,
                Operator::Starts => low.strip_prefix(&small).is_some(),
                Operator::Ends => low.strip_suffix(&small).is_some(),
                _ => regex::Regex::new(part).unwrap().is_match(text),
            }
        }),
        other => panic!("{other:?} is no test"),
    }
}

/// Every value at the path; of a list at its end also the elements.
fn reached(value: &Bson, steps: &[&str]) -> Vec<Bson> {
    match (steps, value) {
        ([], Bson::Array(list)) => [vec![value.clone()], list.clone()].concat(),
        ([], value) => vec![value.clone()],
        ([step, rest @ ..], Bson::Document(document)) => document.get(step).map(|inner| reached(inner, rest)).unwrap_or_default(),
        ([step, rest @ ..], Bson::Array(list)) => {
            let at_place = step.parse::<usize>().ok().and_then(|place| list.get(place)).map(|inner| reached(inner, rest));
            let in_documents = list.iter().filter(|inner| inner.as_document().is_some()).flat_map(|inner| reached(inner, steps));
            at_place.into_iter().flatten().chain(in_documents).collect()
        }
        _ => vec![],
    }
}

fn order(value: &Bson, asked: &Value) -> Option<Ordering> {
    match (value, asked) {
        (Bson::String(value), Value::Text(asked)) => Some(value.as_str().cmp(asked)),
        (Bson::Int32(value), Value::Number(asked)) => f64::from(*value).partial_cmp(asked),
        (Bson::Int64(value), Value::Number(asked)) => (*value as f64).partial_cmp(asked),
        (Bson::Double(value), Value::Number(asked)) => value.partial_cmp(asked),
        (Bson::Decimal128(value), Value::Number(asked)) => value.to_string().parse::<f64>().ok()?.partial_cmp(asked),
        (Bson::Boolean(value), Value::Bool(asked)) => Some(value.cmp(asked)),
        (Bson::DateTime(value), Value::Date(asked)) => Some(value.cmp(asked)),
        (Bson::ObjectId(value), Value::Id(asked)) => Some(value.cmp(asked)),
        _ => None,
    }
}
