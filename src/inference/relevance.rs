//! Relevance: how much a query is about what an entry is about, word by word, whatever their order. It orders the hints.

use rustc_hash::FxHashMap;

use super::{Index, candidates::Term, text::Kind, vocabulary::WordId};

/// Okapi BM25 (Robertson and Zaragoza 2009), as a share of what an entry could reach at most.
pub struct Relevance<'a> {
    index: &'a Index,
    weights: FxHashMap<WordId, f32>,
    most: f32,
    mean_items: f32,
}

impl<'a> Relevance<'a> {
    const K1: f32 = 1.0;
    const B: f32 = 0.75;

    /// Prepares a query's words.
    pub fn new(index: &'a Index, terms: &[Term]) -> Self {
        let mut weights: FxHashMap<WordId, f32> = FxHashMap::default();
        for term in terms {
            let weight = weights.entry(term.word).or_default();
            *weight = weight.max(term.weight);
        }
        // Sorted, so that the sum does not depend on the numbers that the words were given.
        let mut sorted: Vec<f32> = weights.values().copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let most = sorted.iter().sum::<f32>() * (Self::K1 + 1.0);
        Self { index, weights, most: most.max(f32::MIN_POSITIVE), mean_items: index.mean_items() }
    }

    /// Of an entry, 0 to 1.
    pub fn of(&self, slot: u32) -> f64 {
        let items = self.index.entry(slot).map(|entry| &*entry.items).unwrap_or_default();
        let mut counts: Vec<(WordId, f32, f32)> = Vec::with_capacity(self.weights.len().min(items.len()));
        for item in items.iter().filter(|item| item.kind == Kind::Word) {
            let Some(weight) = self.weights.get(&item.key) else { continue };
            match counts.iter_mut().find(|(word, ..)| *word == item.key) {
                Some((_, count, _)) => *count += 1.0,
                None => counts.push((item.key, 1.0, *weight)),
            }
        }
        let length = Self::K1 * (1.0 - Self::B + Self::B * items.len() as f32 / self.mean_items);
        let score: f32 = counts.iter().map(|(_, count, weight)| weight * count * (Self::K1 + 1.0) / (count + length)).sum();
        f64::from(score / self.most)
    }
}
