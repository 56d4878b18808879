//! A text with placeholders: whether a message is that text with something in each of their places.

use super::{
    super::entry::{Item, UNKNOWN},
    super::text::Kind,
    Weighted,
};

/// Tokens of a message that are looked at: one bit each, and one for its end.
const MAX_TOKENS: usize = 127;

/// Tokens that may stand in one place.
const MAX_IN_PLACE: usize = 6;

/// Words from which on anything may stand in a place; beside fewer only values may.
const MIN_WORDS: usize = 2;

/// What a message must have next.
enum Step {
    /// This word.
    Word(u32),
    /// Values.
    Values,
    /// Anything, if it is not much.
    Anything,
}

/// The number of the template's own words, if the message is the template filled in.
pub fn filled(template: &[Item], message: &[Weighted]) -> Option<usize> {
    let n_words = template.iter().filter(|item| is_plain(item)).count();
    if n_words == 0 || message.len() > MAX_TOKENS {
        return None;
    }
    // A bit for each token: the template so far may end before it.
    let mut at = 1_u128;
    let values = bits(message, |item| !is_plain(item));
    for step in steps(template, n_words) {
        at = match step {
            Step::Word(word) => (at & bits(message, |item| item.kind == Kind::Word && item.key == word && word != UNKNOWN)) << 1,
            Step::Values => (0..MAX_IN_PLACE).fold(0, |found, _| found | (((at | found) & values) << 1)),
            Step::Anything => (0..MAX_IN_PLACE).fold(at, |found, _| found | (found << 1)),
        };
    }
    ((at >> message.len()) & 1 == 1).then_some(n_words)
}

fn is_plain(item: &Item) -> bool {
    item.kind == Kind::Word && !item.soft
}

fn bits(message: &[Weighted], is: impl Fn(&Item) -> bool) -> u128 {
    message.iter().rev().fold(0, |bits, token| (bits << 1) | u128::from(is(&token.item)))
}

/// The words in order, and what stands between them.
fn steps(template: &[Item], n_words: usize) -> impl Iterator<Item = Step> {
    template.chunk_by(|one, next| !is_plain(one) && !is_plain(next)).map(move |run| match run {
        [word] if is_plain(word) => Step::Word(word.key),
        _ if n_words >= MIN_WORDS && run.iter().any(|item| item.kind == Kind::Placeholder) => Step::Anything,
        _ => Step::Values,
    })
}
