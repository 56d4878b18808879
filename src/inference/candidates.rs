//! The few entries worth comparing: those that share the rarest words with the query.
//!
//! Posting lists are walked rarest word first under a budget, so that a common word costs nothing once rarer ones have spoken.
//! Scores are small integers: sums do not depend on the order of adding, and an array of them stays in the cache.

use std::cell::RefCell;

use super::{
    Index,
    relevance::Relevance,
    terms::{Term, Terms},
    text::Kind,
};

/// Entries compared closely.
const N_CANDIDATES: usize = 16;

/// Entries whose relevance is computed.
const N_SIFTED: usize = 128;

/// The part of the best score below which an entry is no candidate.
const SMALL: u8 = 2;

/// Entries of equal score among which it is worth choosing; of more, none is taken while better ones are enough.
const MAX_EQUAL: usize = 512;

/// Postings walked.
const MAX_POSTINGS: usize = 200_000;

/// From this many postings on, looking through all entries is faster than noting the touched ones.
const DENSE: usize = 16_384;

/// What all words of a query score together.
const FULL_SCORE: u64 = 250;

/// What a weight is multiplied with to be summed as a number.
const FINE: f32 = 1024.0;

/// Room that one query leaves to the next.
#[derive(Default)]
struct Scratch {
    /// The scores of all entries, all zero between two queries: clearing the touched ones, or all, is less than making them anew.
    scores: Vec<u8>,
    touched: Vec<(u32, u8)>,
    sifted: Vec<(u32, f64)>,
}

/// The posting list of a token, and what having the token scores.
type List<'a> = (u8, &'a [u32]);

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The slots of the best candidates, best first, with their relevance; ties by identifier.
pub fn candidates(index: &Index, terms: &Terms, relevance: &Relevance) -> Vec<(u32, f64)> {
    let terms = terms.all();
    // Whole numbers: their sum does not depend on the order.
    let fine = |term: &Term| (term.weight * FINE) as u64 + 1;
    let total: u64 = terms.iter().map(fine).sum();
    let list = |term: &Term<'_>| -> u8 { (fine(term) * FULL_SCORE / total).max(1) as u8 };
    SCRATCH.with_borrow_mut(|scratch| {
        match terms.iter().map(|term| term.slots.len()).sum::<usize>() {
            0..=DENSE => scratch.gather(index.n_slots(), terms.iter().map(|term| (list(term), term.slots))),
            n_postings => {
                let rarest = if n_postings > MAX_POSTINGS { rarest(index, terms) } else { terms.to_vec() };
                scratch.scan(index.n_slots(), rarest.iter().map(|term| (list(term), term.slots)));
            }
        }
        scratch.best(index, relevance)
    })
}

/// The rarest terms, as many as may be walked.
fn rarest<'a>(index: &Index, terms: &[Term<'a>]) -> Vec<Term<'a>> {
    let mut terms = terms.to_vec();
    let name = |term: &Term| if term.kind == Kind::Word { index.vocabulary().stem(term.key) } else { "" };
    terms.sort_by(|a, b| a.slots.len().cmp(&b.slots.len()).then_with(|| (name(a), a.key).cmp(&(name(b), b.key))));
    let mut walked = 0;
    let within = |term: &&Term| {
        walked += term.slots.len();
        walked <= MAX_POSTINGS
    };
    let n_within = terms.iter().take_while(within).count();
    terms.truncate(n_within);
    terms
}

impl Scratch {
    /// Notes the best entries where most are touched: their scores are looked through one after another.
    fn scan<'a>(&mut self, n_slots: usize, lists: impl Iterator<Item = List<'a>>) {
        self.make_room(n_slots);
        let Self { scores, touched, .. } = self;
        let (scores, _) = scores.split_at_mut(n_slots);
        for (score, slots) in lists {
            for slot in slots {
                if let Some(sum) = scores.get_mut(*slot as usize) {
                    *sum = sum.saturating_add(score);
                }
            }
        }
        let cut = cut(scores.iter().copied().max(), |least| n_reaching(scores, least));
        touched.clear();
        reaching(scores, cut, touched);
        scores.fill(0);
    }

    /// Takes room for so many entries. It is kept from one query to the next: what is as large as this is given back to the system by some
    /// allocators, and then costs a fault for each of its pages.
    fn make_room(&mut self, n_slots: usize) {
        if self.scores.len() < n_slots {
            self.scores.resize(n_slots, 0);
        }
    }

    /// Notes the best entries where few of many are touched: these are listed.
    fn gather<'a>(&mut self, n_slots: usize, lists: impl Iterator<Item = List<'a>>) {
        self.make_room(n_slots);
        let Self { scores, touched, .. } = self;
        touched.clear();
        for (score, slots) in lists {
            for slot in slots {
                let Some(sum) = scores.get_mut(*slot as usize) else { continue };
                if *sum == 0 {
                    touched.push((*slot, 0));
                }
                *sum = sum.saturating_add(score);
            }
        }
        let mut highest = 0;
        for (slot, sum) in touched.iter_mut() {
            *sum = scores.get_mut(*slot as usize).map(std::mem::take).unwrap_or_default();
            highest = highest.max(*sum);
        }
        let cut = if touched.len() < N_SIFTED {
            least(highest)
        } else {
            let mut reaching = [0_usize; 257];
            touched.iter().for_each(|(_, score)| reaching[usize::from(*score)] += 1);
            (0..256).rev().for_each(|score| reaching[score] += reaching[score + 1]);
            cut(Some(highest), |least| reaching[usize::from(least)])
        };
        touched.retain(|(_, score)| *score >= cut);
    }

    /// The best of the noted entries: first by what they share, then by relevance and order.
    fn best(&mut self, index: &Index, relevance: &Relevance) -> Vec<(u32, f64)> {
        let Self { touched, sifted, .. } = self;
        if touched.len() > N_SIFTED {
            touched.select_nth_unstable_by(N_SIFTED, |a, b| b.1.cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0))));
            touched.truncate(N_SIFTED);
        }
        sifted.clear();
        sifted.extend(touched.iter().map(|(slot, _)| (*slot, relevance.of(*slot))));
        let by_relevance = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then_with(|| index.id(a.0).cmp(&index.id(b.0)));
        if sifted.len() > N_CANDIDATES {
            sifted.select_nth_unstable_by(N_CANDIDATES, by_relevance);
            sifted.truncate(N_CANDIDATES);
        }
        sifted.sort_unstable_by(by_relevance);
        sifted.clone()
    }
}

/// The score below which an entry is small beside the best.
fn least(highest: u8) -> u8 {
    (highest / SMALL).max(1)
}

/// Entries that reach a score; counted in bytes, so that the compiler compares many at once.
fn n_reaching(scores: &[u8], least: u8) -> usize {
    // A chunk is short enough for its count to fit a byte.
    let chunks = scores.chunks(u8::MAX as usize);
    chunks.map(|chunk| chunk.iter().fold(0_u8, |count, score| count.wrapping_add(u8::from(*score >= least))) as usize).sum()
}

/// The entries that reach a score, with their scores. Few do, so that a chunk is first looked at as a whole.
fn reaching(scores: &[u8], least: u8, found: &mut Vec<(u32, u8)>) {
    const CHUNK: usize = 64;
    let chunks = scores.chunks(CHUNK).enumerate();
    let worth = chunks.filter(|(_, chunk)| chunk.iter().fold(0, |best, score| best.max(*score)) >= least);
    let entries = worth.flat_map(|(n, chunk)| ((n * CHUNK) as u32..).zip(chunk.iter().copied()));
    found.extend(entries.filter(|(_, score)| *score >= least));
}

/// The highest score that at least [`N_SIFTED`] entries reach, or the next higher one if far more reach it; but no score that is
/// small beside the best.
fn cut(highest: Option<u8>, n_reaching: impl Fn(u8) -> usize) -> u8 {
    let highest = highest.unwrap_or_default();
    let (mut low, mut high) = (least(highest), highest.saturating_add(1).max(2));
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if n_reaching(middle) >= N_SIFTED { low = middle } else { high = middle }
    }
    if n_reaching(low) > N_SIFTED + MAX_EQUAL && n_reaching(low + 1) >= N_CANDIDATES { low + 1 } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_query_leaves_is_not_counted_for_the_next() {
        let lists: [List; 2] = [(200, &[0, 7, 99]), (30, &[3, 7])];
        let mut used = Scratch::default();
        for n_slots in [100, 10, 100] {
            let mut fresh = [Scratch::default(), Scratch::default()];
            fresh[0].scan(n_slots, lists.into_iter());
            used.scan(n_slots, lists.into_iter());
            assert_eq!(used.touched, fresh[0].touched);
            fresh[1].gather(100, lists.into_iter());
            used.gather(100, lists.into_iter());
            assert_eq!(used.touched, fresh[1].touched);
        }
        assert_eq!(used.touched, [(0, 200), (7, 230), (99, 200)]);
    }
}
