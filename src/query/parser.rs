//! Tokens ─► [`Filter`], by recursive descent with bounded depth. Errors name the place and what was wanted.

use std::str::FromStr;

use super::{
    Filter, FilterError, Operator, Path, Test, Value,
    error::{MAX_DEPTH, MAX_TESTS},
    lexer,
    lexer::Token,
    typed,
};

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
        let tokens = lexer::tokens(text).map_err(|error| (error.clone(), error.position().unwrap_or_default()))?;
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
                error => error.position().unwrap_or(parser.test_at),
            };
            (error, at)
        })
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
        let test = Filter::Test(Test::new(path, operator, value)?);
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
