//! What belongs together among the tokens of a message: a number and its unit, a date, a list, a bracket and what it repeats.

use super::lexicon;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A word that tells messages apart.
    Word,
    /// A mark between words.
    Mark(char),
    /// A value by its look or place.
    Value,
}

/// A piece of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    start: usize,
    end: usize,
    class: Class,
}

/// The tokens of a message in order.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'m> {
    message: &'m str,
    tokens: Vec<Token>,
}

impl<'m> Tokens<'m> {
    /// None yet; what is in the buffer is forgotten.
    pub(super) fn new(message: &'m str, mut buffer: Vec<Token>) -> Self {
        buffer.clear();
        Self { message, tokens: buffer }
    }

    /// The buffer, for the next message.
    pub(super) fn into_buffer(self) -> Vec<Token> {
        self.tokens
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Class and text of each token.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (Class, &'m str)> + '_ {
        self.tokens.iter().map(|token| (token.class, self.text(token)))
    }

    /// The text at a place.
    pub(super) fn get(&self, place: usize) -> Option<&'m str> {
        self.tokens.get(place).map(|token| self.text(token))
    }

    /// Whether no blank stands before each token.
    pub(super) fn glued(&self) -> impl Iterator<Item = bool> + '_ {
        let mut end = 0;
        self.tokens.iter().map(move |token| std::mem::replace(&mut end, token.end) == token.start)
    }

    pub(super) fn ends_with_mark(&self) -> bool {
        matches!(self.tokens.last(), Some(Token { class: Class::Mark(_), .. }))
    }

    /// Whether the last tokens are `key=` without blanks.
    pub(super) fn ends_with_assignment(&self) -> bool {
        match self.tokens.as_slice() {
            [.., key, Token { class: Class::Mark('='), start, .. }] => key.end == *start && !matches!(key.class, Class::Mark(_)),
            _ => false,
        }
    }

    /// Whether the next token is the value of a property that says what happened: `"error":` or `error=`.
    pub(super) fn ends_with_telling_property(&self) -> bool {
        match *self.tokens.as_slice() {
            [.., property, Token { class: Class::Mark('"' | '\''), .. }, Token { class: Class::Mark(':'), .. }]
            | [.., property, Token { class: Class::Mark('=' | ':'), .. }] => {
                property.class == Class::Word && lexicon::is_telling(self.text(&property))
            }
            _ => false,
        }
    }

    pub(super) fn push_word(&mut self, word: &str, start: usize) {
        let end = start + word.len();
        match *self.tokens.as_slice() {
            [.., Token { class: Class::Word, start: noun_start, end: noun_end }] => {
                let noun = self.message.get(noun_start..noun_end).unwrap_or_default();
                if lexicon::announces(noun, word) {
                    return self.push_value(start, end);
                }
                self.fill_gap(start);
            }
            // `user: cyrus`
            [.., Token { class: Class::Word, start: noun_start, end: noun_end }, Token { class: Class::Mark(':' | '[' | '('), .. }] => {
                let noun = self.message.get(noun_start..noun_end).unwrap_or_default();
                if lexicon::labels(noun, word) {
                    return self.push_value(start, end);
                }
            }
            // `<1 sec`
            [.., Token { class: Class::Mark('<'), start, .. }, Token { class: Class::Value, .. }] if lexicon::is_unit(word) => {
                return self.replace(2, start, end);
            }
            [.., Token { class: Class::Value, start, .. }] if lexicon::is_unit(word) => return self.replace(1, start, end),
            _ => {}
        }
        self.tokens.push(Token { start, end, class: Class::Word });
    }

    pub(super) fn push_mark(&mut self, mark: char, start: usize, end: usize) {
        use Class::{Mark, Value};
        self.fill_gap(start);
        match *self.tokens.as_slice() {
            [.., Token { class: Mark(last), start, .. }] if last == mark && !is_bracket(mark) => {
                self.tokens.pop();
                self.tokens.push(Token { start, end, class: Mark(mark) });
            }
            // `18846 bytes (18.4 KB)` says it twice, `10.0.0.1 ()` could have.
            [.., Token { class: Value, start, .. }, Token { class: Mark('('), .. }, Token { class: Value, .. }] if mark == ')' => {
                self.replace(3, start, end);
            }
            [.., Token { class: Value, start, .. }, Token { class: Mark('('), .. }] if mark == ')' => self.replace(2, start, end),
            // Empty brackets are like filled ones.
            [.., Token { class: Mark(opening), .. }] if is_pair(opening, mark) => {
                self.tokens.push(Token { start, end: start, class: Value });
                self.tokens.push(Token { start, end, class: Mark(mark) });
            }
            _ => self.tokens.push(Token { start, end, class: Mark(mark) }),
        }
    }

    /// `invalid user  from`: the name is empty.
    fn fill_gap(&mut self, next: usize) {
        if let Some(noun @ Token { class: Class::Word, end, .. }) = self.tokens.last().copied()
            && next >= end + 2
            && lexicon::needs_name(self.text(&noun))
        {
            self.tokens.push(Token { start: end + 1, end: end + 1, class: Class::Value });
        }
    }

    /// A value that is one by its place after `key=`.
    pub(super) fn push_assigned(&mut self, start: usize, end: usize) {
        self.tokens.push(Token { start, end, class: Class::Value });
    }

    pub(super) fn push_value(&mut self, mut start: usize, end: usize) {
        while let Some(word) = self.tokens.last().filter(|token| token.class == Class::Word && lexicon::is_calendar(self.text(token))) {
            start = word.start;
            self.tokens.pop();
        }
        match *self.tokens.as_slice() {
            // Lists are one value, so that their length does not matter.
            [.., Token { class: Class::Value, start, .. }] => self.replace(1, start, end),
            [.., Token { class: Class::Value, start, .. }, Token { class: Class::Mark(mark), .. }] if !is_bracket(mark) => {
                self.replace(2, start, end);
            }
            [.., Token { class: Class::Mark('+'), start, .. }] => {
                self.tokens.pop();
                self.push_value(start, end);
            }
            _ => {
                self.mask_object();
                self.tokens.push(Token { start, end, class: Class::Value });
            }
        }
    }

    /// Puts a value in the place of the last tokens.
    fn replace(&mut self, count: usize, start: usize, end: usize) {
        self.tokens.truncate(self.tokens.len().saturating_sub(count));
        self.tokens.push(Token { start, end, class: Class::Value });
    }

    /// `for root from 10.0.0.1`: a word between two prepositions before a value is whom it is about.
    fn mask_object(&mut self) {
        let message = self.message;
        let text = |token: &Token| message.get(token.start..token.end).unwrap_or_default();
        if let [.., subject, preposition, object, second] = self.tokens.as_mut_slice()
            && [subject.class, preposition.class, object.class, second.class] == [Class::Word; 4]
            && matches!(text(preposition), "for" | "by" | "to")
            && matches!(text(second), "from" | "at")
            && !lexicon::is_no_name(text(object))
        {
            object.class = Class::Value;
        }
    }

    /// Without the marks that end a sentence.
    pub(super) fn finish(mut self) -> Self {
        while let Some(Token { class: Class::Mark('.' | '-' | '!'), .. }) = self.tokens.last() {
            self.tokens.pop();
        }
        self
    }

    fn text(&self, token: &Token) -> &'m str {
        self.message.get(token.start..token.end).unwrap_or_default()
    }
}

fn is_pair(opening: char, closing: char) -> bool {
    matches!((opening, closing), ('(', ')') | ('[', ']') | ('{', '}') | ('<', '>'))
}

fn is_bracket(mark: char) -> bool {
    matches!(mark, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '«' | '»')
}
