//! Word forms: a light stemmer for English and Ukrainian over one Latin spelling.
//!
//! Light on purpose: it removes inflections only. What it leaves apart by a letter, the tolerance for typing errors joins.

use super::script::{is_cyrillic, push_latin, unmix};

/// Inflections of Ukrainian (in Cyrillic), longest first.
const UKRAINIAN: [&str; 40] = [
    "істю", "ення", "ання", "ами", "ями", "ові", "еві", "єві", "ого", "ому", "ими", "іми", "ості", "ість", "ень", "ах", "ях", "ам", "ям",
    "ів", "ею", "єю", "ою", "ом", "єм", "их", "им", "ий", "ої", "ій", "а", "я", "у", "ю", "и", "і", "е", "є", "о", "ь",
];

/// Inflections of English and of transliterated Ukrainian, longest first.
const LATIN: [&str; 9] = ["ings", "ing", "oho", "omu", "imi", "ami", "ed", "es", "s"];

/// Vowels that end a word or what an inflection left of it (`retry`, `retri-es`); those of transliterated Ukrainian, too.
const VOWELS: [&str; 4] = ["a", "e", "i", "u"];

/// The shortest stem.
const MIN_STEM: usize = 4;

/// Letters of a word that count.
pub const MAX_WORD: usize = 48;

/// How a byte of ASCII is spelt in a stem; 0 for what is neither a letter nor a digit. Sums and choices alone, which a processor makes of
/// many bytes at once.
pub fn spelt(byte: u8) -> u8 {
    let lower = byte | 0x20;
    let is_in = |byte: u8, first: u8, n: u8| byte.wrapping_sub(first) < n;
    let letter = if lower == b'y' || lower == b'j' { b'i' } else { lower };
    let digit = if is_in(byte, b'0', 10) { byte } else { 0 };
    if is_in(lower, b'a', 26) { letter } else { digit }
}

/// The stem of a spelt word of ASCII that has nothing but letters and digits, and no `kh`: what [`push_stem`] makes of it, without a copy.
pub fn plain_stem(spelt: &[u8]) -> &[u8] {
    strip_ascii(spelt.get(..MAX_WORD).unwrap_or(spelt))
}

/// Appends the stem of a word of ASCII that may have more than letters and digits, or `kh`.
pub fn push_odd_stem(word: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    for letter in word.iter().map(|byte| spelt(*byte)).filter(|letter| *letter != 0).take(MAX_WORD) {
        if letter == b'h' && out.get(start..).is_some_and(|stem| stem.last() == Some(&b'k')) {
            out.pop();
        }
        out.push(letter);
    }
    let length = strip_ascii(out.get(start..).unwrap_or_default()).len();
    out.truncate(start + length);
}

/// [`strip_latin`] of bytes.
fn strip_ascii(word: &[u8]) -> &[u8] {
    // Nothing else ends an inflection.
    if !matches!(word.last(), Some(b'a' | b'd' | b'e' | b'g' | b'i' | b'o' | b's' | b'u')) {
        return word;
    }
    if word.ends_with(b"ss") || word.ends_with(b"us") {
        return word;
    }
    let mut word = match word {
        [start @ .., b's'] if word.len() == MIN_STEM && !start.last().is_some_and(|a| matches!(a, b'a' | b'e' | b'i' | b'o')) => start,
        _ => word,
    };
    let inflection = match word {
        [start @ .., b'i', b'n', b'g', b's'] if start.len() >= MIN_STEM => 4,
        [start @ .., b'i', b'n', b'g'] | [start @ .., b'o', b'h', b'o'] | [start @ .., b'o', b'm', b'u'] if start.len() >= MIN_STEM => 3,
        [start @ .., b'i' | b'a', b'm', b'i'] if start.len() >= MIN_STEM => 3,
        [start @ .., b'e', b'd' | b's'] if start.len() >= MIN_STEM => 2,
        [start @ .., b's'] if start.len() >= MIN_STEM => 1,
        _ => 0,
    };
    let (stem, inflection) = word.split_at(word.len() - inflection);
    word = stem;
    if let (b"ing" | b"ings" | b"ed", [start @ .., a, b]) = (inflection, word)
        && a == b
        && !matches!(b, b's' | b'l' | b'e')
    {
        word = word.get(..start.len() + 1).unwrap_or_default();
    }
    match word {
        [start @ .., b'a' | b'e' | b'i' | b'u'] if start.len() >= MIN_STEM => start,
        _ => word,
    }
}

/// Appends the stem of a folded word: one alphabet, inflections removed, Latin letters.
pub fn push_stem(word: &mut Vec<char>, in_cyrillic: bool, out: &mut String) {
    unmix(word, in_cyrillic);
    let start = out.len();
    if word.iter().any(|c| is_cyrillic(*c)) {
        strip(word, &UKRAINIAN);
        word.iter().for_each(|c| push_latin(*c, out));
    } else {
        spell(word);
        strip_latin(word);
        out.extend(word.iter());
    }
    if out.len() == start {
        out.extend(word.iter());
    }
}

fn ends_with(word: &[char], suffix: &str) -> bool {
    let n = suffix.chars().count();
    word.len() >= n + MIN_STEM && word[word.len() - n..].iter().copied().eq(suffix.chars())
}

fn strip<'a>(word: &mut Vec<char>, suffixes: &[&'a str]) -> Option<&'a str> {
    let suffix = suffixes.iter().find(|suffix| ends_with(word, suffix))?;
    word.truncate(word.len() - suffix.chars().count());
    Some(suffix)
}

fn strip_latin(word: &mut Vec<char>) {
    if word.ends_with(&['s', 's']) || word.ends_with(&['u', 's']) {
        return;
    }
    if let [.., a, 's'] = word.as_slice()
        && word.len() == MIN_STEM
        && !matches!(a, 'a' | 'e' | 'i' | 'o')
    {
        word.pop();
    }
    let suffix = strip(word, &LATIN);
    if let (Some("ing" | "ings" | "ed"), [.., a, b]) = (suffix, word.as_slice())
        && a == b
        && !matches!(b, 's' | 'l' | 'e')
    {
        word.pop();
    }
    strip(word, &VOWELS);
}

/// Makes the spellings of transliteration one: `y`, `j` as `i`; `kh` as `h`.
fn spell(word: &mut Vec<char>) {
    for c in word.iter_mut() {
        if matches!(c, 'y' | 'j') {
            *c = 'i';
        }
    }
    let mut previous = ' ';
    let mut kept = 0;
    for position in 0..word.len() {
        let c = word[position];
        if c == 'h' && previous == 'k' && kept > 0 {
            kept -= 1;
        }
        word[kept] = c;
        kept += 1;
        previous = c;
    }
    word.truncate(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stem(word: &str) -> String {
        let mut out = String::new();
        push_stem(&mut word.chars().map(super::super::fold::fold).collect(), true, &mut out);
        out
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["connect", "connects", "connected", "connecting"][..],
            &["table", "tables"],
            &["log", "logs"],
            &["retry", "retries", "retried"],
            &["stopped", "stopping"],
            &["address", "addresses", "addressed"],
            &["платежу", "платежі"],
            &["документа", "документу", "документом", "документів", "документ"],
            &["помилка", "помилки", "помилкою", "pomylka"],
            &["рахунок", "rakhunok", "paxyнoк"],
            &["сервер", "server", "сервера", "CEPBEРА"],
        ] {
            let stems: Vec<_> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|found| *found == stems[0]), "{forms:?}: {stems:?}");
        }
    }

    proptest! {
        #[test]
        fn ascii_has_the_stem_that_any_text_has(word in "[a-zA-Z0-9.]{0,6}(kh|y|ing|ings|ed|es|s|ss|us|omu|ie|[a-z]{0,60})", in_cyrillic: bool) {
            let mut letters = word.chars().filter(|c| c.is_alphanumeric()).take(MAX_WORD).map(super::super::fold::fold).collect();
            let (mut any, mut ascii) = (String::new(), Vec::new());
            push_stem(&mut letters, in_cyrillic, &mut any);
            let spelt: Vec<u8> = word.bytes().map(spelt).collect();
            push_odd_stem(word.as_bytes(), &mut ascii);
            prop_assert_eq!(&ascii, any.as_bytes());
            if !spelt.contains(&0) && !spelt.windows(2).any(|pair| pair == b"kh") {
                prop_assert_eq!(plain_stem(&spelt), any.as_bytes());
            }
        }
    }

    #[test]
    fn short_words_stay_apart() {
        for (one, other) in [("data", "date"), ("note", "not"), ("log", "logo"), ("used", "user")] {
            assert_ne!(stem(one), stem(other));
        }
    }
}
