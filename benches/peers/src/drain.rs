//! Drain (the `drain3` crate): the known errors are its training lines, a query belongs to the first one of its template.
//!
//! Drain parts lines into templates and does not rank, so that a query has one answer or none, and every answer is equally sure.
//! Addresses and numbers are masked as the crate's documentation does it.

use std::collections::HashMap;

use drain3::{Config, MaskingInstruction, Matcher, train};

use crate::engine::Engine;

pub struct Drain {
    matcher: Matcher,
    first: HashMap<usize, usize>,
    name: &'static str,
}

impl Drain {
    /// Every fixed word must be there.
    pub fn strict(texts: &[&str]) -> Box<dyn Engine> {
        Self::boxed(texts, Config::default().match_threshold, "Drain match")
    }

    /// A match needs no more words in common than a template did when it was learned.
    pub fn lenient(texts: &[&str]) -> Box<dyn Engine> {
        Self::boxed(texts, Config::default().similarity_threshold, "Drain match, as alike as in training")
    }

    fn boxed(texts: &[&str], match_threshold: f64, name: &'static str) -> Box<dyn Engine> {
        let mask = |pattern: &str, mask: &str| MaskingInstruction { pattern: pattern.into(), mask: mask.into() };
        let masking = vec![mask(r"\b\d{1,3}(\.\d{1,3}){3}\b", "<IP>"), mask(r"\b0x[0-9a-fA-F]+\b", "<HEX>"), mask(r"\d+", "<NUM>")];
        let config = Config { match_threshold, masking, max_bytes: 1 << 20, max_tokens: 1 << 16, ..Config::default() };
        // It takes lines that are not empty.
        let lines: Vec<String> = texts.iter().map(|text| line(text)).collect();
        let trained: Vec<String> = lines.iter().filter(|line| !line.is_empty()).cloned().collect();
        let matcher = train(&trained, config).expect("lines that fit");
        let mut first = HashMap::new();
        for (position, line) in lines.iter().enumerate() {
            if let Some(template) = matcher.match_id(line) {
                first.entry(template).or_insert(position);
            }
        }
        Box::new(Self { matcher, first, name })
    }
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Engine for Drain {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ranking(&self, text: &str, _n: usize) -> Vec<(usize, f64)> {
        let template = self.matcher.match_id(&line(text));
        template.and_then(|template| self.first.get(&template)).map(|position| (*position, 1.0)).into_iter().collect()
    }
}
