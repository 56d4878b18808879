//! How much of two byte strings is common: the indel similarity, by the bit-parallel longest common subsequence.
//!
//! Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): 64 columns of the table in one machine word.

/// Twice the longest common subsequence over the sum of the lengths: 1 for equal strings, 0 for disjoint ones.
pub struct Pattern {
    /// For each byte, the positions at which the pattern has it.
    masks: Vec<[u64; WORDS]>,
    length: usize,
}

/// Machine words of a pattern: its first 256 bytes count.
const WORDS: usize = 4;

impl Pattern {
    /// Prepares one string for many comparisons.
    pub fn new(pattern: impl Iterator<Item = u8>) -> Self {
        let mut masks = vec![[0; WORDS]; 256];
        let mut length = 0;
        for byte in pattern.take(WORDS * 64) {
            masks[byte as usize][length / 64] |= 1 << (length % 64);
            length += 1;
        }
        Self { masks, length }
    }

    /// Its similarity to another string.
    pub fn similarity(&self, other: impl Iterator<Item = u8>) -> f32 {
        let mut length = 0;
        let words = self.length.div_ceil(64);
        let mut rows = [u64::MAX; WORDS];
        for byte in other.take(WORDS * 64) {
            length += 1;
            let mut carry = false;
            for (row, mask) in rows.iter_mut().zip(&self.masks[byte as usize]).take(words) {
                let hit = *row & mask;
                let (sum, over) = row.overflowing_add(hit);
                let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
                carry = over || over_carry;
                *row = sum | (*row & !mask);
            }
        }
        if self.length + length == 0 {
            return 1.0;
        }
        let common: u32 = rows
            .iter()
            .enumerate()
            .map(|(word, row)| {
                let used = self.length.saturating_sub(word * 64).min(64);
                let mask = if used == 64 { u64::MAX } else { (1 << used) - 1 };
                (!row & mask).count_ones()
            })
            .sum();
        2.0 * common as f32 / (self.length + length) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

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
        let texts = ["", "a", "kitten", "sitting", "block 00 of 000", &long[..64], &long[1..66], &long[7..], &long];
        for a in texts {
            for b in texts {
                let expected = match a.len() + b.len() {
                    0 => 1.0,
                    total => 2.0 * lcs(a.as_bytes(), b.as_bytes()) as f32 / total as f32,
                };
                assert_eq!(Pattern::new(a.bytes()).similarity(b.bytes()), expected, "{a} {b}");
            }
        }
    }
}
