//! From measurements to the probability that a query is an entry: a logistic regression.
//!
//! The weights were fitted by `benches/matching` (`--fit`) on half of the systems of its data and judged on the other half.

use super::{Alignment, Likeness};

/// Number of measurements.
pub const FEATURES: usize = 19;

/// The measurements of a query against an entry, each about 0 to 1.
pub type Features = [f64; FEATURES];

/// What each measurement counts, in the order of [`features`].
const WEIGHTS: Features = [
    -5.766, // bias
    1.336,  // characters, digits masked
    -3.596, // plain words that only the entry has
    -4.624, // plain words that only the query has
    -0.167, // words in a value's place that only the entry has
    -3.082, // the same of the query
    -0.552, // the first words are a pair
    -1.606, // gaps with plain words
    0.704,  // gaps with one plain word on both sides
    0.435,  // number of plain words in common
    -1.161, // the rarest plain word that only the entry has
    0.441,  // the same of the query
    0.037,  // the same shape
    3.474,  // plain words in another order
    0.810,  // values that are the same
    7.266,  // words that the knowledge base has never seen
    3.923,  // no plain word is missing on either side
    3.991,  // punctuation
    -1.269, // another number of values
];

/// Where the measurements of the characters stand.
const MASKED: usize = 1;
const PUNCTUATION: usize = 17;

/// The measurements that the alignment gives, as of texts whose characters are the same: the most that they can be worth.
pub fn features(same_shape: bool, found: &Alignment, rarest: f32) -> Features {
    let share = |part: f32, whole: f32| f64::from(part / whole.max(0.1));
    let [entry, query] = found.total;
    let starts = found.pairs.iter().next() == Some((0, 0));
    let n_values = f64::from(found.values[0] + found.values[1]);
    [
        1.0,
        1.0,
        share(found.plain[0], entry).min(1.0),
        share(found.plain[1], query).min(1.0),
        share(found.soft[0], entry).min(1.0),
        share(found.soft[1], query).min(1.0),
        f64::from(u8::from(starts)),
        f64::from(found.gaps.min(4)) / 4.0,
        f64::from(found.swaps.min(3)) / 3.0,
        (f64::from(found.matched) + 1.0).ln() / 3.0,
        share(found.rarest[0], rarest),
        share(found.rarest[1], rarest),
        f64::from(u8::from(same_shape)),
        share(found.moved, entry).min(1.0),
        if n_values > 0.0 { f64::from(found.values[0]) / n_values } else { 0.5 },
        share(found.unseen, query).min(1.0),
        f64::from(u8::from(found.plain == [0.0, 0.0])),
        1.0,
        share(found.n_values[0].abs_diff(found.n_values[1]) as f32, (found.n_values[0] + found.n_values[1]).max(1) as f32),
    ]
}

/// The same with what the characters have in common: the indel similarity of the masked texts and of their punctuation.
pub fn with_characters(mut features: Features, texts: Likeness) -> Features {
    features[MASKED] = f64::from(texts.masked);
    features[PUNCTUATION] = f64::from(texts.punctuation);
    features
}

/// The probability that measurements like these belong to one error.
pub fn probability(features: &Features) -> f64 {
    1.0 / (1.0 + (-logit(features)).exp())
}

/// Its logarithm of odds.
pub fn logit(features: &Features) -> f64 {
    features.iter().zip(&WEIGHTS).map(|(feature, weight)| feature * weight).sum()
}
