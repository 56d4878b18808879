//! Measures of two strings, taken against every known error: rapidfuzz.

use rapidfuzz::fuzz::{RatioBatchComparator, ratio};

use crate::engine::{Engine, nearest};

/// rapidfuzz's ratio, the query prepared once, as its `process.extract` does.
pub struct Ratio(Vec<String>);

impl Ratio {
    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self(lower(texts)))
    }
}

impl Engine for Ratio {
    fn name(&self) -> &'static str {
        "rapidfuzz ratio, linear"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let query = RatioBatchComparator::new(text.to_lowercase().chars());
        nearest(self.0.iter().map(|known| query.similarity(known.chars())), n)
    }

    fn replace(&mut self, position: usize, text: &str) -> bool {
        self.0[position] = text.to_lowercase();
        true
    }
}

/// rapidfuzz's `token_set_ratio`, which the crate has not: after its definition in the C++ and Python libraries, over the crate's ratio.
/// The words of known errors are parted and sorted beforehand.
pub struct TokenSetRatio(Vec<Vec<String>>);

impl TokenSetRatio {
    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self(texts.iter().map(|text| tokens(text)).collect()))
    }
}

impl Engine for TokenSetRatio {
    fn name(&self) -> &'static str {
        "rapidfuzz token_set_ratio, linear"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let query = tokens(text);
        nearest(self.0.iter().map(|known| token_set_ratio(&query, known)), n)
    }

    fn replace(&mut self, position: usize, text: &str) -> bool {
        self.0[position] = tokens(text);
        true
    }
}

/// Of sorted sets of words: 1 if one holds the other, otherwise the best of the common words, and the common words with the rest of
/// either, against each other.
fn token_set_ratio(one: &[String], other: &[String]) -> f64 {
    let is_in = |words: &[String], word: &String| words.binary_search(word).is_ok();
    let common: Vec<&str> = one.iter().filter(|word| is_in(other, word)).map(String::as_str).collect();
    let rest = |words: &[String], others: &[String]| -> Vec<String> { words.iter().filter(|word| !is_in(others, word)).cloned().collect() };
    let (one, other) = (rest(one, other), rest(other, one));
    if !common.is_empty() && (one.is_empty() || other.is_empty()) {
        return 1.0;
    }
    let common = common.join(" ");
    let with = |rest: &[String]| [common.as_str(), &rest.join(" ")].join(" ").trim().to_owned();
    let (one, other) = (with(&one), with(&other));
    let both = ratio(one.chars(), other.chars());
    if common.is_empty() {
        return both;
    }
    // The common words are a beginning of either, so that what is left is all that differs.
    let length = common.chars().count() as f64;
    let beginning = |whole: &str| 2.0 * length / (length + whole.chars().count() as f64);
    both.max(beginning(&one)).max(beginning(&other))
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

fn lower(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_lowercase()).collect()
}
