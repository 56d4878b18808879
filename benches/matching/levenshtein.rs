//! strsim's best measure on these sets (normalised Levenshtein), taken against every known error. Shared with `benches/peers`.

use crate::engine::{Engine, nearest};

/// The known errors in lower case.
pub struct Levenshtein(Vec<String>);

impl Levenshtein {
    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self(texts.iter().map(|text| text.to_lowercase()).collect()))
    }
}

impl Engine for Levenshtein {
    fn name(&self) -> &'static str {
        "strsim normalized_levenshtein, linear"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        let text = text.to_lowercase();
        nearest(self.0.iter().map(|known| strsim::normalized_levenshtein(known, &text)), n)
    }

    fn replace(&mut self, position: usize, text: &str) -> bool {
        self.0[position] = text.to_lowercase();
        true
    }
}
