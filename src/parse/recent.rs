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

/// A set of hashes. Each stands in one line of memory, with the others that its own bits send there: sixteen bits of it, which are compared
/// all at once, and where it was written down as a whole, which is looked up when those bits are alike.
#[derive(Default)]
struct Keys {
    lines: Vec<Line>,
    all: Vec<u64>,
}

/// Sixteen places, filled from the first on. As long as a line of the processor's cache, for what this costs is to wait for memory.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line {
    /// Zero for a free place.
    tags: [u16; PLACES],
    indices: [u16; PLACES],
}

const PLACES: usize = 16;

impl Line {
    /// How many places hold the tag. Written so that all are compared in a few instructions.
    #[inline(always)]
    fn count(&self, tag: u16) -> u16 {
        self.tags.iter().map(|&other| u16::from(other == tag)).sum()
    }

    /// Where the keys with this tag were written down.
    fn indices_of(&self, tag: u16) -> impl Iterator<Item = usize> + '_ {
        self.tags.iter().zip(&self.indices).filter(move |(other, _)| **other == tag).map(|(_, &index)| usize::from(index))
    }
}

/// The bits of a key that its line keeps; those that choose the line are others.
fn tag(key: u64) -> u16 {
    ((key >> 48) as u16).max(1)
}

impl Keys {
    /// The lines where the key may be, in the order in which they are filled.
    fn lines_of(&self, key: u64) -> impl Iterator<Item = usize> + use<> {
        let n = self.lines.len();
        let first = key as usize & n.wrapping_sub(1);
        (first..n).chain(0..first)
    }

    fn contains(&self, key: u64) -> bool {
        self.lines_of(key).map_while(|line| self.lines.get(line)).find_map(|line| self.is_in(line, key)).unwrap_or(false)
    }

    /// Whether the key stands in the line; `None` when it is full and others of its keys stand in the next.
    #[inline(always)]
    fn is_in(&self, line: &Line, key: u64) -> Option<bool> {
        if line.count(tag(key)) > 0 && line.indices_of(tag(key)).any(|index| self.all.get(index) == Some(&key)) {
            return Some(true);
        }
        (line.tags[PLACES - 1] == 0).then_some(false)
    }

    /// Whether it was not there. No more than 65,536 keys can be kept.
    fn insert(&mut self, key: u64) -> bool {
        if 2 * self.all.len() >= PLACES * self.lines.len() {
            self.lines = vec![Line::default(); (2 * self.lines.len()).max(1)];
            for (index, key) in std::mem::take(&mut self.all).into_iter().enumerate() {
                self.put(key, index as u16);
                self.all.push(key);
            }
        }
        let is_new = self.put(key, self.all.len() as u16);
        if is_new {
            self.all.push(key);
        }
        is_new
    }

    fn put(&mut self, key: u64, index: u16) -> bool {
        for at in self.lines_of(key) {
            let Some(line) = self.lines.get(at) else { return false };
            match self.is_in(line, key) {
                Some(true) => return false,
                None => {}
                Some(false) => {
                    let place = PLACES - usize::from(line.count(0));
                    if let Some(line) = self.lines.get_mut(at)
                        && let (Some(free), Some(points)) = (line.tags.get_mut(place), line.indices.get_mut(place))
                    {
                        (*free, *points) = (tag(key), index);
                    }
                    return true;
                }
            }
        }
        false
    }

    fn clear(&mut self) {
        self.lines.fill(Line::default());
        self.all.clear();
    }
}

impl Recent {
    /// Remembers at least the last `generation` keys, which are 65,536 at most.
    pub(super) fn new(generation: usize) -> Self {
        Self { generation: generation.min(1 << 16), young: Generation::default(), old: Generation::default() }
    }

    /// How often the key was counted before; counts it.
    pub(super) fn count(&mut self, key: u64) -> u32 {
        if self.young.keys.all.len() >= self.generation {
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
