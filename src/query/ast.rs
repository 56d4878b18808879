//! The algebra itself: values only, and the text they are written as.

use std::fmt;

use bson::{DateTime, oid::ObjectId};

use super::Path;

/// A condition on a Log.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every Log.
    All,
    /// All of these hold.
    And(Vec<Filter>),
    /// At least one of these holds.
    Or(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// A test of one property.
    Test(Test),
}

impl Filter {
    /// Facts that a Log must have at least to be accepted: the more, the more specific the condition.
    pub fn n_facts(&self) -> usize {
        match self {
            Self::All => 0,
            Self::And(parts) => parts.iter().map(Self::n_facts).sum(),
            Self::Or(parts) => parts.iter().map(Self::n_facts).min().unwrap_or_default(),
            Self::Not(_) | Self::Test(_) => 1,
        }
    }
}

/// A test of one property: some value found at `path` stands in this relation to `value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Where to look.
    pub path: Path,
    /// The relation.
    pub operator: Operator,
    /// What to compare with; a list for `in` and `between`, [`Value::Null`] for `exists`.
    pub value: Value,
}

/// A relation between a property's value and the value asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Same type and value; `= null` holds also where the property is absent.
    Equal,
    /// The opposite of `Equal`: no value found is equal.
    NotEqual,
    /// Numbers, texts and dates in their order.
    Less,
    /// As `Less`, or equal.
    AtMost,
    /// As `Less`, the other way round.
    Greater,
    /// As `Greater`, or equal.
    AtLeast,
    /// Text that contains this one, whatever the case.
    Contains,
    /// Text that begins with this one, whatever the case.
    Starts,
    /// Text that ends with this one, whatever the case.
    Ends,
    /// Text that matches this regular expression; evaluated in process, in linear time.
    Matches,
    /// Equal to one of a list.
    In,
    /// Between two values, both included.
    Between,
    /// The property is there and not null.
    Exists,
}

impl Operator {
    /// Every operator with its word, in the order in which they are explained to people.
    pub const ALL: [(Operator, &'static str); 13] = [
        (Self::Equal, "="),
        (Self::NotEqual, "!="),
        (Self::Less, "<"),
        (Self::AtMost, "<="),
        (Self::Greater, ">"),
        (Self::AtLeast, ">="),
        (Self::Contains, "contains"),
        (Self::Starts, "starts"),
        (Self::Ends, "ends"),
        (Self::Matches, "matches"),
        (Self::In, "in"),
        (Self::Between, "between"),
        (Self::Exists, "exists"),
    ];

    /// The word it is written as.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("=", |(_, word)| word)
    }

    /// The operator written as this word, whatever its case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(operator, _)| *operator)
    }
}

/// A typed value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number; 64-bit integers up to 2^53 are exact.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A moment.
    Date(DateTime),
    /// An identifier of a document.
    Id(ObjectId),
    /// Null, or an absent property.
    Null,
    /// Several, for `in` and `between`.
    List(Vec<Value>),
}

impl fmt::Display for Filter {
    /// Writes text that parses to the same filter, nested no deeper than the text or rule set it came from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::And(parts) => join(f, parts, "and", |part| matches!(part, Self::Test(_) | Self::Not(_))),
            Self::Or(parts) => join(f, parts, "or", |part| matches!(part, Self::Test(_) | Self::Not(_) | Self::And(_))),
            Self::Not(inner) => join(f, std::slice::from_ref(inner.as_ref()), "not", |part| matches!(part, Self::Test(_) | Self::Not(_))),
            Self::Test(test) => write!(f, "{test}"),
        }
    }
}

/// Writes the parts with the word between them, or before the only one; `is_bare` tells which need no parentheses.
fn join(f: &mut fmt::Formatter<'_>, parts: &[Filter], word: &str, is_bare: impl Fn(&Filter) -> bool) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        match index {
            0 if word == "not" => f.write_str("not ")?,
            0 => {}
            _ => write!(f, " {word} ")?,
        }
        if is_bare(part) {
            write!(f, "{part}")?;
        } else {
            write!(f, "({part})")?;
        }
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.operator.word();
        match (self.operator, &self.value) {
            (Operator::Exists, _) => write!(f, "{} {word}", self.path),
            (Operator::Between, Value::List(ends)) => match ends.as_slice() {
                [low, high] => write!(f, "{} {word} {low} and {high}", self.path),
                _ => write!(f, "{} {word} {}", self.path, self.value),
            },
            (_, value) => write!(f, "{} {word} {value}", self.path),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                // On one line, so that a field of a page can hold it.
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
                write!(f, "\"{text}\"")
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Date(date) => f.write_str(&date.try_to_rfc3339_string().unwrap_or_else(|_| date.timestamp_millis().to_string())),
            Self::Id(id) => write!(f, "\"{}\"", id.to_hex()),
            Self::Null => f.write_str("null"),
            Self::List(values) => {
                f.write_str("(")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}
