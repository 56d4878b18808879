//! Whether a document satisfies a filter: the reference meaning of the algebra, over encoded documents.

use std::cmp::Ordering;

use bson::{RawBsonRef, RawDocument};

use super::{Filter, Operator, Test, Value, patterns};

impl Filter {
    /// Whether the Log satisfies the filter.
    pub fn accepts(&self, document: &RawDocument) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.accepts(document)),
            Self::Or(parts) => parts.iter().any(|part| part.accepts(document)),
            Self::Not(inner) => !inner.accepts(document),
            Self::Test(test) => test.accepts(document),
        }
    }

    /// Whether some test needs a regular expression, which stores do not evaluate.
    pub fn needs_process(&self) -> bool {
        match self {
            Self::All => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::needs_process),
            Self::Not(inner) => inner.needs_process(),
            Self::Test(test) => test.operator == Operator::Matches,
        }
    }
}

impl Test {
    /// Whether some value at the path stands in the relation.
    pub fn accepts(&self, document: &RawDocument) -> bool {
        let steps: Vec<&str> = self.path.steps().collect();
        let found = |holds: &dyn Fn(RawBsonRef<'_>) -> bool| any_at(RawBsonRef::Document(document), &steps, holds);
        let equal = |value: &Value| match value {
            Value::Null => !found(&|there| there != RawBsonRef::Null),
            value => found(&|there| compare(there, value) == Some(Ordering::Equal)),
        };
        let ordered = |value: &Value, wanted: fn(Ordering) -> bool| found(&|there| compare(there, value).is_some_and(wanted));
        match (self.operator, &self.value) {
            (Operator::Equal, value) => equal(value),
            (Operator::NotEqual, value) => !equal(value),
            (Operator::Less, value) => ordered(value, Ordering::is_lt),
            (Operator::AtMost, value) => ordered(value, Ordering::is_le),
            (Operator::Greater, value) => ordered(value, Ordering::is_gt),
            (Operator::AtLeast, value) => ordered(value, Ordering::is_ge),
            (Operator::In, Value::List(values)) => values.iter().any(equal),
            (Operator::Between, Value::List(ends)) => match ends.as_slice() {
                [low, high] => {
                    found(&|there| compare(there, low).is_some_and(Ordering::is_ge) && compare(there, high).is_some_and(Ordering::is_le))
                }
                _ => false,
            },
            (Operator::Exists, _) => found(&|there| there != RawBsonRef::Null),
            (Operator::Matches, Value::Text(pattern)) => {
                patterns::compiled(pattern).is_some_and(|regex| found(&|there| there.as_str().is_some_and(|text| regex.is_match(text))))
            }
            (operator, Value::Text(part)) => {
                let part = part.to_lowercase();
                found(&|there| there.as_str().is_some_and(|text| text_holds(operator, &text.to_lowercase(), &part)))
            }
            _ => false,
        }
    }
}

fn text_holds(operator: Operator, text: &str, part: &str) -> bool {
    match operator {
        Operator::Contains => text.contains(part),
        Operator::Starts => text.starts_with(part),
        Operator::Ends => text.ends_with(part),
        _ => false,
    }
}

/// Whether some value reached by the steps holds; lists are stepped into, at the end one level deep.
fn any_at(value: RawBsonRef<'_>, steps: &[&str], holds: &dyn Fn(RawBsonRef<'_>) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return holds(value) || value.as_array().is_some_and(|list| list.into_iter().flatten().any(holds));
    };
    match value {
        RawBsonRef::Document(document) => match document.get(*step) {
            Ok(Some(inner)) => any_at(inner, rest, holds),
            _ => false,
        },
        RawBsonRef::Array(list) => {
            let by_index = step.parse().ok().and_then(|index| list.get(index).ok().flatten());
            by_index.is_some_and(|inner| any_at(inner, rest, holds))
                || list.into_iter().flatten().any(|inner| matches!(inner, RawBsonRef::Document(_)) && any_at(inner, steps, holds))
        }
        _ => false,
    }
}

/// The order of a stored value against one asked for; `None` where the types differ.
fn compare(there: RawBsonRef<'_>, asked: &Value) -> Option<Ordering> {
    match asked {
        Value::Text(text) => there.as_str().map(|there| there.cmp(text.as_str())),
        Value::Number(number) => numeric(there)?.partial_cmp(number),
        Value::Bool(truth) => there.as_bool().map(|there| there.cmp(truth)),
        Value::Date(date) => there.as_datetime().map(|there| there.cmp(date)),
        Value::Id(id) => there.as_object_id().map(|there| there.cmp(id)),
        Value::Null | Value::List(_) => None,
    }
}

fn numeric(value: RawBsonRef<'_>) -> Option<f64> {
    match value {
        RawBsonRef::Int32(number) => Some(f64::from(number)),
        RawBsonRef::Int64(number) => Some(number as f64),
        RawBsonRef::Double(number) => Some(number),
        RawBsonRef::Decimal128(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
