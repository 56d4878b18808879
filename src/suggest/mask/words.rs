//! Configured words: names of people and of whatever else no prompt may hold. Whole words, upper and lower case alike.

use regex::{Regex, RegexBuilder};

use super::spans::{Kind, Span};

/// More words than can be looked for at once.
#[derive(Debug, thiserror::Error)]
#[error("the masked words cannot be looked for")]
pub struct WordsError(#[from] regex::Error);

/// Memory that the words may take, in bytes.
const MEMORY: usize = 64 << 20;

#[derive(Debug, Clone)]
pub(super) struct Words {
    /// Nothing where there are none: an empty expression is found everywhere.
    any: Option<Regex>,
}

impl Words {
    pub(super) fn new(words: &[String]) -> Result<Self, WordsError> {
        let mut words: Vec<&str> = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).collect();
        // Of two that begin alike the longer one is meant.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        if words.is_empty() {
            return Ok(Self { any: None });
        }
        let any = words.iter().map(|word| bounded(word)).collect::<Vec<_>>().join("|");
        Ok(Self { any: Some(RegexBuilder::new(&any).case_insensitive(true).size_limit(MEMORY).build()?) })
    }

    pub(super) fn find(&self, text: &str, spans: &mut Vec<Span>) {
        let found = self.any.iter().flat_map(|any| any.find_iter(text));
        spans.extend(found.map(|found| Span { start: found.start(), end: found.end(), kind: Kind::Word }));
    }
}

/// The expression of a word, which ends where words end.
fn bounded(word: &str) -> String {
    let edge = |c: Option<char>| if c.is_some_and(|c| c.is_alphanumeric() || c == '_') { r"\b" } else { "" };
    format!("{}{}{}", edge(word.chars().next()), regex::escape(word), edge(word.chars().next_back()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        let words = Words::new(&["Петренко".into(), "ACME (UA)".into(), "Ann".into(), "Ann Lee".into(), " ".into()]).unwrap();
        for (text, expected) in [
            ("клієнт ПЕТРЕНКО, Петренкові", vec!["ПЕТРЕНКО"]),
            ("acme (ua)!", vec!["acme (ua)"]),
            ("Ann Lee, Anna, ann", vec!["Ann Lee", "ann"]),
        ] {
            let mut spans = Vec::new();
            words.find(text, &mut spans);
            assert_eq!(spans.iter().map(|span| &text[span.start..span.end]).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn no_words_are_found_nowhere() {
        let mut spans = Vec::new();
        Words::new(&[]).unwrap().find("text", &mut spans);
        assert_eq!(spans, []);
    }
}
