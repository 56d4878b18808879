//! How often a key occurred before, with bounded memory: two generations of keys, of which the older is forgotten
//! when the younger is full. A key counts as new again when as many others as a generation holds came in between.
//!
//! Nearly every key is new, so that is what costs least: two sets are asked, at one place of each, and only what occurs again is counted
//! beside them.

use rustc_hash::FxHashMap;

/// Counts recent occurrences of keys that are hashes already.
pub(super) struct Recent {
    generation: usize,
    young: Generation,
    old: Generation,
}

/// Keys that occurred, and how often those did that occurred more than once.
#[derive(Default)]
struct Generation {
    keys: Keys,
    repeated: FxHashMap<u64, u32>,
}

/// A set of hashes: each stands at the first free place from where its own bits point to, so that mostly one line of memory is looked at.
#[derive(Default)]
struct Keys {
    /// Zero for a free place; at most half of them are taken. Their number is a power of two.
    places: Vec<u64>,
    len: usize,
}

/// Places of a set that is not empty, at least.
const FEWEST_PLACES: usize = 64;

impl Keys {
    /// Where the key stands, or the free place where it would.
    fn place_of(&self, key: u64) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut place = key as usize & mask;
        loop {
            match *self.places.get(place)? {
                0 => return Some(place),
                other if other == key => return Some(place),
                _ => place = (place + 1) & mask,
            }
        }
    }

    fn contains(&self, key: u64) -> bool {
        let key = key.max(1);
        self.place_of(key).and_then(|place| self.places.get(place)) == Some(&key)
    }

    /// Whether it was not there.
    fn insert(&mut self, key: u64) -> bool {
        let key = key.max(1);
        if 2 * self.len >= self.places.len() {
            let larger = vec![0; (2 * self.places.len()).max(FEWEST_PLACES)];
            let keys = std::mem::replace(&mut self.places, larger);
            for key in keys.into_iter().filter(|&key| key != 0) {
                self.put(key);
            }
        }
        let is_new = self.put(key);
        self.len += usize::from(is_new);
        is_new
    }

    fn put(&mut self, key: u64) -> bool {
        match self.place_of(key).and_then(|place| self.places.get_mut(place)) {
            Some(place) if *place == 0 => {
                *place = key;
                true
            }
            _ => false,
        }
    }

    fn clear(&mut self) {
        self.places.fill(0);
        self.len = 0;
    }
}

impl Recent {
    /// Remembers at least the last `generation` keys.
    pub(super) fn new(generation: usize) -> Self {
        Self { generation, young: Generation::default(), old: Generation::default() }
    }

    /// How often the key was counted before; counts it.
    pub(super) fn count(&mut self, key: u64) -> u32 {
        if self.young.keys.len >= self.generation {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.keys.clear();
            self.young.repeated.clear();
        }
        let known = self.old.keys.contains(key);
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
    fn keys_are_kept_through_growth_whatever_their_bits() {
        let all = || (1..1000_u64).map(|n| n << 40).chain(2..1000).chain((0..1000).map(|n| u64::MAX - n));
        let mut keys = Keys::default();
        for key in all() {
            assert!(keys.insert(key) && keys.contains(key) && !keys.insert(key), "{key}");
        }
        assert!(all().all(|key| keys.contains(key)) && !keys.contains(0));
        keys.clear();
        assert!(!keys.contains(7) && keys.insert(7));
    }

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
