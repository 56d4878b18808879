//! Relevance: how much a query is about what an entry is about, word by word, and how many of its words stand in the same order.
//!
//! Both are found in one pass over an entry's tokens, cheap enough for hundreds of entries. The words alone order the hints; with the
//! order of the words they choose the entries worth measuring.

use rustc_hash::FxHashMap;

use super::{Index, candidates::Term, measure::Weighted, text::Kind};

/// Tokens of a query that are looked at; each is a bit of a machine word where order counts, the rest counts without it.
const MAX_TERMS: usize = 256;

/// The share of tokens in the same order that two texts about one thing reach by chance: below it order says nothing.
const PROSE: f64 = 0.35;

/// The share below which values say nothing.
const VALUES: f64 = 0.25;

/// What order counts above that.
const ORDER: f64 = 3.0;

/// Okapi BM25 (Robertson and Zaragoza 2009), as a share of what an entry could reach at most, beside a longest common subsequence.
pub struct Relevance<'a> {
    index: &'a Index,
    terms: FxHashMap<Key, Counted>,
    /// A bit for each key, by its last bits: most tokens of an entry are none of the query's.
    sketch: [u64; 4],
    most: f32,
    n_items: usize,
    mean_items: f32,
}

/// A word's number, or of a value the hash of its characters.
type Key = (Kind, u32);

/// A token of the query.
#[derive(Debug, Clone, Copy)]
struct Counted {
    number: u8,
    weight: f32,
    /// The places at which the query has it.
    places: u64,
}

impl<'a> Relevance<'a> {
    const K1: f32 = 1.0;
    const B: f32 = 0.75;

    /// Prepares a query's tokens; `terms` are those that entries have, with what they count.
    pub fn new(index: &'a Index, items: &[Weighted], terms: &[Term]) -> Self {
        let mut counted: FxHashMap<Key, Counted> = FxHashMap::default();
        let mut sketch = [0; 4];
        for term in terms.iter().take(MAX_TERMS) {
            let number = counted.len() as u8;
            let counted = counted.entry((term.kind, term.key)).or_insert(Counted { number, weight: 0.0, places: 0 });
            counted.weight = counted.weight.max(term.weight);
            let (word, bit) = sketched(term.key);
            sketch[word] |= bit;
        }
        for (place, token) in items.iter().take(u64::BITS as usize).enumerate() {
            if let Some(counted) = counted.get_mut(&(token.item.kind, token.item.key)) {
                counted.places |= 1 << place;
            }
        }
        // Sorted, so that the sum does not depend on the numbers that the words were given.
        let mut weights: Vec<f32> = counted.iter().filter(|(key, _)| key.0 == Kind::Word).map(|(_, counted)| counted.weight).collect();
        weights.sort_unstable_by(f32::total_cmp);
        let most = weights.iter().sum::<f32>() * (Self::K1 + 1.0);
        let mean_items = index.mean_items();
        Self { index, terms: counted, sketch, most: most.max(f32::MIN_POSITIVE), n_items: items.len(), mean_items }
    }

    /// Of an entry: about 0 to 1, and more for one whose words stand in the query's order.
    pub fn of(&self, slot: u32) -> f64 {
        let items = self.index.entry(slot).map(|entry| &*entry.items).unwrap_or_default();
        let length = Self::K1 * (1.0 - Self::B + Self::B * items.len() as f32 / self.mean_items);
        let saturated = |count: f32| count / (count + length);
        let mut counts = [0_u8; MAX_TERMS];
        let (mut score, mut values, mut row) = (0.0_f32, 0.0_f32, u64::MAX);
        for item in items {
            let (word, bit) = sketched(item.key);
            if self.sketch[word] & bit == 0 || item.kind == Kind::Placeholder {
                continue;
            }
            let Some(term) = self.terms.get(&(item.kind, item.key)) else { continue };
            // Hyyrö's bit-parallel longest common subsequence: the zeros of the row are its length.
            let hit = row & term.places;
            row = row.wrapping_add(hit) | (row & !term.places);
            let count = &mut counts[usize::from(term.number)];
            *count = count.saturating_add(1);
            let gain = term.weight * (saturated(f32::from(*count)) - saturated(f32::from(*count - 1)));
            match item.kind {
                Kind::Word => score += gain,
                _ => values += gain,
            }
        }
        let in_order = f64::from(2 * row.count_zeros()) / (self.n_items.min(64) + items.len()).max(1) as f64;
        let alike = (in_order - PROSE).max(0.0);
        let counted = if in_order > VALUES { score + values } else { score };
        f64::from(counted * (Self::K1 + 1.0) / self.most) * (1.0 + ORDER * alike)
    }
}

fn sketched(key: u32) -> (usize, u64) {
    ((key >> 6) as usize % 4, 1 << (key % 64))
}
