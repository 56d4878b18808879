//! How much of two byte strings is common: the indel similarity, by the bit-parallel longest common subsequence.
//!
//! Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): 64 columns of the table in one machine word. What both strings begin
//! and end with is common as it stands; mostly that is nearly all.

/// Machine words of a pattern: its first 256 bytes count.
const WORDS: usize = 4;

/// The longest string that counts.
const MAX_LENGTH: usize = WORDS * 64;

/// Rows of the table of bytes, and how many are enough for ASCII.
const BYTES: usize = 256;
const ASCII: usize = 128;

/// Twice the longest common subsequence over the sum of the lengths: 1 for equal strings, 0 for disjoint ones.
pub fn similarity(one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (&one[..one.len().min(MAX_LENGTH)], &other[..other.len().min(MAX_LENGTH)]);
    let total = one.len() + other.len();
    if total == 0 {
        return 1.0;
    }
    let n_first = n_common_first(one, other);
    let (one, other) = (&one[n_first..], &other[n_first..]);
    let n_last = n_common_last(one, other);
    let (one, other) = (&one[..one.len() - n_last], &other[..other.len() - n_last]);
    2.0 * (n_first + n_last + common(one, other)) as f32 / total as f32
}

/// Bytes that both begin with, compared eight at a time.
fn n_common_first(one: &[u8], other: &[u8]) -> usize {
    let n_chunks = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0).take_while(|(a, b)| a == b).count();
    let rest = one.iter().zip(other).skip(8 * n_chunks);
    8 * n_chunks + rest.take_while(|(a, b)| a == b).count()
}

/// Bytes that both end with.
fn n_common_last(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.as_rchunks::<8>().1.iter().rev().zip(other.as_rchunks::<8>().1.iter().rev());
    let n_chunks = chunks.take_while(|(a, b)| a == b).count();
    let rest = one.iter().rev().zip(other.iter().rev()).skip(8 * n_chunks);
    8 * n_chunks + rest.take_while(|(a, b)| a == b).count()
}

/// The length of the longest common subsequence.
fn common(one: &[u8], other: &[u8]) -> usize {
    let (pattern, text) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let is_ascii = pattern.is_ascii() && text.is_ascii();
    match (pattern.len().div_ceil(64), is_ascii) {
        (0, _) => 0,
        (1, true) => of_words::<ASCII, 1>(pattern, text),
        (2, true) => of_words::<ASCII, 2>(pattern, text),
        (_, true) => of_words::<ASCII, WORDS>(pattern, text),
        (_, false) => of_words::<BYTES, WORDS>(pattern, text),
    }
}

/// The same of a pattern of so many machine words, all bytes below `ROWS`.
fn of_words<const ROWS: usize, const N: usize>(pattern: &[u8], text: &[u8]) -> usize {
    // For each byte, the places at which the pattern has it.
    let mut places = [[0_u64; N]; ROWS];
    for (word, chunk) in pattern.chunks(64).enumerate().take(N) {
        let mut bit = 1;
        for byte in chunk {
            places[usize::from(*byte) % ROWS][word] |= bit;
            bit <<= 1;
        }
    }
    let mut rows = [u64::MAX; N];
    for byte in text {
        let mut carry = false;
        for (row, place) in rows.iter_mut().zip(places[usize::from(*byte) % ROWS]) {
            let (sum, over) = row.overflowing_add(*row & place);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *row = sum | (*row & !place);
        }
    }
    rows.iter().map(|row| row.count_zeros() as usize).sum()
}

#[cfg(test)]
mod tests {
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
                assert_eq!(similarity(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            }
        }
    }
}
