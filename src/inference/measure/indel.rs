//! How much of two byte strings is common: the indel similarity, by the bit-parallel longest common subsequence.
//!
//! Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): 64 columns of the table in one machine word. What both strings begin
//! and end with is common as it stands; mostly that is nearly all, and the pattern is not even made.

use std::{cell::OnceCell, ops::Range};

/// Machine words of a pattern: its first 256 bytes count.
const WORDS: usize = 4;

/// The longest string that counts.
const MAX_LENGTH: usize = WORDS * 64;

/// A string prepared for many comparisons.
pub struct Pattern {
    /// For each byte, the positions at which the pattern has it, a machine word after another.
    masks: Vec<u64>,
    n_words: usize,
}

/// Twice the longest common subsequence over the sum of the lengths: 1 for equal strings, 0 for disjoint ones. `pattern` keeps what was
/// prepared of the first string.
pub fn similarity(pattern: &OnceCell<Pattern>, one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (&one[..one.len().min(MAX_LENGTH)], &other[..other.len().min(MAX_LENGTH)]);
    let total = one.len() + other.len();
    if total == 0 {
        return 1.0;
    }
    let n_first = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one_rest, other_rest) = (&one[n_first..], &other[n_first..]);
    let n_last = one_rest.iter().rev().zip(other_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (inner, other) = (n_first..one.len() - n_last, &other_rest[..other_rest.len() - n_last]);
    let n_inner = if inner.is_empty() || other.is_empty() { 0 } else { pattern.get_or_init(|| Pattern::new(one)).common(inner, other) };
    2.0 * (n_first + n_last + n_inner) as f32 / total as f32
}

impl Pattern {
    fn new(pattern: &[u8]) -> Self {
        let n_words = pattern.len().div_ceil(64);
        let n_bytes = if pattern.is_ascii() { 128 } else { 256 };
        let mut masks = vec![0; n_bytes * n_words];
        for (place, byte) in pattern.iter().enumerate() {
            masks[usize::from(*byte) * n_words + place / 64] |= 1 << (place % 64);
        }
        Self { masks, n_words }
    }

    /// The length of the longest common subsequence of another string and a part of the pattern, which is not empty.
    fn common(&self, part: Range<usize>, other: &[u8]) -> usize {
        let (first, last) = (part.start / 64, (part.end - 1) / 64);
        let bits = |word: usize| {
            let from = part.start.saturating_sub(word * 64).min(63);
            let unused = (word * 64 + 64).saturating_sub(part.end).min(63);
            (u64::MAX << from) & (u64::MAX >> unused)
        };
        // A byte that the table has no row for is none of the pattern's.
        let mask = |byte: u8, word: usize| self.masks.get(usize::from(byte) * self.n_words + word).copied().unwrap_or_default();
        if first == last {
            let (mut row, bits) = (u64::MAX, bits(first));
            for byte in other {
                let mask = mask(*byte, first) & bits;
                row = row.wrapping_add(row & mask) | (row & !mask);
            }
            return row.count_zeros() as usize;
        }
        let mut rows = [u64::MAX; WORDS];
        let all_bits: [u64; WORDS] = std::array::from_fn(bits);
        for byte in other {
            let mut carry = false;
            for word in first..=last {
                let (mask, row) = (mask(*byte, word) & all_bits[word], rows[word]);
                let (sum, over) = row.overflowing_add(row & mask);
                let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
                carry = over || over_carry;
                rows[word] = sum | (row & !mask);
            }
        }
        rows.iter().map(|row| row.count_zeros() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::similarity;

    fn lcs(a: &[u8], b: &[u8]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut diagonal = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
                diagonal = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn it_equals_the_table_of_the_longest_common_subsequence() {
        let long = "abcdefghij klmnop".repeat(13);
        let (mixed, other) = (format!("{}Ї{}", &long[..100], &long[3..80]), format!("{}ї{}", &long[..90], &long[5..80]));
        let texts = ["", "a", "kitten", "sitting", "block 00 of 000", &long[..64], &long[1..66], &long[7..], &long, &mixed, &other];
        for a in texts {
            for b in texts {
                let expected = match a.len() + b.len() {
                    0 => 1.0,
                    total => 2.0 * lcs(a.as_bytes(), b.as_bytes()) as f32 / total as f32,
                };
                assert_eq!(similarity(&OnceCell::new(), a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            }
        }
    }
}
