//! The alignment of two token sequences: what both have in order, and what stands in the gaps between.
//!
//! A longest common subsequence weighted by how rare words are. What it leaves tells a variable (a value, a word in a value's place)
//! from a different message (another plain word).

use super::super::{
    entry::{Item, UNKNOWN},
    text::Kind,
};

/// Tokens of each side that are aligned.
const MAX_ALIGNED: usize = 96;

/// Cells of a table that needs no memory of its own.
const SMALL_TABLE: usize = 512;

/// What a value counts beside words, and what an equal value adds.
const VALUE: f32 = 0.4;
const SAME_VALUE: f32 = 0.4;

/// What a word in a value's place counts against a value, or another such word.
const IN_PLACE: f32 = 0.2;

/// The most that a word in a value's place counts, however rare: values are rare by nature.
const SOFT: f32 = 1.0;

/// A token and what it counts.
#[derive(Debug, Clone, Copy)]
pub struct Weighted {
    pub item: Item,
    pub weight: f32,
}

/// What two token sequences have in common, and what not, in weight.
#[derive(Debug, Default, Clone)]
pub struct Alignment {
    /// Positions (query, entry) that belong together.
    pub pairs: Vec<(usize, usize)>,
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

fn gain(query: Weighted, entry: Weighted) -> f32 {
    match (query.item.kind, entry.item.kind) {
        (Kind::Word, Kind::Word) if query.item.key == entry.item.key && entry.item.key != UNKNOWN => entry.weight,
        (Kind::Value, Kind::Value) if query.item.key == entry.item.key => VALUE + SAME_VALUE,
        (Kind::Value, Kind::Value) | (Kind::Value | Kind::Placeholder, Kind::Placeholder) => VALUE,
        _ if query.item.soft && entry.item.soft => IN_PLACE,
        _ => 0.0,
    }
}

/// Aligns a query's tokens with an entry's.
pub fn align(query: &[Weighted], entry: &[Weighted]) -> Alignment {
    let (query, entry) = (&query[..query.len().min(MAX_ALIGNED)], &entry[..entry.len().min(MAX_ALIGNED)]);
    let mut found = Alignment { pairs: pairs(query, entry), ..Alignment::default() };
    let words = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Word).map(|token| token.weight).sum();
    found.total = [words(entry), words(query)];
    let n_values = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Value).count() as u32;
    found.n_values = [n_values(entry), n_values(query)];
    let mut left: [Vec<Weighted>; 2] = [Vec::new(), Vec::new()];
    let mut from = (0, 0);
    for n in 0..=found.pairs.len() {
        let (to_query, to_entry) = found.pairs.get(n).copied().unwrap_or((query.len(), entry.len()));
        found.gap(&entry[from.1..to_entry], &query[from.0..to_query], &mut left);
        if let (Some(q), Some(e)) = (query.get(to_query), entry.get(to_entry)) {
            match e.item.kind {
                Kind::Word if !e.item.soft => found.matched += 1,
                Kind::Value | Kind::Word => found.values[usize::from(q.item.kind != e.item.kind || q.item.key != e.item.key)] += 1,
                _ => {}
            }
        }
        from = (to_query + 1, to_entry + 1);
    }
    found.settle(left);
    found
}

/// The pairs of the weightiest common subsequence. What both begin and end with is paired as it stands: mostly that is nearly all.
fn pairs(query: &[Weighted], entry: &[Weighted]) -> Vec<(usize, usize)> {
    let is_same = |(query, entry): &(&Weighted, &Weighted)| is_same(query.item, entry.item);
    let n_first = query.iter().zip(entry).take_while(is_same).count();
    let (inner_query, inner_entry) = (&query[n_first..], &entry[n_first..]);
    let n_last = inner_query.iter().rev().zip(inner_entry.iter().rev()).take_while(is_same).count();
    let (inner_query, inner_entry) = (&inner_query[..inner_query.len() - n_last], &inner_entry[..inner_entry.len() - n_last]);
    let mut pairs = Vec::with_capacity(query.len().min(entry.len()));
    pairs.extend((0..n_first).map(|place| (place, place)));
    inner_pairs(inner_query, inner_entry, n_first, &mut pairs);
    pairs.extend((0..n_last).rev().map(|place| (query.len() - 1 - place, entry.len() - 1 - place)));
    pairs
}

/// Whether no other pair of either token could count more.
fn is_same(query: Item, entry: Item) -> bool {
    query.kind == entry.kind && query.key == entry.key && query.kind != Kind::Placeholder && query.key != UNKNOWN
}

/// The pairs of what is left between, its tokens counted from `from`.
fn inner_pairs(query: &[Weighted], entry: &[Weighted], from: usize, pairs: &mut Vec<(usize, usize)>) {
    if query.is_empty() || entry.is_empty() {
        return;
    }
    let width = entry.len() + 1;
    let (mut small, mut large) = ([0.0_f32; SMALL_TABLE], Vec::new());
    let size = (query.len() + 1) * width;
    let best = match small.get_mut(..size) {
        Some(small) => small,
        None => {
            large.resize(size, 0.0_f32);
            large.as_mut_slice()
        }
    };
    for i in (0..query.len()).rev() {
        for j in (0..entry.len()).rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let gain = gain(query[i], entry[j]);
            best[i * width + j] = if gain > 0.0 { skip.max(gain + best[(i + 1) * width + j + 1]) } else { skip };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < query.len() && j < entry.len() {
        let here = best[i * width + j];
        let gain = gain(query[i], entry[j]);
        if gain > 0.0 && here == gain + best[(i + 1) * width + j + 1] {
            pairs.push((from + i, from + j));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

impl Alignment {
    /// Accounts for what stands between two pairs.
    fn gap(&mut self, entry: &[Weighted], query: &[Weighted], left: &mut [Vec<Weighted>; 2]) {
        let is_open = |tokens: &[Weighted]| tokens.iter().any(|token| token.item.kind == Kind::Placeholder);
        let is_plain = |token: &&Weighted| token.item.kind == Kind::Word && !token.item.soft;
        let values = |tokens: &[Weighted]| tokens.iter().any(|token| token.item.kind != Kind::Word || token.item.soft);
        let n_plain = [entry.iter().filter(is_plain).count(), query.iter().filter(is_plain).count()];
        for (side, tokens, others) in [(0, entry, query), (1, query, entry)] {
            // A value on one side and only words on the other: the words stand in the value's place.
            let in_place_of_value = n_plain[1 - side] == 0 && values(others);
            for token in tokens.iter().filter(|token| token.item.kind == Kind::Word) {
                match () {
                    () if is_open(others) => {}
                    () if token.item.soft || in_place_of_value => self.soft[side] += token.weight.min(SOFT),
                    () => left[side].push(*token),
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
    fn settle(&mut self, [entry, mut query]: [Vec<Weighted>; 2]) {
        for token in entry {
            match query.iter().position(|other| other.item.key == token.item.key && token.item.key != UNKNOWN) {
                Some(position) => {
                    query.swap_remove(position);
                    self.moved += token.weight;
                }
                None => {
                    self.plain[0] += token.weight;
                    self.rarest[0] = self.rarest[0].max(token.weight);
                }
            }
        }
        for token in query {
            self.plain[1] += token.weight;
            self.rarest[1] = self.rarest[1].max(token.weight);
            if token.item.key == UNKNOWN {
                self.unseen += token.weight;
            }
        }
    }
}
