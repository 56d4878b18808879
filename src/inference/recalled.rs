//! What was found near a query, kept for every other one of the same words: errors come again and again with other values.
//!
//! Which entries are near, and how their tokens stand to the query's, depends on words, on places and on those values alone that entries
//! have. The characters, which differ from value to value, are compared anew each time, so that nothing said is another.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::{Features, measure::logit, stages::Near};

/// Queries of different words that are kept; with one more all are forgotten.
const MAX_KEPT: usize = 4096;

/// The words of a query and all else on which it depends what is near it.
pub type Signature = Vec<u32>;

/// The measurements of the tokens of each pair of texts or first lines, once one was asked for.
pub type Aligned = OnceLock<Box<[Tokens]>>;

/// The measurements of the tokens of a pair, and the logarithm of odds that they can come to at most.
#[derive(Debug)]
pub struct Tokens {
    pub features: Features,
    pub most: f64,
}

impl Tokens {
    /// Of measurements as of texts whose characters are the same.
    pub fn new(features: Features) -> Self {
        Self { most: logit(&features), features }
    }
}

/// The entries near a query, most relevant first, each with what was measured of it.
#[derive(Debug)]
pub struct Nearest {
    near: Vec<Near>,
    aligned: Vec<Aligned>,
}

/// What is kept. A copy of it is empty, as it must be after a change.
#[derive(Debug, Default)]
pub struct Recalled(Mutex<FxHashMap<Box<[u32]>, Arc<Nearest>>>);

impl Nearest {
    /// Of entries in this order.
    pub fn new(near: Vec<Near>) -> Self {
        Self { aligned: near.iter().map(|_| Aligned::new()).collect(), near }
    }

    /// Each with its measurements.
    pub fn each(&self) -> impl Iterator<Item = (Near, &Aligned)> {
        self.near.iter().copied().zip(&self.aligned)
    }
}

impl Recalled {
    /// What is near a query of this signature; found and kept if it is not known.
    pub fn of(&self, signature: Signature, find: impl FnOnce() -> Nearest) -> Arc<Nearest> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(signature.as_slice()).cloned() {
            return known;
        }
        let found = Arc::new(find());
        let mut kept = lock();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(signature.into(), found.clone());
        found
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let measured =
            |nearest: &Nearest| -> usize { nearest.aligned.iter().filter_map(Aligned::get).map(|aligned| size_of_val(&**aligned)).sum() };
        let each = |(signature, nearest): (&[u32], &Nearest)| {
            size_of_val(signature) + nearest.near.len() * (size_of::<Near>() + size_of::<Aligned>()) + measured(nearest)
        };
        kept.capacity() * 33 + kept.iter().map(|(signature, nearest)| each((signature, nearest))).sum::<usize>()
    }
}

impl Clone for Recalled {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        domain::KnownErrorId,
        inference::{Index, Query, Rule},
    };

    fn texts() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "payment", "failed", "of", "client", "user", "is", "not", "found", "zebra", "quagga", "7", "12", "a-345", "=x1", "\n", " | ",
            "\"b 2\"", "<*>", "mar 5",
        ]);
        prop::collection::vec(word, 2..9).prop_map(|words| words.join(" "))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

        #[test]
        fn what_is_recalled_is_what_would_be_found(known in prop::collection::vec(texts(), 1..12), asked in prop::collection::vec(texts(), 1..8)) {
            let mut index = Index::new();
            for (n, text) in known.iter().enumerate() {
                let _ = index.upsert(Rule::from_text(KnownErrorId(n.to_string()), text));
            }
            for (digit, other) in [("1", "1"), ("7", "9999"), ("5", "66"), ("2", "008")] {
                for text in asked.iter().map(|text| text.replace(digit, other)) {
                    let found = |index: &Index| format!("{:?}", index.recognise(&Query::new(&text), &|_| true));
                    prop_assert_eq!(found(&index), found(&index.clone()), "{}", text);
                }
            }
        }
    }
}
