//! Which tokens of two sequences belong together: a longest common subsequence weighted by how rare words are.

use std::cell::RefCell;

use super::{
    super::{
        entry::{Item, UNKNOWN},
        text::Kind,
    },
    Weighted,
};

/// Tokens of each side that are aligned.
pub const MAX_ALIGNED: usize = 96;

/// What a value counts beside words, and what an equal value adds.
const VALUE: f32 = 0.4;
const SAME_VALUE: f32 = 0.4;

/// What a word in a value's place counts against a value, or another such word.
const IN_PLACE: f32 = 0.2;

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

    pub fn push(&mut self, query: usize, entry: usize) {
        if let Some(place) = self.places.get_mut(self.length) {
            *place = (query as u8, entry as u8);
            self.length += 1;
        }
    }
}

thread_local! {
    /// Room for the table that one alignment leaves to the next.
    static TABLE: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
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

/// The pairs of the weightiest common subsequence. What both begin and end with is paired as it stands: mostly that is nearly all.
pub fn pairs(query: &[Weighted], entry: &[Weighted]) -> Pairs {
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
    TABLE.with_borrow_mut(|best| {
        best.clear();
        best.resize((query_places.len() + 1) * width, 0.0);
        let gain = |i: u8, j: u8| gain(query[usize::from(i)], entry[usize::from(j)]);
        let mut rows = best.rchunks_exact_mut(width);
        let mut below = rows.next().unwrap_or_default();
        for (row, i) in rows.zip(query_places.iter().rev()) {
            let mut right = 0.0_f32;
            let (first, behind) = (row.iter_mut().rev().skip(1), below.iter().rev());
            // In the row below, what stands behind the place and at it.
            for ((here, j), (diagonal, under)) in first.zip(entry_places.iter().rev()).zip(behind.clone().zip(behind.skip(1))) {
                let skip = right.max(*under);
                let gain = gain(*i, *j);
                right = if gain > 0.0 { skip.max(gain + diagonal) } else { skip };
                *here = right;
            }
            below = row;
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
    });
}

/// Places of tokens.
pub struct Places {
    places: [u8; MAX_ALIGNED],
    length: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { places: [0; MAX_ALIGNED], length: 0 }
    }
}

impl Places {
    pub fn push(&mut self, place: usize) {
        if let Some(free) = self.places.get_mut(self.length) {
            *free = place as u8;
            self.length += 1;
        }
    }

    /// Takes one out; the last one comes in its place.
    pub fn take(&mut self, position: usize) {
        self.length -= 1;
        self.places[position] = self.places[self.length];
    }

    /// The tokens at these places.
    pub fn of(&self, tokens: &[Weighted]) -> impl Iterator<Item = Weighted> {
        self.as_slice().iter().filter_map(|place| tokens.get(usize::from(*place)).copied())
    }

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
        let mut found = Places::default();
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
