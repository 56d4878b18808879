//! The key of complete coincidence: a hash of the words, whatever their case, spacing, punctuation and look-alike letters.

use super::{
    fold::{fold, is_apostrophe, is_invisible},
    script::{is_mostly_cyrillic, unmix},
};

/// Bytes that are normalised; what follows counts as it stands, so that a text of any size costs little more than its length.
const MAX_NORMALISED: usize = 64 * 1024;

/// The key: two texts share it only if they coincide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExactKey(u128);

/// The key of a text; `None` for one without a visible character.
pub fn exact_key(text: &str) -> Option<ExactKey> {
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
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    Some(ExactKey(u128::from_le_bytes(key)))
}

/// The folded words, one space between them.
fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        fold_ascii(text, &mut out);
        return out;
    }
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

/// The same where nothing but case, punctuation and apostrophes is to be folded.
fn fold_ascii(text: &str, out: &mut String) {
    let mut is_apart = false;
    for c in text.chars().filter(|c| !is_apostrophe(*c)) {
        if !c.is_ascii_alphanumeric() {
            is_apart = true;
            continue;
        }
        if std::mem::take(&mut is_apart) && !out.is_empty() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
    }
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
    use super::exact_key;

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
