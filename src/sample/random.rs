//! A small generator of random numbers (SplitMix64, Steele et al. 2014): the same on every machine, for ever.

/// Random numbers of one seed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 <= probability
    }

    /// One of a list, the first ones far more often (roughly Zipf).
    pub(super) fn zipf<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let index = ((list.len() as f64 + 1.0).powf(uniform) - 1.0) as usize;
        list.get(index.min(list.len().saturating_sub(1)))
    }
}
