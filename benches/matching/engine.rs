//! What is judged: anything that finds the known errors nearest to a text. Shared with `benches/peers`.

use loghelper::{
    domain::KnownErrorId,
    inference::{Index, Query, Rule, THRESHOLD},
};

/// Finds the known errors nearest to a text.
pub trait Engine {
    fn name(&self) -> &'static str;

    /// The positions of the nearest known errors, at most `n`, nearest first, each with how near it is.
    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)>;

    /// The nearest.
    fn best(&self, text: &str) -> Option<(usize, f64)> {
        self.ranking(text, 1).into_iter().next()
    }

    /// Gives a known error another text, so that the next query finds it; `false` if only building anew does that.
    fn replace(&mut self, _position: usize, _text: &str) -> bool {
        false
    }

    /// Notes what is written about a known error besides its text; `false` if it knows nothing but texts.
    fn describe(&mut self, _position: usize, _text: &str) -> bool {
        false
    }

    /// Its fixed threshold; peers have none and are given the best one afterwards.
    fn threshold(&self) -> Option<f64> {
        None
    }

    /// Bytes on the heap by its own account.
    fn memory_bytes(&self) -> Option<usize> {
        None
    }
}

/// Makes an engine that knows these texts.
pub type Build = fn(&[&str]) -> Box<dyn Engine>;

/// The nearest of all, by a measure against each.
pub fn nearest(scores: impl Iterator<Item = f64>, n: usize) -> Vec<(usize, f64)> {
    let mut scores: Vec<(usize, f64)> = scores.enumerate().collect();
    let n = n.min(scores.len());
    let by_score = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if n > 0 && n < scores.len() {
        scores.select_nth_unstable_by(n - 1, by_score);
    }
    scores.truncate(n);
    scores.sort_unstable_by(by_score);
    scores
}

/// The identifier of a known error at a position.
pub fn id(position: usize) -> KnownErrorId {
    KnownErrorId(format!("{position:06}"))
}

/// The product.
pub struct LogHelper(pub Index);

impl LogHelper {
    pub fn new(texts: &[&str]) -> Self {
        let mut engine = Self(Index::new());
        let refused = texts.iter().enumerate().filter(|(position, text)| !engine.replace(*position, text)).count();
        if refused > 0 {
            println!("{refused} texts without a word are not indexed");
        }
        engine
    }

    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self::new(texts))
    }
}

impl Engine for LogHelper {
    fn name(&self) -> &'static str {
        "loghelper"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let verdict = self.0.classify(&Query::new(text));
        let found = verdict.ranking().take(n).filter_map(|found| Some((found.id.as_str().parse().ok()?, found.score)));
        found.collect()
    }

    fn best(&self, text: &str) -> Option<(usize, f64)> {
        let found = self.0.recognise(&Query::new(text), &|_| true)?;
        Some((found.id.as_str().parse().ok()?, found.score))
    }

    fn replace(&mut self, position: usize, text: &str) -> bool {
        self.0.upsert(Rule::from_text(id(position), text)).is_ok()
    }

    fn describe(&mut self, position: usize, text: &str) -> bool {
        self.0.describe(&id(position), text)
    }

    fn threshold(&self) -> Option<f64> {
        Some(THRESHOLD)
    }

    fn memory_bytes(&self) -> Option<usize> {
        Some(self.0.memory_bytes())
    }
}
