//! What a word or a value counts: the rarer, the more. Logarithms are dear, so that those of the usual numbers are kept.

/// Numbers of entries for which it is kept.
const N_KEPT: usize = 128;

/// What being in so many of all entries counts.
#[derive(Debug, Clone)]
pub struct Rarities {
    n_entries: f32,
    words: [f32; N_KEPT],
    terms: [f32; N_KEPT],
}

impl Rarities {
    /// Among so many entries.
    pub fn new(n_entries: usize) -> Self {
        let n_entries = n_entries as f32;
        let of = |what: fn(f32, usize) -> f32| std::array::from_fn(|n_with| what(n_entries, n_with));
        Self { n_entries, words: of(word), terms: of(term) }
    }

    /// A word as something that two texts have in common or not.
    pub fn word(&self, n_with: usize) -> f32 {
        self.words.get(n_with).copied().unwrap_or_else(|| word(self.n_entries, n_with))
    }

    /// A token as something to find entries by: it counts nothing if all have it, and more than proportionally if few have.
    pub fn term(&self, n_with: usize) -> f32 {
        self.terms.get(n_with).copied().unwrap_or_else(|| term(self.n_entries, n_with))
    }
}

fn word(n_entries: f32, n_with: usize) -> f32 {
    (1.0 + (n_entries + 1.0) / (n_with as f32 + 0.5)).ln()
}

fn term(n_entries: f32, n_with: usize) -> f32 {
    const EMPHASIS: f32 = 1.3;
    ((n_entries + 1.0) / (n_with as f32 + 0.5)).ln().max(0.01).powf(EMPHASIS)
}

#[cfg(test)]
mod tests {
    use super::Rarities;

    #[test]
    fn the_rarer_the_more() {
        let rarities = Rarities::new(1_000);
        for n_with in 0..999 {
            assert!(rarities.word(n_with) > rarities.word(n_with + 1), "{n_with}");
            assert!(rarities.term(n_with) >= rarities.term(n_with + 1), "{n_with}");
        }
        assert!(rarities.term(2_000) > 0.0 && rarities.term(10) > rarities.term(500));
    }
}
