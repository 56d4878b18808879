//! The simple peers that anybody would try first: a search engine's ranking without the engine. Those that take minutes to build are in
//! `benches/peers`.

use std::collections::HashMap;

use crate::{
    engine::{Build, Engine, LogHelper},
    levenshtein::Levenshtein,
};

/// Every engine of this bench, the product first.
pub const ENGINES: [Build; 3] = [LogHelper::boxed, Levenshtein::boxed, |texts| Box::new(Bm25::new(texts))];

/// BM25 (k1 = 1.2, b = 0.75) over words in lower case: what a full-text search engine does, without the engine.
pub struct Bm25 {
    postings: HashMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
    mean: f64,
}

impl Bm25 {
    pub fn new(texts: &[&str]) -> Self {
        let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let mut lengths = Vec::new();
        for (position, text) in texts.iter().enumerate() {
            let mut counts: HashMap<String, f64> = HashMap::new();
            for word in words(text) {
                *counts.entry(word).or_default() += 1.0;
            }
            lengths.push(counts.values().sum());
            counts.into_iter().for_each(|(word, count)| postings.entry(word).or_default().push((position, count)));
        }
        let mean = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Self { postings, lengths, mean }
    }
}

impl Engine for Bm25 {
    fn name(&self) -> &'static str {
        "BM25, own"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let n_known = self.lengths.len() as f64;
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for word in words(text) {
            let postings = self.postings.get(&word).map(Vec::as_slice).unwrap_or_default();
            let n_with = postings.len() as f64;
            let idf = (1.0 + (n_known - n_with + 0.5) / (n_with + 0.5)).ln();
            for (position, count) in postings {
                let norm = 1.2 * (0.25 + 0.75 * self.lengths[*position] / self.mean);
                *scores.entry(*position).or_default() += idf * count * 2.2 / (count + norm);
            }
        }
        let mut ranking: Vec<_> = scores.into_iter().collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranking.truncate(n);
        ranking
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}
