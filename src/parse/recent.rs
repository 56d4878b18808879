//! How often a key occurred before, with bounded memory: two generations of a table, of which the older is forgotten
//! when the younger is full. A key counts as new again when as many others as a generation holds came in between.

use rustc_hash::FxHashMap;

/// Counts recent occurrences of keys that are hashes already.
pub(super) struct Recent {
    generation: usize,
    young: FxHashMap<u64, u32>,
    old: FxHashMap<u64, u32>,
}

impl Recent {
    /// Remembers at least the last `generation` keys.
    pub(super) fn new(generation: usize) -> Self {
        Self { generation, young: FxHashMap::default(), old: FxHashMap::default() }
    }

    /// How often the key was counted before; counts it.
    pub(super) fn count(&mut self, key: u64) -> u32 {
        if self.young.len() >= self.generation {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        let n = match self.young.get(&key) {
            Some(&n) => n,
            None => self.old.get(&key).copied().unwrap_or(0),
        };
        self.young.insert(key, n.saturating_add(1));
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_are_counted_and_forgotten_late() {
        let mut recent = Recent::new(1000);
        assert_eq!([recent.count(7), recent.count(8), recent.count(7), recent.count(7)], [0, 0, 1, 2]);
        (1000..1000 + 1000).for_each(|key| _ = recent.count(key));
        assert_eq!(recent.count(7), 3);
        (1000..1000 + 3 * 1000).for_each(|key| _ = recent.count(key));
        assert_eq!(recent.count(7), 0);
    }
}
