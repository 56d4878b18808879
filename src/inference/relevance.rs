//! Relevance: how much a query is about what an entry is about, word by word, and how many of its words stand in the same order.
//!
//! Both are found in one pass over an entry's tokens, cheap enough for hundreds of entries. The words alone order the hints; with the
//! order of the words they choose the entries worth measuring.

use super::{
    Index,
    terms::{MAX_TERMS, Terms},
    text::Kind,
};

/// The share of tokens in the same order that two texts about one thing reach by chance: below it order says nothing.
const PROSE: f64 = 0.35;

/// The share below which values say nothing.
const VALUES: f64 = 0.25;

/// What order counts above that.
const ORDER: f64 = 3.0;

/// Okapi BM25 (Robertson and Zaragoza 2009), as a share of what an entry could reach at most, beside a longest common subsequence.
pub struct Relevance<'a> {
    index: &'a Index,
    terms: &'a Terms<'a>,
    most: f32,
    n_items: usize,
    mean_items: f32,
}

impl<'a> Relevance<'a> {
    const K1: f32 = 1.0;
    const B: f32 = 0.75;

    /// Of a query of so many tokens.
    pub fn new(index: &'a Index, terms: &'a Terms<'a>, n_items: usize) -> Self {
        let words = terms.all().iter().filter(|term| term.kind == Kind::Word);
        let most = words.map(|term| term.weight).sum::<f32>() * (Self::K1 + 1.0);
        Self { index, terms, most: most.max(f32::MIN_POSITIVE), n_items, mean_items: index.mean_items() }
    }

    /// Of an entry: about 0 to 1, and more for one whose words stand in the query's order.
    pub fn of(&self, slot: u32) -> f64 {
        let Some(entry) = self.index.entry(slot) else { return 0.0 };
        let n_items = entry.items.len();
        let length = Self::K1 * (1.0 - Self::B + Self::B * n_items as f32 / self.mean_items);
        let saturated = |count: u8| f32::from(count) / (f32::from(count) + length);
        let once = saturated(1);
        let mut counts = [0_u8; MAX_TERMS];
        let (mut score, mut values, mut row) = (0.0_f32, 0.0_f32, u64::MAX);
        let mut take = |kind: Kind, key: u32| {
            let Some((number, term)) = self.terms.find(kind, key) else { return };
            // Hyyrö's bit-parallel longest common subsequence: the zeros of the row are its length.
            row = row.wrapping_add(row & term.places) | (row & !term.places);
            let count = &mut counts[number];
            *count = count.saturating_add(1);
            let gain = term.weight * if *count == 1 { once } else { saturated(*count) - saturated(*count - 1) };
            match kind {
                Kind::Word => score += gain,
                _ => values += gain,
            }
        };
        let mut runs = &*entry.runs;
        for (place, item) in entry.items.iter().enumerate() {
            take(item.kind, item.key);
            while let [(run, value), rest @ ..] = runs
                && usize::from(*run) == place
            {
                take(Kind::Value, *value);
                runs = rest;
            }
        }
        let in_order = (f64::from(2 * row.count_zeros()) / (self.n_items.min(64) + n_items).max(1) as f64).min(1.0);
        let alike = (in_order - PROSE).max(0.0);
        let counted = if in_order > VALUES { score + values } else { score };
        f64::from(counted * (Self::K1 + 1.0) / self.most) * (1.0 + ORDER * alike)
    }
}
