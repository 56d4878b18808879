//! Whether letters follow each other as they do in words, in English, German and Ukrainian in Latin letters, or as chance puts them.
//!
//! A word, however long, and a name in CamelCase are made of pairs of letters that stand side by side elsewhere, too; of two random
//! letters, two in five never do. Digits and capitals that part letters where no word ends speak for chance as well.

/// The letters that follow each letter of the alphabet in 99.3 % of the pairs in prose, identifiers and banking terms of the three.
const FOLLOWERS: [&[u8]; 26] = [
    b"abcdfghiklmnopqrstuvwxyz",
    b"acdeijlmorstuy",
    b"acdefhiklmnopqrstuvy",
    b"abcdefgijklmnoprstuvwxy",
    b"abcdefghijklmnopqrstuvwxy",
    b"acdefilmorstuy",
    b"acefghilmnorstuy",
    b"abdeilmorstuwy",
    b"abcdefgiklmnoprstuvxz",
    b"aeiou",
    b"adeilnorstu",
    b"abcdefgiklmnoprstuvy",
    b"abcdefilmnopstuy",
    b"abcdefghijklmnoprstuvwy",
    b"abcdefgijklmnoprstuvwxy",
    b"abcdehiloprstuy",
    b"clu",
    b"abcdefghiklmnoprstuvwy",
    b"abcdefghiklmnopqrstuvwy",
    b"abcdefhilmnoprstuvwxy",
    b"abcdefgilmnoprstx",
    b"aeimo",
    b"acehilnorst",
    b"acehimpstx",
    b"abcefhilmnoprstw",
    b"aeio",
];

/// Capitals that may be an abbreviation within a name, whose letters need not follow each other.
const MAX_ABBREVIATION: usize = 5;

/// Pieces of one or two characters that a name may have.
const MAX_SHORT: usize = 3;

/// How much speaks against a word of ASCII letters and digits being one; of a word hardly anything does, of chance about every second
/// character.
pub fn n_unlikely(word: &[u8]) -> usize {
    let (mut n_pairs, mut n_cuts, mut n_short) = (0, 0, 0);
    let has_lower = word.iter().any(u8::is_ascii_lowercase);
    let mut from = 0;
    while let Some(piece) = word.get(from..).map(|rest| &rest[..piece_length(rest)]).filter(|piece| !piece.is_empty()) {
        let (before, after) = (from.checked_sub(1).and_then(|place| word.get(place)), word.get(from + piece.len()));
        let is_capitals = piece.iter().all(u8::is_ascii_uppercase);
        if piece.iter().all(u8::is_ascii_digit) {
            let parts_a_word = before.zip(after).is_some_and(|(before, after)| before.is_ascii_lowercase() == after.is_ascii_lowercase());
            n_cuts += if parts_a_word { 2 } else { 0 };
        } else if !(has_lower && is_capitals && piece.len() <= MAX_ABBREVIATION) {
            n_pairs += piece.windows(2).filter(|pair| !is_likely(pair)).count();
        }
        n_short += usize::from(piece.len() <= 2);
        from += piece.len();
    }
    n_pairs + n_cuts + n_short.saturating_sub(MAX_SHORT)
}

/// The length of the digits, the capitals or the word that a text begins with; capitals before a word leave it its own.
fn piece_length(text: &[u8]) -> usize {
    let run = |is: fn(&u8) -> bool, from: usize| text.iter().skip(from).take_while(|byte| is(byte)).count();
    let n_digits = run(u8::is_ascii_digit, 0);
    if n_digits > 0 {
        return n_digits;
    }
    let n_capitals = run(u8::is_ascii_uppercase, 0);
    match run(u8::is_ascii_lowercase, n_capitals) {
        n_small if n_capitals <= 1 => n_capitals + n_small,
        0 => n_capitals,
        _ => n_capitals - 1,
    }
}

fn is_likely(pair: &[u8]) -> bool {
    let [first, second] = [0, 1].map(|place| pair.get(place).map_or(0, u8::to_ascii_lowercase));
    let followers = usize::from(first).checked_sub(usize::from(b'a')).and_then(|letter| FOLLOWERS.get(letter));
    followers.is_none_or(|followers| followers.contains(&second))
}
