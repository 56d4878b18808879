//! The fields of a condition in the query builder: what the text of a value means, which text stands for a value, which operators fit.

use crate::{
    domain::PropertyType,
    query::{Filter, FilterError, Operator, Test, Value},
};

/// Operators that can be denied in a row of their own; the others have an opposite, or are denied as a group.
pub(super) const DENIED: [Operator; 7] =
    [Operator::Contains, Operator::Starts, Operator::Ends, Operator::Matches, Operator::In, Operator::Between, Operator::Exists];

/// What a field's text means beside this operator, for a property of these types.
pub(super) fn value(operator: Operator, text: &str, types: &[PropertyType]) -> Result<Value, FilterError> {
    let only_texts = !types.is_empty() && types.iter().all(|kind| matches!(kind, PropertyType::String | PropertyType::Null));
    Ok(match operator {
        Operator::Exists => Value::Null,
        Operator::In => match list(&format!("x in ({text})")) {
            Ok(list) => list,
            // Without quotes, what stands between the commas is meant.
            Err(_) if !text.contains('"') => Value::List(text.split(',').map(|part| Value::read(part.trim())).collect()),
            Err(error) => return Err(error),
        },
        Operator::Between => list(&format!("x between {text}"))?,
        Operator::Contains | Operator::Starts | Operator::Ends | Operator::Matches => plain_text(text),
        _ if only_texts && text != "null" => plain_text(text),
        _ => Value::read(text),
    })
}

/// A text as it is, or what stands in quotes.
fn plain_text(text: &str) -> Value {
    match Value::read(text) {
        Value::Text(text) => Value::Text(text),
        _ => Value::Text(text.to_owned()),
    }
}

fn list(text: &str) -> Result<Value, FilterError> {
    match text.parse::<Filter>()? {
        Filter::Test(Test { value: value @ Value::List(_), .. }) => Ok(value),
        _ => Err(FilterError::Type { operator: Operator::In.word(), value: text.to_owned() }),
    }
}

/// The text for the field of a test's value, such that it means the same again; `None` where there is none.
pub(super) fn shown(test: &Test, types: &[PropertyType]) -> Option<String> {
    let text = match (&test.value, test.operator) {
        (_, Operator::Exists) => String::new(),
        (Value::List(ends), Operator::Between) => match ends.as_slice() {
            [low, high] => format!("{low} and {high}"),
            _ => return None,
        },
        (Value::List(values), _) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        (Value::Text(text), operator) if value(operator, text, types).ok().as_ref() == Some(&test.value) => text.clone(),
        (value, _) => value.to_string(),
    };
    let text = if text.contains('\n') { test.value.to_string() } else { text };
    let again = value(test.operator, &text, types).ok().and_then(|value| Test::new(test.path.clone(), test.operator, value).ok())?;
    // A field drops line ends.
    (again == *test && !text.contains('\r')).then_some(text)
}

/// The words of the operators that a property of these types can be asked with; all of them where it was not seen.
pub(super) fn operators(types: &[PropertyType], chosen: &str) -> Vec<String> {
    let has = |kind: PropertyType| types.contains(&kind);
    let composed = types.is_empty() || has(PropertyType::Array) || has(PropertyType::Object);
    let (text, number) = (composed || has(PropertyType::String), composed || has(PropertyType::Number) || has(PropertyType::Date));
    let fits = |operator: Operator| match operator {
        Operator::Equal | Operator::NotEqual | Operator::In | Operator::Exists => true,
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast | Operator::Between => number || text,
        Operator::Contains | Operator::Starts | Operator::Ends | Operator::Matches => text,
    };
    let mut words = Vec::new();
    for (operator, word) in Operator::ALL.into_iter().filter(|(operator, word)| fits(*operator) || *word == chosen) {
        words.push(word.to_owned());
        if DENIED.contains(&operator) {
            words.push(format!("not {word}"));
        }
    }
    if !words.iter().any(|word| word == chosen) && !chosen.is_empty() {
        words.push(chosen.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_follow_the_type() {
        let words = |types: &[PropertyType]| operators(types, "=");
        assert!(words(&[PropertyType::String]).contains(&"not contains".to_owned()));
        assert!(!words(&[PropertyType::Number]).contains(&"contains".to_owned()));
        assert!(!words(&[PropertyType::Bool]).contains(&"<".to_owned()));
        assert_eq!(words(&[]).len(), Operator::ALL.len() + DENIED.len());
    }
}
