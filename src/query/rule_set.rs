//! The nested rule sets of the original program and of common query-builder widgets:
//! `{"condition": "and", "rules": [{"field", "operator", "value"}, {"condition": …}]}`.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Filter, FilterError, Operator, Test, Value,
    error::{MAX_DEPTH, MAX_TESTS},
};

#[derive(Deserialize)]
#[serde(untagged)]
enum Node {
    Set {
        condition: String,
        rules: Vec<Node>,
        #[serde(default)]
        not: bool,
    },
    Rule {
        field: String,
        operator: String,
        #[serde(default)]
        value: Json,
    },
}

/// Reads a rule set.
pub(super) fn from_json(text: &str) -> Result<Filter, FilterError> {
    let node: Node = serde_json::from_str(text).map_err(|error| FilterError::RuleSet(error.to_string()))?;
    let mut n_tests = 0;
    filter(node, 0, &mut n_tests)
}

fn filter(node: Node, depth: usize, n_tests: &mut usize) -> Result<Filter, FilterError> {
    *n_tests += 1;
    if depth > MAX_DEPTH || *n_tests > MAX_TESTS {
        return Err(FilterError::TooLarge);
    }
    match node {
        Node::Set { condition, rules, not } => {
            let depth = inside(depth, not)?;
            let mut parts = Vec::with_capacity(rules.len());
            for rule in rules {
                parts.push(filter(rule, depth + 1, n_tests)?);
            }
            let set = match (condition.to_ascii_lowercase().as_str(), parts.len()) {
                (_, 0) => Filter::All,
                (_, 1) => parts.remove(0),
                ("and", _) => Filter::And(parts),
                ("or", _) => Filter::Or(parts),
                (other, _) => return Err(FilterError::RuleSet(format!("`{other}` is neither `and` nor `or`"))),
            };
            Ok(if not { Filter::Not(Box::new(set)) } else { set })
        }
        Node::Rule { field, operator, value } => {
            let (operator, negated) = operator_named(&operator)?;
            inside(depth, negated)?;
            let test = Filter::Test(Test::new(field.parse()?, operator, from_json_value(value)?)?);
            Ok(if negated { Filter::Not(Box::new(test)) } else { test })
        }
    }
}

/// The depth inside a `not`, which is a level of its own where a filter is written as text.
fn inside(depth: usize, not: bool) -> Result<usize, FilterError> {
    let depth = depth + usize::from(not);
    if depth > MAX_DEPTH { Err(FilterError::TooLarge) } else { Ok(depth) }
}

/// Our own words, and those of query builders (`equal`, `not_begins_with`, `is_null`, …); the flag says negated.
fn operator_named(name: &str) -> Result<(Operator, bool), FilterError> {
    if let Some(operator) = Operator::from_word(name) {
        return Ok((operator, false));
    }
    let (plain, negated) = match name.strip_prefix("not_") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let operator = match plain {
        "equal" => Operator::Equal,
        "less" => Operator::Less,
        "less_or_equal" => Operator::AtMost,
        "greater" => Operator::Greater,
        "greater_or_equal" => Operator::AtLeast,
        "begins_with" => Operator::Starts,
        "ends_with" => Operator::Ends,
        "contains" | "in" | "between" => Operator::from_word(plain).unwrap_or(Operator::Equal),
        "is_null" => return Ok((Operator::Exists, true)),
        "is_not_null" => return Ok((Operator::Exists, false)),
        _ => return Err(FilterError::RuleSet(format!("`{name}` is no operator"))),
    };
    Ok((operator, negated))
}

fn from_json_value(value: Json) -> Result<Value, FilterError> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(values.into_iter().map(from_json_value).collect::<Result<_, _>>()?),
        Json::Object(_) => return Err(FilterError::RuleSet("a value is a text, a number, true, false, null or a list".to_owned())),
    })
}
