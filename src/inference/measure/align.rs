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

/// Positions (query, entry) that belong together, in order.
pub struct Pairs {
    places: [(u8, u8); MAX_ALIGNED],
    length: usize,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { places: [(0, 0); MAX_ALIGNED], length: 0 }
    }
}

impl Pairs {
    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.places.iter().take(self.length).map(|(query, entry)| (usize::from(*query), usize::from(*entry)))
    }

    fn push(&mut self, query: usize, entry: usize) {
        if let Some(place) = self.places.get_mut(self.length) {
            *place = (query as u8, entry as u8);
            self.length += 1;
        }
    }
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
    let (pairs, mut found) = (pairs(query, entry), Alignment::default());
    let words = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Word).map(|token| token.weight).sum();
    found.total = [words(entry), words(query)];
    let n_values = |items: &[Weighted]| items.iter().filter(|token| token.item.kind == Kind::Value).count() as u32;
    found.n_values = [n_values(entry), n_values(query)];
    let mut left: [Vec<Weighted>; 2] = [Vec::new(), Vec::new()];
    let mut from = (0, 0);
    for (to_query, to_entry) in pairs.iter().chain([(query.len(), entry.len())]) {
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
    found.pairs = pairs;
    found
}

/// The pairs of the weightiest common subsequence. What both begin and end with is paired as it stands: mostly that is nearly all.
fn pairs(query: &[Weighted], entry: &[Weighted]) -> Pairs {
    let is_same = |(query, entry): &(&Weighted, &Weighted)| is_same(query.item, entry.item);
    let n_first = query.iter().zip(entry).take_while(is_same).count();
    let (inner_query, inner_entry) = (&query[n_first..], &entry[n_first..]);
    let n_last = inner_query.iter().rev().zip(inner_entry.iter().rev()).take_while(is_same).count();
    let (inner_query, inner_entry) = (&inner_query[..inner_query.len() - n_last], &inner_entry[..inner_entry.len() - n_last]);
    let mut pairs = Pairs::default();
    (0..n_first).for_each(|place| pairs.push(place, place));
    inner_pairs(inner_query, inner_entry, n_first, &mut pairs);
    (0..n_last).rev().for_each(|place| pairs.push(query.len() - 1 - place, entry.len() - 1 - place));
    pairs
}

/// Whether no other pair of either token could count more.
fn is_same(query: Item, entry: Item) -> bool {
    query.kind == entry.kind && query.key == entry.key && query.kind != Kind::Placeholder && query.key != UNKNOWN
}

/// The pairs of what is left between, its tokens counted from `from`. Tokens that pair with none of the other side are left out.
fn inner_pairs(query: &[Weighted], entry: &[Weighted], from: usize, pairs: &mut Pairs) {
    if query.is_empty() || entry.is_empty() {
        return;
    }
    let (of_query, of_entry) = (Partners::new(query), Partners::new(entry));
    let (query_places, entry_places) = (of_entry.partners(query, true), of_query.partners(entry, false));
    let (query_places, entry_places) = (query_places.as_slice(), entry_places.as_slice());
    let width = entry_places.len() + 1;
    let (mut small, mut large) = ([0.0_f32; SMALL_TABLE], Vec::new());
    let size = (query_places.len() + 1) * width;
    let best = match small.get_mut(..size) {
        Some(small) => small,
        None => {
            large.resize(size, 0.0_f32);
            large.as_mut_slice()
        }
    };
    let gain = |i: u8, j: u8| gain(query[usize::from(i)], entry[usize::from(j)]);
    for (i, query) in query_places.iter().enumerate().rev() {
        for (j, entry) in entry_places.iter().enumerate().rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let gain = gain(*query, *entry);
            best[i * width + j] = if gain > 0.0 { skip.max(gain + best[(i + 1) * width + j + 1]) } else { skip };
        }
    }
    let (mut i, mut j) = (0, 0);
    while let (Some(query), Some(entry)) = (query_places.get(i), entry_places.get(j)) {
        let here = best[i * width + j];
        let gain = gain(*query, *entry);
        if gain > 0.0 && here == gain + best[(i + 1) * width + j + 1] {
            pairs.push(from + usize::from(*query), from + usize::from(*entry));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// Places of tokens.
struct Places {
    places: [u8; MAX_ALIGNED],
    length: usize,
}

impl Places {
    fn as_slice(&self) -> &[u8] {
        self.places.get(..self.length).unwrap_or_default()
    }
}

/// What the tokens of one side pair with.
struct Partners {
    /// A bit for each word, by the last bits of its number.
    words: u64,
    has_value: bool,
    has_placeholder: bool,
    has_soft: bool,
}

impl Partners {
    fn new(tokens: &[Weighted]) -> Self {
        let mut partners = Self { words: 0, has_value: false, has_placeholder: false, has_soft: false };
        for Weighted { item, .. } in tokens {
            partners.has_soft |= item.soft;
            match item.kind {
                Kind::Word => partners.words |= word_bit(item.key),
                Kind::Value => partners.has_value = true,
                Kind::Placeholder => partners.has_placeholder = true,
            }
        }
        partners
    }

    /// The places of the other side's tokens that may pair with one of them.
    fn partners(&self, tokens: &[Weighted], are_of_query: bool) -> Places {
        let mut found = Places { places: [0; MAX_ALIGNED], length: 0 };
        for (place, token) in tokens.iter().enumerate().take(MAX_ALIGNED) {
            found.places[found.length] = place as u8;
            found.length += usize::from(self.pair(token.item, are_of_query));
        }
        found
    }

    /// Whether one of them may be the pair of a token, of the query or of the entry: see [`gain`].
    fn pair(&self, item: Item, is_of_query: bool) -> bool {
        let by_kind = match item.kind {
            Kind::Word => item.key != UNKNOWN && self.words & word_bit(item.key) != 0,
            Kind::Value => self.has_value || (is_of_query && self.has_placeholder),
            Kind::Placeholder => self.has_placeholder || (!is_of_query && self.has_value),
        };
        by_kind || (item.soft && self.has_soft)
    }
}

fn word_bit(key: u32) -> u64 {
    1 << (key % u64::BITS)
}

impl Alignment {
    /// Accounts for what stands between two pairs.
    fn gap(&mut self, entry: &[Weighted], query: &[Weighted], left: &mut [Vec<Weighted>; 2]) {
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
