//! Remembers in fixed memory which keys went to disk: it may take a key for one of them, it never misses one.

use super::Key;

/// 2^26 bits are 8 MiB: 6 million keys give one false answer in two hundred, and a false answer costs a detour only.
const BITS: u64 = 1 << 26;

/// A Bloom filter over keys that are hashes already.
pub(super) struct Bloom(Box<[u64]>);

impl Bloom {
    pub(super) fn new() -> Self {
        Self(vec![0; (BITS / 64) as usize].into_boxed_slice())
    }

    pub(super) fn insert(&mut self, key: &Key) {
        for (word, bit) in places(key) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    pub(super) fn may_have(&self, key: &Key) -> bool {
        places(key).all(|(word, bit)| self.0.get(word).is_some_and(|word| word & bit != 0))
    }
}

/// Four places out of the key's own bits (double hashing after Kirsch and Mitzenmacher).
fn places(key: &Key) -> impl Iterator<Item = (usize, u64)> {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    let (one, two) = (u64::from(u32::from_le_bytes([a, b, c, d])), u64::from(u32::from_le_bytes([e, f, g, h]) | 1));
    (0..4).map(move |n| {
        let bit = (one + n * two) % BITS;
        ((bit / 64) as usize, 1 << (bit % 64))
    })
}
