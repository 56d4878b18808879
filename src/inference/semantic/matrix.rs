//! The vectors of all entries, row after row in one piece of memory, and the search through them.
//!
//! Vectors of one model crowd around a common direction that says nothing. Cosines are therefore taken from the mean of all rows, which
//! parts what is about the same thing from what merely is an error message too (Mu and Viswanath, "All-but-the-Top", ICLR 2018).

use rustc_hash::FxHashMap;

use super::{
    Vector,
    vector::{dot, mean},
};

/// Rows of an entry at most.
pub const MAX_ROWS: usize = 4;

/// Rows that have to speak before their mean does: a few entries may well be about one thing.
const CAUTION: usize = 32;

/// The vectors of entries, by slot.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    dimensions: usize,
    rows: Vec<i16>,
    /// The slot of each row.
    owners: Vec<u32>,
    by_slot: FxHashMap<u32, Vec<u32>>,
    sum: Vec<i64>,
}

/// A query's vector, taken from the mean.
pub struct Aim<'a> {
    query: &'a [i16],
    mean: Vec<i16>,
    /// Products of query and mean, and of the mean with itself.
    query_mean: f32,
    mean_mean: f32,
    length: f32,
}

impl Matrix {
    /// Whether no slot has rows.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Gives a slot its rows. Vectors of another length than those already there are of another model, and left out.
    pub fn insert(&mut self, slot: u32, vectors: &[Vector]) {
        self.remove(slot);
        self.by_slot.insert(slot, Vec::new());
        for vector in vectors.iter().take(MAX_ROWS) {
            if self.is_empty() {
                self.dimensions = vector.parts().len();
                self.sum = vec![0; self.dimensions];
            }
            if vector.parts().len() != self.dimensions {
                continue;
            }
            self.by_slot.entry(slot).or_default().push(self.owners.len() as u32);
            self.owners.push(slot);
            if self.rows.len() + self.dimensions > self.rows.capacity() {
                // A vector that doubles when it is full would hold each row twice.
                self.rows.reserve_exact(self.dimensions + self.rows.len() / 8);
            }
            self.rows.extend_from_slice(vector.parts());
            self.sum.iter_mut().zip(vector.parts()).for_each(|(sum, part)| *sum += i64::from(*part));
        }
    }

    /// Takes a slot's rows away; the last row of all moves into each gap.
    pub fn remove(&mut self, slot: u32) {
        while let Some(row) = self.by_slot.get_mut(&slot).and_then(Vec::pop) {
            let (start, end) = (row as usize * self.dimensions, (row as usize + 1) * self.dimensions);
            let Some(parts) = self.rows.get(start..end) else { continue };
            self.sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum -= i64::from(*part));
            let last = self.owners.len() as u32 - 1;
            let tail = self.rows.len() - self.dimensions;
            self.rows.copy_within(tail.., start);
            self.rows.truncate(tail);
            self.owners.swap_remove(row as usize);
            // The row that moved has a new number.
            if let Some(mover) = self.owners.get(row as usize).and_then(|owner| self.by_slot.get_mut(owner)) {
                mover.iter_mut().filter(|number| **number == last).for_each(|number| *number = row);
            }
        }
        self.by_slot.remove(&slot);
    }

    /// Whether a slot was given its rows, be they none.
    pub fn has(&self, slot: u32) -> bool {
        self.by_slot.contains_key(&slot)
    }

    /// A query's vector made ready; `None` where it is of another model.
    pub fn aim<'a>(&self, query: &'a Vector) -> Option<Aim<'a>> {
        let query = query.parts();
        if self.is_empty() || query.len() != self.dimensions {
            return None;
        }
        let mean = mean(&self.sum, self.owners.len() + CAUTION);
        let (query_mean, mean_mean) = (dot(query, &mean), dot(&mean, &mean));
        let length = (dot(query, query) - 2.0 * query_mean + mean_mean).max(f32::EPSILON).sqrt();
        Some(Aim { query, mean, query_mean, mean_mean, length })
    }

    /// The cosine of each row, with its slot.
    pub fn cosines(&self, aim: &Aim) -> Vec<(u32, f32)> {
        let mut cosines = Vec::with_capacity(self.owners.len());
        cosines.extend(self.owners.iter().copied().zip(self.rows.chunks_exact(self.dimensions.max(1)).map(|row| aim.cosine(row))));
        cosines
    }

    /// The cosine of a slot's best row.
    pub fn cosine(&self, aim: &Aim, slot: u32) -> Option<f32> {
        let rows = self.by_slot.get(&slot)?.iter();
        let cosines = rows.filter_map(|row| self.rows.get(*row as usize * self.dimensions..(*row as usize + 1) * self.dimensions));
        cosines.map(|row| aim.cosine(row)).reduce(f32::max)
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.rows.capacity() * 2 + self.owners.capacity() * 4 + self.by_slot.capacity() * 40 + self.owners.len() * 4
    }
}

impl Aim<'_> {
    fn cosine(&self, row: &[i16]) -> f32 {
        let row_mean = dot(row, &self.mean);
        let length = (1.0 - 2.0 * row_mean + self.mean_mean).max(f32::EPSILON).sqrt();
        (dot(self.query, row) - self.query_mean - row_mean + self.mean_mean) / (self.length * length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(seed: u32) -> Vector {
        let mut state = u64::from(seed) + 1;
        let parts: Vec<f32> = (0..16)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / 16_777_216.0 - 0.3
            })
            .collect();
        Vector::new(&parts).unwrap()
    }

    fn ranking(matrix: &Matrix, query: &Vector) -> Vec<(u32, u32)> {
        let aim = matrix.aim(query).unwrap();
        let mut cosines: Vec<(u32, u32)> = matrix.cosines(&aim).into_iter().map(|(slot, cosine)| (slot, cosine.to_bits())).collect();
        cosines.sort_unstable();
        cosines
    }

    #[test]
    fn rows_come_and_go_as_if_they_had_come_in_another_order() {
        let rows = |slot: u32| [vector(slot), vector(slot + 100)];
        let mut changed = Matrix::default();
        for slot in 0..40 {
            changed.insert(slot, &rows(slot));
        }
        for slot in [3, 39, 0, 17] {
            changed.remove(slot);
        }
        changed.insert(5, &[vector(1)]);
        changed.insert(5, &rows(5));
        changed.insert(17, &rows(17));
        let mut fresh = Matrix::default();
        for slot in (0..40).rev().filter(|slot| ![3, 39, 0].contains(slot)) {
            fresh.insert(slot, &rows(slot));
        }
        assert_eq!(ranking(&changed, &vector(7)), ranking(&fresh, &vector(7)));
        assert!(!changed.has(3) && changed.has(17));
        let wanted = vector(17);
        let aim = changed.aim(&wanted).unwrap();
        assert!(changed.cosine(&aim, 17).is_some_and(|cosine| cosine > 0.999));
        assert_eq!(changed.cosine(&aim, 3), None);
        (0..40).for_each(|slot| changed.remove(slot));
        assert!(changed.is_empty() && changed.rows.is_empty() && changed.sum.iter().all(|sum| *sum == 0));
    }

    #[test]
    fn vectors_of_another_model_are_left_out() {
        let mut matrix = Matrix::default();
        matrix.insert(1, &[vector(1)]);
        matrix.insert(2, &[Vector::new(&[1.0, 2.0]).unwrap()]);
        assert_eq!(matrix.by_slot[&2], [0; 0]);
        assert!(matrix.aim(&Vector::new(&[1.0, 2.0]).unwrap()).is_none());
        matrix.insert(3, &vec![vector(3); MAX_ROWS + 5]);
        assert_eq!(matrix.owners.len(), 1 + MAX_ROWS);
    }

    #[test]
    fn rows_are_held_once() {
        let mut matrix = Matrix::default();
        for slot in 0..300 {
            matrix.insert(slot, &[vector(slot)]);
            let (held, needed) = (matrix.rows.capacity(), matrix.rows.len());
            assert!(held <= needed + needed / 8 + matrix.dimensions, "{held} for {needed}");
        }
    }
}
