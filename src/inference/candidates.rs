//! The few entries worth comparing: those that share the rarest words with the query.
//!
//! Posting lists are walked rarest word first under a budget, so that a common word costs nothing once rarer ones have spoken.
//! Scores are small integers: sums do not depend on the order of adding, and an array of them stays in the cache.

use rustc_hash::FxHashMap;

use super::{Index, relevance::Relevance, text::Kind};

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

/// From this many postings on, looking through all entries is faster than noting the touched ones.
const DENSE: usize = 16_384;

/// Below one posting for so many entries, a map of the touched ones is faster than an array of all.
const SPARSE: usize = 256;

/// What all words of a query score together.
const FULL_SCORE: f32 = 250.0;

/// A token of the query that entries have: its key, the entries, and what it counts here.
#[derive(Debug, Clone, Copy)]
pub struct Term<'a> {
    pub kind: Kind,
    pub key: u32,
    /// Between terms of equally many entries: the order by which neither counts before it should.
    pub name: &'a str,
    pub slots: &'a [u32],
    pub weight: f32,
}

/// The slots of the best candidates, best first; ties by identifier.
pub fn candidates(index: &Index, terms: &[Term], relevance: &Relevance) -> Vec<(u32, f64)> {
    let lists = lists(terms);
    let n_postings: usize = lists.iter().map(|(_, slots)| slots.len()).sum();
    let touched = if n_postings > DENSE {
        scan(index.n_slots(), &lists)
    } else if n_postings * SPARSE > index.n_slots() {
        gather(index.n_slots(), n_postings, &lists)
    } else {
        let mut scores: FxHashMap<u32, u8> = FxHashMap::default();
        for (score, slots) in &lists {
            for slot in *slots {
                let sum = scores.entry(*slot).or_default();
                *sum = sum.saturating_add(*score);
            }
        }
        let scores: Vec<(u32, u8)> = scores.into_iter().collect();
        best_reaching(scores)
    };
    best(index, touched, relevance)
}

/// The posting lists to walk, rarest first, each with what its word or value scores.
fn lists<'a>(terms: &[Term<'a>]) -> Vec<(u8, &'a [u32])> {
    let mut terms = terms.to_vec();
    let rarity = |term: &Term<'a>| (term.slots.len(), term.name, term.key);
    terms.sort_by(|a, b| rarity(a).cmp(&rarity(b)).then(b.weight.total_cmp(&a.weight)));
    terms.dedup_by_key(|term| (term.kind, term.key));
    let total = terms.iter().map(|term| term.weight).sum::<f32>().max(f32::MIN_POSITIVE);
    let lists = terms.iter().map(|term| ((term.weight / total * FULL_SCORE).max(1.0) as u8, term.slots));
    let walked = lists.scan(0, |walked, list| {
        *walked += list.1.len();
        (*walked <= MAX_POSTINGS).then_some(list)
    });
    walked.collect()
}

/// The best entries where most are touched: their scores are looked through one after another.
fn scan(n_slots: usize, lists: &[(u8, &[u32])]) -> Vec<(u32, u8)> {
    let mut scores = vec![0_u8; n_slots];
    for (score, slots) in lists {
        for slot in *slots {
            if let Some(sum) = scores.get_mut(*slot as usize) {
                *sum = sum.saturating_add(*score);
            }
        }
    }
    let cut = cut(scores.iter().copied().max(), |least| n_reaching(&scores, least));
    reaching(&scores, cut)
}

/// The best entries where few of many are touched: these are noted.
fn gather(n_slots: usize, n_postings: usize, lists: &[(u8, &[u32])]) -> Vec<(u32, u8)> {
    let mut scores = vec![0_u8; n_slots];
    let mut touched = Vec::with_capacity(n_postings);
    for (score, slots) in lists {
        for slot in *slots {
            let Some(sum) = scores.get_mut(*slot as usize) else { continue };
            if *sum == 0 {
                touched.push(*slot);
            }
            *sum = sum.saturating_add(*score);
        }
    }
    let scored = touched.into_iter().filter_map(|slot| Some((slot, *scores.get(slot as usize)?)));
    best_reaching(scored.collect())
}

fn best_reaching(mut scores: Vec<(u32, u8)>) -> Vec<(u32, u8)> {
    let mut reaching = [0_usize; 257];
    scores.iter().for_each(|(_, score)| reaching[usize::from(*score)] += 1);
    (0..256).rev().for_each(|score| reaching[score] += reaching[score + 1]);
    let cut = cut(scores.iter().map(|(_, score)| *score).max(), |least| reaching[usize::from(least)]);
    scores.retain(|(_, score)| *score >= cut);
    scores
}

/// Entries that reach a score; counted in bytes, so that the compiler compares many at once.
fn n_reaching(scores: &[u8], least: u8) -> usize {
    // A chunk is short enough for its count to fit a byte.
    let chunks = scores.chunks(u8::MAX as usize);
    chunks.map(|chunk| chunk.iter().fold(0_u8, |count, score| count.wrapping_add(u8::from(*score >= least))) as usize).sum()
}

/// The entries that reach a score, with their scores. Few do, so that a chunk is first looked at as a whole.
fn reaching(scores: &[u8], least: u8) -> Vec<(u32, u8)> {
    const CHUNK: usize = 64;
    let chunks = scores.chunks(CHUNK).enumerate();
    let worth = chunks.filter(|(_, chunk)| chunk.iter().fold(0, |best, score| best.max(*score)) >= least);
    let entries = worth.flat_map(|(n, chunk)| ((n * CHUNK) as u32..).zip(chunk.iter().copied()));
    entries.filter(|(_, score)| *score >= least).collect()
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

/// The best of the touched entries: first by what they share, then by relevance and order.
fn best(index: &Index, mut touched: Vec<(u32, u8)>, relevance: &Relevance) -> Vec<(u32, f64)> {
    if touched.len() > N_SIFTED {
        touched.select_nth_unstable_by(N_SIFTED, |a, b| b.1.cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0))));
        touched.truncate(N_SIFTED);
    }
    let mut sifted: Vec<(u32, f64)> = touched.into_iter().map(|(slot, _)| (slot, relevance.of(slot))).collect();
    let by_relevance = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0)));
    if sifted.len() > N_CANDIDATES {
        sifted.select_nth_unstable_by(N_CANDIDATES, by_relevance);
        sifted.truncate(N_CANDIDATES);
    }
    sifted.sort_unstable_by(by_relevance);
    sifted
}
