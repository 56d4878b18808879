//! The engines that are judged: this product's, and the simple ones that anybody would try first.

use std::collections::HashMap;

use loghelper::{
    domain::KnownErrorId,
    inference::{Index, Query, Rule, THRESHOLD},
};

/// Finds the known error nearest to a text.
pub trait Engine {
    fn name(&self) -> &'static str;
    /// The position of the nearest known error, and how near it is.
    fn best(&self, text: &str) -> Option<(usize, f64)>;
    /// Its fixed threshold; peers have none and are given the best one afterwards.
    fn threshold(&self) -> Option<f64> {
        None
    }
}

/// The product.
pub struct LogHelper(pub Index);

impl LogHelper {
    pub fn new(texts: &[&str]) -> Self {
        let mut index = Index::new();
        for (position, text) in texts.iter().enumerate() {
            if let Err(error) = index.upsert(Rule::from_text(KnownErrorId(format!("{position:06}")), *text)) {
                println!("not indexed: {error}");
            }
        }
        Self(index)
    }
}

impl Engine for LogHelper {
    fn name(&self) -> &'static str {
        "loghelper"
    }

    fn best(&self, text: &str) -> Option<(usize, f64)> {
        let verdict = self.0.classify(&Query::new(text));
        let best = verdict.ranking().next()?;
        Some((best.id.as_str().parse().ok()?, best.score))
    }

    fn threshold(&self) -> Option<f64> {
        Some(THRESHOLD)
    }
}

/// strsim's best measure here (normalised Levenshtein), against every known error.
pub struct Strsim(Vec<String>);

impl Strsim {
    pub fn new(texts: &[&str]) -> Self {
        Self(texts.iter().map(|text| text.to_lowercase()).collect())
    }
}

impl Engine for Strsim {
    fn name(&self) -> &'static str {
        "strsim normalized_levenshtein, linear"
    }

    fn best(&self, text: &str) -> Option<(usize, f64)> {
        let text = text.to_lowercase();
        let scores = self.0.iter().map(|known| strsim::normalized_levenshtein(known, &text));
        scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

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

    /// Every known error that shares a word, nearest first.
    pub fn ranking(&self, text: &str) -> Vec<(usize, f64)> {
        let n = self.lengths.len() as f64;
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for word in words(text) {
            let postings = self.postings.get(&word).map(Vec::as_slice).unwrap_or_default();
            let n_with = postings.len() as f64;
            let idf = (1.0 + (n - n_with + 0.5) / (n_with + 0.5)).ln();
            for (position, count) in postings {
                let norm = 1.2 * (0.25 + 0.75 * self.lengths[*position] / self.mean);
                *scores.entry(*position).or_default() += idf * count * 2.2 / (count + norm);
            }
        }
        let mut ranking: Vec<_> = scores.into_iter().collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranking
    }
}

impl Engine for Bm25 {
    fn name(&self) -> &'static str {
        "BM25, own"
    }

    fn best(&self, text: &str) -> Option<(usize, f64)> {
        self.ranking(text).into_iter().next()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}
