//! One test of a filter: operator and value go together, and the value has the type of its field.

use super::{FilterError, Operator, Path, Test, Value, typed};

impl Test {
    /// A test, where operator and value go together; texts that stand for a date or an identifier of a Log become one.
    ///
    /// # Errors
    /// When they do not, or the regular expression is none.
    pub fn new(path: Path, operator: Operator, value: Value) -> Result<Self, FilterError> {
        let value = if operator == Operator::Exists { Value::Null } else { typed::for_path(path.as_str(), operator, value) };
        let is_plain = |values: &[Value]| !values.iter().any(|value| matches!(value, Value::List(_)));
        let fits = match (operator, &value) {
            (Operator::In, Value::List(values)) => is_plain(values),
            (Operator::Between, Value::List(ends)) => ends.len() == 2 && is_plain(ends),
            (_, Value::List(_)) | (Operator::In | Operator::Between, _) => false,
            (Operator::Contains | Operator::Starts | Operator::Ends | Operator::Matches, value) => matches!(value, Value::Text(_)),
            (Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast, value) => {
                matches!(value, Value::Text(_) | Value::Number(_) | Value::Date(_))
            }
            _ => true,
        };
        if !fits {
            return Err(FilterError::Type { operator: operator.word(), value: value.to_string() });
        }
        if let (Operator::Matches, Value::Text(pattern)) = (operator, &value) {
            compile(pattern)?;
        }
        Ok(Self { path, operator, value })
    }
}

/// The regular expression of a `matches` test; its size is bounded.
pub(super) fn compile(pattern: &str) -> Result<regex::Regex, FilterError> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| FilterError::Regex { pattern: pattern.to_owned(), reason: error.to_string() })
}
