//! Drain (the `drain3` crate): the known errors are its training lines, a query belongs to the first one of its template.
//!
//! Drain parts lines into templates and does not rank, so that a query has one answer or none, and every answer is equally sure.

use std::collections::HashMap;

use drain3::{Config, Matcher, train};

use crate::engine::Engine;

pub struct Drain {
    matcher: Matcher,
    first: HashMap<usize, usize>,
    name: &'static str,
}

impl Drain {
    /// As it comes: every fixed word must be there.
    pub fn strict(texts: &[&str]) -> Box<dyn Engine> {
        Self::boxed(texts, Config::default(), "Drain match")
    }

    /// A match needs no more words in common than a template did when it was learned.
    pub fn lenient(texts: &[&str]) -> Box<dyn Engine> {
        let standard = Config::default();
        Self::boxed(texts, Config { match_threshold: standard.similarity_threshold, ..standard }, "Drain match, as alike as in training")
    }

    fn boxed(texts: &[&str], config: Config, name: &'static str) -> Box<dyn Engine> {
        // It takes lines only.
        let lines: Vec<String> = texts.iter().map(|text| line(text)).collect();
        let matcher = train(&lines, Config { max_clusters: 0, max_bytes: 1 << 20, max_tokens: 1 << 16, ..config }).expect("lines that fit");
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
