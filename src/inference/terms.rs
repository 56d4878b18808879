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
    /// By the hash of a key: the number of the term and one, 0 for none. At least twice as long as there are terms, so that most are
    /// found, or not, at the first look; a power of two.
    table: Vec<u16>,
}

impl<'a> Terms<'a> {
    /// Room for the terms of so many tokens.
    pub fn with_room(n_tokens: usize) -> Self {
        let n_terms = n_tokens.min(MAX_TERMS);
        Self { terms: Vec::with_capacity(n_terms), table: vec![0; (2 * n_terms).next_power_of_two().max(2)] }
    }

    /// Adds the term of a token at a place; of one that stands in several places the weightiest counts.
    pub fn add(&mut self, place: usize, term: Term<'a>) {
        let bit = u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default();
        let at = self.place(term.kind, term.key);
        let number = usize::from(self.table[at]);
        if let Some(known) = number.checked_sub(1).and_then(|number| self.terms.get_mut(number)) {
            known.places |= bit;
            known.weight = known.weight.max(term.weight);
        } else if 2 * (self.terms.len() + 1) <= self.table.len() {
            self.terms.push(Term { places: bit, ..term });
            self.table[at] = self.terms.len() as u16;
        }
    }

    /// All of them, in the order in which they were added.
    pub fn all(&self) -> &[Term<'a>] {
        &self.terms
    }

    /// The number of a token and the token, if the query has it.
    pub fn find(&self, kind: Kind, key: u32) -> Option<(usize, &Term<'a>)> {
        let number = usize::from(self.table[self.place(kind, key)]).checked_sub(1)?;
        Some((number, self.terms.get(number)?))
    }

    /// The place of a key in the table, or the free one where it would be.
    fn place(&self, kind: Kind, key: u32) -> usize {
        let mut at = (key.wrapping_mul(0x9e37_79b9) >> (u32::BITS - self.table.len().ilog2())) as usize;
        loop {
            match usize::from(self.table[at]).checked_sub(1).and_then(|number| self.terms.get(number)) {
                Some(term) if term.key != key || term.kind != kind => at = (at + 1) % self.table.len(),
                _ => return at,
            }
        }
    }
}
