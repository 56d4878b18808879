//! The key of complete coincidence: a hash of the words, whatever their case, spacing, punctuation and look-alike letters.

use xxhash_rust::xxh3::xxh3_64;

use super::{
    fold::{fold, is_apostrophe, is_invisible},
    script::{is_mostly_cyrillic, unmix},
    squeeze::{Table, squeeze, table},
};

/// Bytes that are normalised; what follows counts as it stands, so that a text of any size costs little more than its length.
const MAX_NORMALISED: usize = 64 * 1024;

/// The key: two texts share it only if they coincide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactKey {
    /// Made at a glance without a copy of the text; by it the key is looked up.
    pub quick: u32,
    /// What nobody finds a second text for.
    sure: [u32; 3],
}

impl ExactKey {
    /// The key of a text; `None` for one without a visible character.
    pub fn new(text: &str) -> Option<Self> {
        let (head, rest) = text.split_at(text.floor_char_boundary(MAX_NORMALISED));
        let mut words = normalised(head);
        if words.is_empty() && rest.is_empty() {
            words = head.split_whitespace().collect();
            if words.chars().all(is_invisible) {
                return None;
            }
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(words.as_bytes());
        if !rest.is_empty() {
            hasher.update(b"\0").update(rest.as_bytes());
        }
        let hash = hasher.finalize();
        let (parts, _) = hash.as_bytes().as_chunks::<4>();
        let mut parts = parts.iter().map(|part| u32::from_le_bytes(*part));
        Some(Self { quick: quick(text), sure: std::array::from_fn(|_| parts.next().unwrap_or_default()) })
    }
}

/// The quick part of a text's key; few texts are worth more.
pub fn quick(text: &str) -> u32 {
    let (head, rest) = text.split_at(text.floor_char_boundary(MAX_NORMALISED));
    let own = if head.is_ascii() { sum(head.as_bytes()) } else { sum(fold_any(head).as_bytes()) };
    let rest = if rest.is_empty() { 0 } else { xxh3_64(rest.as_bytes()) };
    ((own ^ rest.rotate_left(32)) >> 32) as u32
}

/// The sum of numbers that stand for each letter or digit; an upper-case letter's is that of the lower-case one. Few texts are made of the
/// same ones in another order.
fn sum(text: &[u8]) -> u64 {
    text.iter().fold(0, |sum, byte| sum.wrapping_add(NUMBERS[usize::from(*byte)]))
}

/// What stands for each byte: 0 for what is no part of a word, else numbers without a pattern.
const NUMBERS: [u64; 256] = {
    let mut numbers = [0; 256];
    let mut place = 0;
    while place < numbers.len() {
        let byte = (place as u8).to_ascii_lowercase();
        if byte.is_ascii_alphanumeric() || !byte.is_ascii() {
            // SplitMix64.
            let mut z = (byte as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            numbers[place] = z ^ (z >> 31);
        }
        place += 1;
    }
    numbers
};

/// The folded words, one space between them.
fn normalised(text: &str) -> String {
    if text.is_ascii() { fold_ascii(text) } else { fold_any(text) }
}

fn fold_any(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word: Vec<char> = Vec::new();
    let in_cyrillic = is_mostly_cyrillic(text);
    for c in text.chars().filter(|c| !is_invisible(*c) && !is_apostrophe(*c)) {
        if c.is_alphanumeric() {
            word.push(fold(c));
        } else {
            flush(&mut word, in_cyrillic, &mut out);
        }
    }
    flush(&mut word, in_cyrillic, &mut out);
    out
}

/// What becomes of a byte of ASCII.
const ASCII: Table = table!(byte => match byte {
    b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => byte.to_ascii_lowercase(),
    b'\'' => 0,
    _ => b' ',
});

/// The same where nothing but case, punctuation and apostrophes is to be folded.
fn fold_ascii(text: &str) -> String {
    let from = text.bytes().take_while(|byte| matches!(ASCII[usize::from(*byte)], 0 | b' ')).count();
    let mut folded = Vec::new();
    squeeze(&text.as_bytes()[from..], &ASCII, text.len(), &mut folded);
    if folded.last() == Some(&b' ') {
        folded.pop();
    }
    // It is ASCII.
    String::from_utf8(folded).unwrap_or_default()
}

fn flush(word: &mut Vec<char>, in_cyrillic: bool, out: &mut String) {
    if word.is_empty() {
        return;
    }
    unmix(word, in_cyrillic);
    if !out.is_empty() {
        out.push(' ');
    }
    out.extend(word.drain(..));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ExactKey, fold_any, fold_ascii, quick, sum};

    fn exact_key(text: &str) -> Option<ExactKey> {
        ExactKey::new(text)
    }

    #[test]
    fn case_spacing_punctuation_and_invisible_characters_do_not_count() {
        let key = exact_key("Недостатньо коштів: рахунок 2600");
        for same in [
            "  недостатньо   КОШТІВ рахунок 2600. ",
            "Недостатньо коштів —\u{a0}рахунок «2600»",
            "Недос\u{200b}татньо\u{feff} коштів; рахунок 2600",
            "Hедоcтaтньo кoштів рахунок 2600",
            "Недостатньо коштів, рахунок ２６００",
        ] {
            assert_eq!(exact_key(same), key, "{same}");
        }
        assert_ne!(exact_key("Недостатньо коштів: рахунок 2601"), key);
        assert_eq!(exact_key("пере\u{438}\u{306}ти"), exact_key("перейти"));
    }

    proptest! {
        #[test]
        fn ascii_has_the_words_that_any_text_has(text in "[ -~\\t\\n\\x00]{0,80}") {
            prop_assert_eq!(fold_ascii(&text), fold_any(&text));
            prop_assert_eq!(sum(text.as_bytes()), sum(fold_any(&text).as_bytes()));
        }
    }

    #[test]
    fn texts_of_one_key_are_looked_up_by_the_same_number() {
        for (one, other) in [("No money: 17", "no-money 17"), ("Недостатньо коштів", "недостатньо   КОШТІВ!"), ("ABC ２", "abc 2")]
        {
            assert_eq!((exact_key(one), quick(one)), (exact_key(other), quick(other)), "{one}");
        }
    }

    #[test]
    fn text_without_words_is_compared_as_it_stands() {
        assert_ne!(exact_key("???"), exact_key("!!!"));
        assert_eq!(exact_key(" \t\u{200b} "), None);
    }

    #[test]
    fn the_end_of_a_long_text_counts() {
        let long = "слово ".repeat(100_000);
        assert_eq!(exact_key(&long), exact_key(&long));
        assert_ne!(exact_key(&format!("{long}а")), exact_key(&format!("{long}б")));
    }
}
