//! The tokens of a query by which entries are found: each once, with what it counts, looked up by its key at the cost of a glance.

use super::text::Kind;

/// Tokens of a query that are looked at: all that a text is cut into.
pub const MAX_TERMS: usize = 256;

/// A token of the query that entries have.
#[derive(Debug, Clone, Copy)]
pub struct Term<'a> {
    /// A word or a value.
    pub kind: Kind,
    /// A word's number; of a value, the hash of its characters.
    pub key: u32,
    /// The entries that have it.
    pub slots: &'a [u32],
    /// What it counts.
    pub weight: f32,
    /// A bit for each of the first places at which the query has it.
    pub places: u64,
}

/// The tokens of a query that entries have.
pub struct Terms<'a> {
    terms: Vec<Term<'a>>,
    /// By the hash of a key. At least twice as long as there are terms, so that most are found, or not, at the first look; a power of
    /// two.
    table: Vec<Place>,
}

/// Where a term stands; what it is known by is beside it, so that a token which the query has not is told at one look.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: u32,
    kind: Kind,
    /// The number of the term and one, 0 for none.
    number: u16,
}

/// A place that no term has.
const FREE: Place = Place { key: 0, kind: Kind::Placeholder, number: 0 };

impl<'a> Terms<'a> {
    /// Room for the terms of so many tokens.
    pub fn with_room(n_tokens: usize) -> Self {
        let n_terms = n_tokens.min(MAX_TERMS);
        Self { terms: Vec::with_capacity(n_terms), table: vec![FREE; (2 * n_terms).next_power_of_two().max(2)] }
    }

    /// Adds the term of a token at a place; of one that stands in several places the weightiest counts.
    pub fn add(&mut self, place: usize, term: Term<'a>) {
        let bit = u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default();
        let at = self.place(term.kind, term.key);
        if let Some(known) = usize::from(self.table[at].number).checked_sub(1).and_then(|number| self.terms.get_mut(number)) {
            known.places |= bit;
            known.weight = known.weight.max(term.weight);
        } else if 2 * (self.terms.len() + 1) <= self.table.len() {
            self.terms.push(Term { places: bit, ..term });
            self.table[at] = Place { key: term.key, kind: term.kind, number: self.terms.len() as u16 };
        }
    }

    /// All of them, in the order in which they were added.
    pub fn all(&self) -> &[Term<'a>] {
        &self.terms
    }

    /// The number of a token and the token, if the query has it.
    pub fn find(&self, kind: Kind, key: u32) -> Option<(usize, &Term<'a>)> {
        let number = usize::from(self.table[self.place(kind, key)].number).checked_sub(1)?;
        Some((number, self.terms.get(number)?))
    }

    /// The place of a key in the table, or the free one where it would be.
    fn place(&self, kind: Kind, key: u32) -> usize {
        let mut at = (key.wrapping_mul(0x9e37_79b9) >> (u32::BITS - self.table.len().ilog2())) as usize;
        loop {
            let place = self.table[at];
            if place.number == 0 || (place.key == key && place.kind == kind) {
                return at;
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }
}
