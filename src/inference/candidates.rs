//! The few entries worth comparing: those that share the rarest words with the query.
//!
//! Posting lists are walked rarest word first under a budget, so that a common word costs nothing once rarer ones have spoken.

use rustc_hash::FxHashMap;

use super::{Index, text::Kind, vocabulary::WordId};

/// Entries compared closely.
pub const N_CANDIDATES: usize = 16;

/// Entries looked at after the posting lists.
const N_SIFTED: usize = 128;

/// Postings walked.
const MAX_POSTINGS: usize = 200_000;

/// From this many postings on, an array of all entries is faster than a map of the touched ones.
const DENSE: usize = 4_096;

/// A word of the query: its number and what it counts here.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    pub word: WordId,
    pub weight: f32,
}

/// The slots of the best candidates, best first; ties by identifier.
pub fn candidates(index: &Index, mut terms: Vec<Term>, relevance: &Relevance) -> Vec<u32> {
    let vocabulary = index.vocabulary();
    let n_postings = |word: WordId| vocabulary.postings(word).len();
    terms.sort_by(|a, b| (n_postings(a.word), vocabulary.stem(a.word)).cmp(&(n_postings(b.word), vocabulary.stem(b.word))));
    terms.dedup_by_key(|term| term.word);
    let mut walked = 0;
    terms.retain(|term| {
        walked += n_postings(term.word);
        walked <= MAX_POSTINGS
    });
    let touched = if terms.iter().map(|term| n_postings(term.word)).sum::<usize>() > DENSE {
        let mut scores = vec![0.0_f32; index.n_slots()];
        for term in &terms {
            for slot in vocabulary.postings(term.word) {
                if let Some(score) = scores.get_mut(*slot as usize) {
                    *score += term.weight;
                }
            }
        }
        let cut = cut(&scores);
        (0..).zip(scores).filter(|(_, score)| *score > 0.0 && *score >= cut).collect::<Vec<_>>()
    } else {
        let mut scores: FxHashMap<u32, f32> = FxHashMap::default();
        for term in &terms {
            vocabulary.postings(term.word).iter().for_each(|slot| *scores.entry(*slot).or_default() += term.weight);
        }
        scores.into_iter().collect()
    };
    best(index, touched, relevance)
}

/// A score that at least [`N_SIFTED`] entries reach, and not many more: the lower edge of a bucket of their histogram.
fn cut(scores: &[f32]) -> f32 {
    const BUCKETS: usize = 256;
    let highest = scores.iter().copied().fold(0.0, f32::max);
    let scale = (BUCKETS - 1) as f32 / highest.max(f32::MIN_POSITIVE);
    let mut counts = [0_usize; BUCKETS];
    for score in scores.iter().filter(|score| **score > 0.0) {
        counts[((score * scale) as usize).min(BUCKETS - 1)] += 1;
    }
    let mut reached = 0;
    for (bucket, count) in counts.iter().enumerate().rev() {
        reached += count;
        if reached >= N_SIFTED {
            return bucket as f32 / scale;
        }
    }
    0.0
}

/// The best of the touched entries: first by what they share, then by relevance.
fn best(index: &Index, mut touched: Vec<(u32, f32)>, relevance: &Relevance) -> Vec<u32> {
    let order = |a: &(u32, f32), b: &(u32, f32)| {
        let by_length = || index.n_items(a.0).cmp(&index.n_items(b.0));
        b.1.total_cmp(&a.1).then_with(by_length).then_with(|| index.id(a.0).cmp(&index.id(b.0)))
    };
    if touched.len() > N_SIFTED {
        touched.select_nth_unstable_by(N_SIFTED, order);
        touched.truncate(N_SIFTED);
    }
    for (slot, score) in &mut touched {
        *score = relevance.of(*slot) as f32;
    }
    touched.sort_unstable_by(order);
    touched.truncate(N_CANDIDATES);
    touched.into_iter().map(|(slot, _)| slot).collect()
}

/// How much a query is about what an entry is about: BM25, as a share of what an entry could reach at most.
pub struct Relevance<'a> {
    index: &'a Index,
    weights: FxHashMap<WordId, f32>,
    most: f32,
    mean_items: f32,
}

impl<'a> Relevance<'a> {
    const K1: f32 = 1.5;
    const B: f32 = 0.75;

    /// Prepares a query's words.
    pub fn new(index: &'a Index, terms: &[Term]) -> Self {
        let mut weights: FxHashMap<WordId, f32> = FxHashMap::default();
        for term in terms {
            let weight = weights.entry(term.word).or_default();
            *weight = weight.max(term.weight);
        }
        let mut most: Vec<f32> = weights.values().copied().collect();
        most.sort_unstable_by(f32::total_cmp);
        let most = most.iter().sum::<f32>() * (Self::K1 + 1.0);
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
