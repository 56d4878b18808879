//! How often a key occurred before, with bounded memory: two generations of keys, of which the older is forgotten
//! when the younger is full. A key counts as new again when as many others as a generation holds came in between.
//!
//! Nearly every key is new, so that is what costs least: two sets are asked, of which a new key touches hardly more than a
//! byte, and only what occurs again is counted beside them.

use rustc_hash::{FxHashMap, FxHashSet};

/// Counts recent occurrences of keys that are hashes already.
pub(super) struct Recent {
    generation: usize,
    young: Generation,
    old: Generation,
}

/// Keys that occurred, and how often those did that occurred more than once.
#[derive(Default)]
struct Generation {
    keys: FxHashSet<u64>,
    repeated: FxHashMap<u64, u32>,
}

impl Recent {
    /// Remembers at least the last `generation` keys.
    pub(super) fn new(generation: usize) -> Self {
        Self { generation, young: Generation::default(), old: Generation::default() }
    }

    /// How often the key was counted before; counts it.
    pub(super) fn count(&mut self, key: u64) -> u32 {
        if self.young.keys.len() >= self.generation {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.keys.clear();
            self.young.repeated.clear();
        }
        let known = self.old.keys.contains(&key);
        let is_new = self.young.keys.insert(key);
        if is_new && !known {
            return 0;
        }
        let n = self.young.repeated.get(&key).or_else(|| self.old.repeated.get(&key)).copied().unwrap_or(1);
        self.young.repeated.insert(key, n.saturating_add(1));
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
