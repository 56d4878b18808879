//! The words of the knowledge base: a number for each stem, the entries that have it, and the nearest word to a misspelt one.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::{text::hash, typo::distance};

/// The number of a word.
pub type WordId = u32;

/// Shortest word in which a typing error is tolerated.
const MIN_TYPO: usize = 5;

/// Longest word in which one is looked for.
const MAX_TYPO: usize = 32;

/// From this length on two typing errors are tolerated.
const TWO_TYPOS: usize = 9;

/// Words that share a half; where more do, the half says too little to be worth looking.
const MAX_SHARING: usize = 256;

#[derive(Debug, Clone, Default)]
struct Word {
    stem: Box<str>,
    /// Slots of the entries whose text has it.
    postings: Vec<u32>,
    /// Stated phrases that have it.
    n_phrases: u32,
}

impl Word {
    fn is_used(&self) -> bool {
        self.n_phrases > 0 || !self.postings.is_empty()
    }
}

/// The words, by stem.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// By the hash of the stem; of stems that share it, each but the first by the next number that is free.
    ids: FxHashMap<u64, WordId>,
    words: Vec<Word>,
    /// Of each word, how many entries have it: what is asked most, side by side.
    counts: Vec<u32>,
    /// Of each word, which letters it has.
    letters: Vec<u32>,
    /// Words by the hash of their first or last half: one typing error leaves one half as it was.
    halves: FxHashMap<u64, Vec<WordId>>,
}

impl Vocabulary {
    /// The number of a stem, given if need be.
    pub fn intern(&mut self, stem: &str) -> WordId {
        let key = match self.look(hash(stem.as_bytes()), stem.as_bytes()) {
            Ok(id) => return id,
            Err(key) => key,
        };
        let id = self.words.len() as WordId;
        self.ids.insert(key, id);
        self.words.push(Word { stem: stem.into(), postings: Vec::new(), n_phrases: 0 });
        self.counts.push(0);
        self.letters.push(letters(stem));
        if may_be_misspelt(stem) {
            for half in halves(stem, stem.len() / 2).into_iter().flatten() {
                self.halves.entry(half).or_default().push(id);
            }
        }
        id
    }

    /// The number of a word that an entry has. Words of entries that are gone count as unknown, as if they had never been.
    pub fn find(&self, hash: u64, stem: &[u8]) -> Option<WordId> {
        let id = self.look(hash, stem).ok()?;
        self.words.get(id as usize).is_some_and(Word::is_used).then_some(id)
    }

    /// The number of a stem, or the key under which it would be noted.
    fn look(&self, mut key: u64, stem: &[u8]) -> Result<WordId, u64> {
        while let Some(id) = self.ids.get(&key) {
            if self.words.get(*id as usize).is_some_and(|word| word.stem.as_bytes() == stem) {
                return Ok(*id);
            }
            key = key.wrapping_add(1);
        }
        Err(key)
    }

    /// The stem of a number.
    pub fn stem(&self, id: WordId) -> &str {
        self.words.get(id as usize).map(|word| &*word.stem).unwrap_or_default()
    }

    /// The slots of the entries that have a word.
    pub fn postings(&self, id: WordId) -> &[u32] {
        self.words.get(id as usize).map(|word| word.postings.as_slice()).unwrap_or_default()
    }

    /// The number of entries that have a word.
    pub fn count(&self, id: WordId) -> usize {
        self.counts.get(id as usize).map_or(0, |count| *count as usize)
    }

    /// Notes that an entry has a word.
    pub fn post(&mut self, id: WordId, slot: u32) {
        if let Some(word) = self.words.get_mut(id as usize) {
            word.postings.push(slot);
            self.count_again(id);
        }
    }

    fn count_again(&mut self, id: WordId) {
        let n_with = self.postings(id).len() as u32;
        if let Some(count) = self.counts.get_mut(id as usize) {
            *count = n_with;
        }
    }

    /// Notes that an entry no longer has a word.
    pub fn unpost(&mut self, id: WordId, slot: u32) {
        if let Some(word) = self.words.get_mut(id as usize)
            && let Some(position) = word.postings.iter().position(|posted| *posted == slot)
        {
            word.postings.swap_remove(position);
            self.count_again(id);
        }
    }

    /// Notes that a stated phrase has a word.
    pub fn state(&mut self, id: WordId) {
        if let Some(word) = self.words.get_mut(id as usize) {
            word.n_phrases += 1;
        }
    }

    /// Notes that a stated phrase no longer has a word.
    pub fn unstate(&mut self, id: WordId) {
        if let Some(word) = self.words.get_mut(id as usize) {
            word.n_phrases = word.n_phrases.saturating_sub(1);
        }
    }

    /// The word in use that a stem is most probably a misspelling of.
    pub fn nearest(&self, stem: &str) -> Option<WordId> {
        let length = stem.len();
        if !may_be_misspelt(stem) {
            return None;
        }
        let tolerated = if length >= TWO_TYPOS { 2 } else { 1 };
        let written = letters(stem);
        let mut best: Option<(usize, std::cmp::Reverse<usize>, &str, WordId)> = None;
        for half in (length.saturating_sub(1) / 2..=length.div_ceil(2)).flat_map(|n| halves(stem, n)).flatten() {
            let sharing = self.halves.get(&half).map(Vec::as_slice).unwrap_or_default();
            if sharing.len() > MAX_SHARING {
                continue;
            }
            for id in sharing {
                // A typing error takes a letter away and brings another one at most.
                let has = self.letters.get(*id as usize).copied().unwrap_or_default();
                if (has ^ written).count_ones() as usize > 2 * tolerated {
                    continue;
                }
                let Some(word) = self.words.get(*id as usize).filter(|word| word.is_used()) else { continue };
                if word.stem.len().abs_diff(length) > tolerated {
                    continue;
                }
                let Some(distance) = distance(&word.stem, stem, tolerated) else { continue };
                // Two letters at the beginning are a prefix, which turns the meaning round: `active`, `inactive`.
                if distance > 1 && word.stem.as_bytes().first() != stem.as_bytes().first() {
                    continue;
                }
                let candidate = (distance, std::cmp::Reverse(word.postings.len()), &*word.stem, *id);
                if best.is_none_or(|best| candidate < best) {
                    best = Some(candidate);
                }
            }
        }
        best.map(|(.., id)| id)
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let words: usize = self.words.iter().map(|word| word.stem.len() + word.postings.capacity() * 4 + size_of::<Word>()).sum();
        let halves: usize = self.halves.values().map(|ids| ids.capacity() * 4).sum();
        words + halves + (self.counts.capacity() + self.letters.capacity()) * 4 + self.ids.capacity() * 17 + self.halves.capacity() * 40
    }
}

/// Whether typing errors are tolerated in a word: not in a short one, and not in a code, where each digit counts.
fn may_be_misspelt(stem: &str) -> bool {
    (MIN_TYPO..=MAX_TYPO).contains(&stem.len()) && !stem.bytes().any(|byte| byte.is_ascii_digit())
}

/// A bit for each letter that a stem has, by its number.
fn letters(stem: &str) -> u32 {
    stem.chars().fold(0, |letters, letter| letters | 1 << (u32::from(letter) % u32::BITS))
}

/// Hashes of the first and the last `n` bytes.
fn halves(stem: &str, n: usize) -> [Option<u64>; 2] {
    let hash = |side: u8, part: Option<&[u8]>| {
        let mut hasher = FxHasher::default();
        (side, part?).hash(&mut hasher);
        Some(hasher.finish())
    };
    let bytes = stem.as_bytes();
    [hash(0, bytes.get(..n)), hash(1, bytes.len().checked_sub(n).and_then(|from| bytes.get(from..)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_word() {
        let mut words = Vocabulary::default();
        for (slot, stem) in ["connection", "timeout", "rahunok", "ora-00942", "unused"].iter().enumerate() {
            let id = words.intern(stem);
            if *stem != "unused" {
                words.post(id, slot as u32);
            }
        }
        for (written, expected) in [
            ("conection", Some("connection")),
            ("connectoin", Some("connection")),
            ("timeuot", Some("timeout")),
            ("timeaut", Some("timeout")),
            ("imeout", Some("timeout")),
            ("rahunku", None),
            ("unusde", None),
            ("time", None),
            ("something", None),
            ("ora-00943", None),
        ] {
            assert_eq!(words.nearest(written).map(|id| words.stem(id)), expected, "{written}");
        }
    }
}
