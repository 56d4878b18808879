//! The alignment of two token sequences: what both have in order, and what stands in the gaps between.
//!
//! A longest common subsequence weighted by how rare words are. What it leaves tells a variable (a value, a word in a value's place)
//! from a different message (another plain word).

use super::{
    super::{
        entry::{Item, UNKNOWN},
        text::Kind,
    },
    pairs::{MAX_ALIGNED, Pairs, Places, pairs},
};

/// The most that a word in a value's place counts, however rare: values are rare by nature.
const SOFT: f32 = 1.0;

/// A token and what it counts.
#[derive(Debug, Clone, Copy)]
pub struct Weighted {
    pub item: Item,
    pub weight: f32,
}

/// What two token sequences have in common, and what not, in weight.
#[derive(Default)]
pub struct Alignment {
    /// What belongs together.
    pub pairs: Pairs,
    /// Words of the entry, and of the query.
    pub total: [f32; 2],
    /// Plain words that only the entry, or only the query, has.
    pub plain: [f32; 2],
    /// Words in a value's place that only one has.
    pub soft: [f32; 2],
    /// The rarest of the plain words that only one has.
    pub rarest: [f32; 2],
    /// Plain words that both have, in another order.
    pub moved: f32,
    /// Gaps with a plain word on either side.
    pub gaps: u32,
    /// Gaps with a single plain word on both sides.
    pub swaps: u32,
    /// Plain words that only the query has and that the knowledge base has never seen.
    pub unseen: f32,
    /// Plain words in pairs.
    pub matched: u32,
    /// Values that are the same, and values that are not.
    pub values: [u32; 2],
    /// Values of the entry, and of the query.
    pub n_values: [u32; 2],
}

/// Aligns a query's tokens with an entry's.
pub fn align(query: &[Weighted], entry: &[Weighted]) -> Alignment {
    let (query, entry) = (&query[..query.len().min(MAX_ALIGNED)], &entry[..entry.len().min(MAX_ALIGNED)]);
    let (pairs, mut found) = (pairs(query, entry), Alignment::default());
    let words = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Word).map(|token| token.weight).sum();
    found.total = [words(entry), words(query)];
    let n_values = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Value).count() as u32;
    found.n_values = [n_values(entry), n_values(query)];
    let mut left = [Places::default(), Places::default()];
    let mut from = (0, 0);
    for (to_query, to_entry) in pairs.iter().chain([(query.len(), entry.len())]) {
        found.gap([&entry[from.1..to_entry], &query[from.0..to_query]], [from.1, from.0], &mut left);
        if let (Some(q), Some(e)) = (query.get(to_query), entry.get(to_entry)) {
            match e.item.kind {
                Kind::Word if !e.item.soft => found.matched += 1,
                Kind::Value | Kind::Word => found.values[usize::from(q.item.kind != e.item.kind || q.item.key != e.item.key)] += 1,
                _ => {}
            }
        }
        from = (to_query + 1, to_entry + 1);
    }
    found.settle(entry, query, left);
    found.pairs = pairs;
    found
}

impl Alignment {
    /// Accounts for what stands between two pairs.
    fn gap(&mut self, [entry, query]: [&[Weighted]; 2], from: [usize; 2], left: &mut [Places; 2]) {
        if entry.is_empty() && query.is_empty() {
            return;
        }
        let is_open = |tokens: &[Weighted]| tokens.iter().any(|token| token.item.kind == Kind::Placeholder);
        let is_plain = |token: &&Weighted| token.item.kind == Kind::Word && !token.item.soft;
        let values = |tokens: &[Weighted]| tokens.iter().any(|token| token.item.kind != Kind::Word || token.item.soft);
        let n_plain = [entry.iter().filter(is_plain).count(), query.iter().filter(is_plain).count()];
        for (side, tokens, others) in [(0, entry, query), (1, query, entry)] {
            // A value on one side and only words on the other: the words stand in the value's place.
            let in_place_of_value = n_plain[1 - side] == 0 && values(others);
            for (place, token) in (from[side]..).zip(tokens).filter(|(_, token)| token.item.kind == Kind::Word) {
                match () {
                    () if is_open(others) => {}
                    () if token.item.soft || in_place_of_value => self.soft[side] += token.weight.min(SOFT),
                    () => left[side].push(place),
                }
            }
        }
        if is_open(entry) || is_open(query) || n_plain == [0, 0] {
            return;
        }
        self.gaps += 1;
        self.swaps += u32::from(n_plain == [1, 1]);
    }

    /// Parts the plain words that only one side has from those that both have in another order.
    fn settle(&mut self, entry: &[Weighted], query: &[Weighted], [left_of_entry, mut left_of_query]: [Places; 2]) {
        for token in left_of_entry.of(entry) {
            let is_same = |other: Weighted| other.item.key == token.item.key && token.item.key != UNKNOWN;
            let position = left_of_query.of(query).position(is_same);
            match position {
                Some(position) => {
                    left_of_query.take(position);
                    self.moved += token.weight;
                }
                None => {
                    self.plain[0] += token.weight;
                    self.rarest[0] = self.rarest[0].max(token.weight);
                }
            }
        }
        for token in left_of_query.of(query) {
            self.plain[1] += token.weight;
            self.rarest[1] = self.rarest[1].max(token.weight);
            if token.item.key == UNKNOWN {
                self.unseen += token.weight;
            }
        }
    }
}
