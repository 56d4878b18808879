//! The few entries worth comparing: those that share the rarest words with the query.
//!
//! Posting lists are walked rarest word first under a budget, so that a common word costs nothing once rarer ones have spoken.
//! Scores are small integers: sums do not depend on the order of adding, and an array of them stays in the cache.

use rustc_hash::FxHashMap;

use super::{Index, relevance::Relevance, vocabulary::WordId};

/// Entries compared closely.
const N_CANDIDATES: usize = 16;

/// Entries whose relevance is computed.
const N_SIFTED: usize = 128;

/// The part of the best score below which an entry is no candidate.
const SMALL: u8 = 4;

/// Entries of equal score among which it is worth choosing; of more, none is taken while better ones are enough.
const MAX_EQUAL: usize = 512;

/// Postings walked.
const MAX_POSTINGS: usize = 200_000;

/// From this many postings on, an array of all entries is faster than a map of the touched ones.
const DENSE: usize = 4_096;

/// What all words of a query score together.
const FULL_SCORE: f32 = 250.0;

/// A word of the query: its number and what it counts here.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    pub word: WordId,
    pub weight: f32,
}

/// The slots of the best candidates, best first; ties by identifier.
pub fn candidates(index: &Index, terms: &[Term], relevance: &Relevance) -> Vec<u32> {
    let lists = lists(index, terms);
    let n_postings: usize = lists.iter().map(|(_, slots)| slots.len()).sum();
    let touched: Vec<(u32, u8)> = if n_postings > DENSE {
        let mut scores = vec![0_u8; index.n_slots()];
        for (score, slots) in &lists {
            for slot in *slots {
                if let Some(sum) = scores.get_mut(*slot as usize) {
                    *sum = sum.saturating_add(*score);
                }
            }
        }
        let cut = cut(scores.iter().copied().max(), |least| n_reaching(&scores, least));
        (0..).zip(scores).filter(|(_, score)| *score >= cut).collect()
    } else {
        let mut scores: FxHashMap<u32, u8> = FxHashMap::default();
        for (score, slots) in &lists {
            slots.iter().for_each(|slot| {
                let sum = scores.entry(*slot).or_default();
                *sum = sum.saturating_add(*score);
            });
        }
        let cut = cut(scores.values().copied().max(), |least| scores.values().filter(|score| **score >= least).count());
        scores.into_iter().filter(|(_, score)| *score >= cut).collect()
    };
    best(index, touched, relevance)
}

/// The posting lists to walk, rarest word first, each with what its word scores.
fn lists<'a>(index: &'a Index, terms: &[Term]) -> Vec<(u8, &'a [u32])> {
    let vocabulary = index.vocabulary();
    let mut terms = terms.to_vec();
    let rarity = |term: &Term| (vocabulary.postings(term.word).len(), vocabulary.stem(term.word));
    terms.sort_by(|a, b| rarity(a).cmp(&rarity(b)).then(b.weight.total_cmp(&a.weight)));
    terms.dedup_by_key(|term| term.word);
    let total = terms.iter().map(|term| term.weight).sum::<f32>().max(f32::MIN_POSITIVE);
    let lists = terms.iter().map(|term| ((term.weight / total * FULL_SCORE) as u8, vocabulary.postings(term.word)));
    let walked = lists.scan(0, |walked, list| {
        *walked += list.1.len();
        (*walked <= MAX_POSTINGS).then_some(list)
    });
    walked.collect()
}

/// Entries that reach a score; counted in bytes, so that the compiler compares many at once.
fn n_reaching(scores: &[u8], least: u8) -> usize {
    // A chunk is short enough for its count to fit a byte.
    let chunks = scores.chunks(u8::MAX as usize);
    chunks.map(|chunk| chunk.iter().fold(0_u8, |count, score| count.wrapping_add(u8::from(*score >= least))) as usize).sum()
}

/// The highest score that at least [`N_SIFTED`] entries reach, or the next higher one if far more reach it; but no score that is
/// small beside the best.
fn cut(highest: Option<u8>, n_reaching: impl Fn(u8) -> usize) -> u8 {
    let highest = highest.unwrap_or_default();
    let (mut low, mut high) = ((highest / SMALL).max(1), highest.saturating_add(1).max(2));
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if n_reaching(middle) >= N_SIFTED { low = middle } else { high = middle }
    }
    if n_reaching(low) > N_SIFTED + MAX_EQUAL && n_reaching(low + 1) >= N_CANDIDATES { low + 1 } else { low }
}

/// The best of the touched entries: first by what they share, then by relevance.
fn best(index: &Index, mut touched: Vec<(u32, u8)>, relevance: &Relevance) -> Vec<u32> {
    if touched.len() > N_SIFTED {
        touched.select_nth_unstable_by(N_SIFTED, |a, b| b.1.cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0))));
        touched.truncate(N_SIFTED);
    }
    let mut sifted: Vec<(u32, f64)> = touched.into_iter().map(|(slot, _)| (slot, relevance.of(slot))).collect();
    sifted.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0))));
    sifted.truncate(N_CANDIDATES);
    sifted.into_iter().map(|(slot, _)| slot).collect()
}
