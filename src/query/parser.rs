//! Tokens ─► [`Filter`], by recursive descent with bounded depth. Errors name the place and what was wanted.

use std::str::FromStr;

use super::{Filter, Operator, Path, PathError, Test, Value, lexer, lexer::Token, typed};

/// Deepest nesting of parentheses and `not`.
pub(super) const MAX_DEPTH: usize = 64;
/// Most tests of one filter.
pub(super) const MAX_TESTS: usize = 500;

/// Why a text is no filter; `at` counts bytes from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FilterError {
    /// A quote is never closed.
    #[error("the quote opened at byte {at} is never closed")]
    Unclosed {
        /// Where it opens.
        at: usize,
    },
    /// Something else was wanted here.
    #[error("at byte {at}: found `{found}`, wanted {wanted}")]
    Unexpected {
        /// Where.
        at: usize,
        /// What stands there.
        found: String,
        /// What would have been right.
        wanted: &'static str,
    },
    /// The text ends too early.
    #[error("the filter ends where {wanted} was wanted")]
    Ended {
        /// What would have been right.
        wanted: &'static str,
    },
    /// A path is not valid.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The regular expression is not valid.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Regex {
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An operator and a value do not go together.
    #[error("`{operator}` cannot be used with {value}")]
    Type {
        /// The operator's word.
        operator: &'static str,
        /// The value as text.
        value: String,
    },
    /// Too much of it.
    #[error("a filter is nested at most {MAX_DEPTH} deep and has at most {MAX_TESTS} tests")]
    TooLarge,
    /// A rule set is not of the shape that it should be.
    #[error("rule set: {0}")]
    RuleSet(String),
}

impl FilterError {
    /// The byte at which the fault stands, where it has a place.
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Unclosed { at } | Self::Unexpected { at, .. } => Some(*at),
            _ => None,
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    /// Reads `path op value` tests joined by `and`, `or`, `not` and parentheses; text that begins with `{` is a rule set in
    /// JSON; blank text is every Log.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::located(text).map_err(|(error, _)| error)
    }
}

impl Filter {
    /// Reads a filter as [`str::parse`] does; with what is wrong comes the byte at which it stands.
    ///
    /// # Errors
    /// When the text is no filter.
    pub fn located(text: &str) -> Result<Self, (FilterError, usize)> {
        if text.trim_start().starts_with('{') {
            return super::rule_set::from_json(text).map_err(|error| (error, 0));
        }
        let tokens = lexer::tokens(text).map_err(|error| (error.clone(), error.place().unwrap_or_default()))?;
        if tokens.is_empty() {
            return Ok(Filter::All);
        }
        let mut parser = Parser { tokens, next: 0, n_tests: 0, test_at: 0 };
        let read = parser.any(0).and_then(|filter| match parser.tokens.get(parser.next) {
            None => Ok(filter),
            Some(_) => Err(parser.unexpected("`and`, `or` or the end")),
        });
        read.map_err(|error| {
            // What is wrong with a whole test stands where the test begins.
            let at = match &error {
                FilterError::Ended { .. } => text.trim_end().len(),
                error => error.place().unwrap_or(parser.test_at),
            };
            (error, at)
        })
    }
}

impl FilterError {
    fn place(&self) -> Option<usize> {
        match self {
            Self::Unclosed { at } | Self::Unexpected { at, .. } => Some(*at),
            _ => None,
        }
    }
}

impl Test {
    /// A test, where operator and value go together; texts that stand for a date or an identifier of a Log become one.
    ///
    /// # Errors
    /// When they do not, or the regular expression is none.
    pub fn new(path: Path, operator: Operator, value: Value) -> Result<Self, FilterError> {
        test(path, operator, value)
    }
}

impl Value {
    /// Reads a value as it would stand in a filter; whatever is no quoted text, number, date, `true`, `false` or `null` is a text as it is.
    pub fn read(text: &str) -> Self {
        match lexer::tokens(text).ok().and_then(|mut tokens| if tokens.len() == 1 { tokens.pop() } else { None }) {
            Some((_, Token::Text(quoted))) => Self::Text(quoted),
            Some((_, Token::Word(word))) if word == text => bare_value(&word),
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// Checks operator and value against each other and gives the value the type of its field.
pub(super) fn test(path: Path, operator: Operator, value: Value) -> Result<Test, FilterError> {
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
    Ok(Test { path, operator, value })
}

/// The regular expression of a `matches` test; its size is bounded.
pub(super) fn compile(pattern: &str) -> Result<regex::Regex, FilterError> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| FilterError::Regex { pattern: pattern.to_owned(), reason: error.to_string() })
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    n_tests: usize,
    /// Where the test at hand begins.
    test_at: usize,
}

impl Parser {
    fn unexpected(&self, wanted: &'static str) -> FilterError {
        match self.tokens.get(self.next) {
            None => FilterError::Ended { wanted },
            Some((at, token)) => {
                let found = match token {
                    Token::Word(text) | Token::QuotedPath(text) | Token::Text(text) => text.clone(),
                    Token::Sign(sign) => (*sign).to_owned(),
                    Token::Open => "(".to_owned(),
                    Token::Close => ")".to_owned(),
                    Token::Comma => ",".to_owned(),
                };
                FilterError::Unexpected { at: *at, found, wanted }
            }
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let there = self.peek() == Some(token);
        self.next += usize::from(there);
        there
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(there);
        there
    }

    fn any(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut parts = vec![self.one(depth)?];
        while self.take_word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, FilterError> {
        if depth > MAX_DEPTH {
            return Err(FilterError::TooLarge);
        }
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take(&Token::Open) {
            if self.take(&Token::Close) {
                return Ok(Filter::All);
            }
            let inner = self.any(depth + 1)?;
            return if self.take(&Token::Close) { Ok(inner) } else { Err(self.unexpected("`)`")) };
        }
        self.n_tests += 1;
        if self.n_tests > MAX_TESTS {
            return Err(FilterError::TooLarge);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Filter, FilterError> {
        self.test_at = self.tokens.get(self.next).map_or(self.test_at, |(at, _)| *at);
        let path: Path = match self.peek() {
            Some(Token::Word(text) | Token::QuotedPath(text)) => text.parse()?,
            _ => return Err(self.unexpected("a property such as `request.method`")),
        };
        self.next += 1;
        let negated = self.take_word("not");
        let operator = match self.peek() {
            Some(Token::Sign(sign)) => Operator::from_word(sign),
            Some(Token::Word(word)) => Operator::from_word(word),
            _ => None,
        };
        let Some(operator) = operator else { return Err(self.unexpected("an operator such as `=` or `contains`")) };
        self.next += 1;
        let value = match operator {
            Operator::Exists => Value::Null,
            Operator::In => self.list()?,
            Operator::Between => {
                let low = self.value()?;
                if !self.take_word("and") {
                    return Err(self.unexpected("`and` and the upper end"));
                }
                Value::List(vec![low, self.value()?])
            }
            _ => self.value()?,
        };
        let test = Filter::Test(test(path, operator, value)?);
        Ok(if negated { Filter::Not(Box::new(test)) } else { test })
    }

    fn list(&mut self) -> Result<Value, FilterError> {
        if !self.take(&Token::Open) {
            return Err(self.unexpected("a list such as `(\"A\", \"B\")`"));
        }
        let mut values = Vec::new();
        while !self.take(&Token::Close) {
            values.push(self.value()?);
            if !self.take(&Token::Comma) && self.peek() != Some(&Token::Close) {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        Ok(Value::List(values))
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        let value = match self.peek() {
            Some(Token::Text(text)) => Value::Text(text.clone()),
            Some(Token::Word(word)) => bare_value(word),
            _ => return Err(self.unexpected("a value")),
        };
        self.next += 1;
        Ok(value)
    }
}

/// What a bare word means as a value.
fn bare_value(word: &str) -> Value {
    match word {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "null" => return Value::Null,
        _ => {}
    }
    let numeric = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match word.parse::<f64>() {
        Ok(number) if numeric && number.is_finite() => Value::Number(number),
        _ => typed::date(word).map_or_else(|| Value::Text(word.to_owned()), Value::Date),
    }
}
