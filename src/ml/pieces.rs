//! Text cut into pieces as SentencePiece does it, which is how files of the older Llama family hold their vocabulary: pieces with a score,
//! of which two that touch become one where that is a piece too, the best score first; what is no piece falls apart into bytes.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashMap},
};

/// What stands for a space.
const SPACE: char = '▁';

/// A vocabulary of pieces.
pub(super) struct Pieces {
    /// Pieces that are text, with their scores.
    known: HashMap<String, (u32, f32)>,
    /// The piece of each byte.
    bytes: HashMap<u8, u32>,
    /// Whether a text begins with a space though it has none.
    begins_with_space: bool,
}

/// A stretch of the text that is a piece, or a character.
#[derive(Clone, Copy)]
struct Stretch {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two stretches that could become one.
#[derive(PartialEq)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of both: if they are fewer or more by now, one of them has become another.
    length: usize,
}

impl Eq for Pair {}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pair {
    /// The better score; of equals the one further to the left.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| Reverse(self.left).cmp(&Reverse(other.left)))
    }
}

impl Pieces {
    /// Of pieces that are text with their scores, and of those that are bytes.
    pub(super) fn new(known: HashMap<String, (u32, f32)>, bytes: HashMap<u8, u32>, begins_with_space: bool) -> Self {
        Self { known, bytes, begins_with_space }
    }

    /// The bytes that a piece of text stands for.
    pub(super) fn bytes_of(piece: &str) -> Vec<u8> {
        piece.replace(SPACE, " ").into_bytes()
    }

    /// The byte that a piece such as `<0x0A>` stands for.
    pub(super) fn byte_of(piece: &str) -> Option<u8> {
        u8::from_str_radix(piece.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
    }

    /// The pieces of a text.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        if text.is_empty() {
            return Vec::new();
        }
        let spaced = text.replace(' ', SPACE.encode_utf8(&mut [0; 4]));
        let text = if self.begins_with_space { format!("{SPACE}{spaced}") } else { spaced };
        let stretches = self.joined(&text);
        let mut found = Vec::new();
        let mut place = Some(0);
        while let Some(stretch) = place.and_then(|place| stretches.get(place)) {
            let piece = text.get(stretch.start..stretch.end).unwrap_or_default();
            match self.known.get(piece) {
                Some((id, _)) => found.push(*id),
                None => found.extend(piece.bytes().filter_map(|byte| self.bytes.get(&byte))),
            }
            place = stretch.after;
        }
        found
    }

    /// The characters of a text, joined as far as they can be; the first stretch stays the first.
    fn joined(&self, text: &str) -> Vec<Stretch> {
        let n_characters = text.chars().count();
        let stretch = |(place, (start, character)): (usize, (usize, char))| Stretch {
            start,
            end: start + character.len_utf8(),
            before: place.checked_sub(1),
            after: Some(place + 1).filter(|after| *after < n_characters),
        };
        let mut stretches: Vec<Stretch> = text.char_indices().enumerate().map(stretch).collect();
        let mut pairs: BinaryHeap<Pair> =
            (1..n_characters).filter_map(|right| self.pair(text, &stretches, Some(right - 1), Some(right))).collect();
        while let Some(Pair { left, right, length, .. }) = pairs.pop() {
            let (Some(&first), Some(&second)) = (stretches.get(left), stretches.get(right)) else { continue };
            if first.after != Some(right) || second.before != Some(left) || second.end - first.start != length {
                continue;
            }
            if let Some(joined) = stretches.get_mut(left) {
                (joined.end, joined.after) = (second.end, second.after);
            }
            // It is in the way of nobody any more.
            if let Some(gone) = stretches.get_mut(right) {
                *gone = Stretch { start: second.end, end: second.end, before: None, after: None };
            }
            if let Some(next) = second.after.and_then(|after| stretches.get_mut(after)) {
                next.before = Some(left);
            }
            pairs.extend(self.pair(text, &stretches, first.before, Some(left)));
            pairs.extend(self.pair(text, &stretches, Some(left), second.after));
        }
        stretches
    }

    /// Two stretches as a pair, where they are a piece together.
    fn pair(&self, text: &str, stretches: &[Stretch], left: Option<usize>, right: Option<usize>) -> Option<Pair> {
        let (left, right) = (left?, right?);
        let (start, end) = (stretches.get(left)?.start, stretches.get(right)?.end);
        let (_, score) = self.known.get(text.get(start..end)?)?;
        Some(Pair { score: *score, left, right, length: end - start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `tests/fixtures/llm/pieces.py`.
    const REFERENCE: &str = include_str!("../../tests/fixtures/llm/pieces.json");

    fn reference() -> (Pieces, Vec<String>, serde_json::Value) {
        let mut reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
        let rows: Vec<(String, f32, u8)> = serde_json::from_value(reference["pieces"].take()).unwrap();
        let of = |kind: u8| (0_u32..).zip(&rows).filter(move |(_, row)| row.2 == kind);
        let known = of(1).map(|(id, row)| (row.0.clone(), (id, row.1))).collect();
        let bytes = of(6).map(|(id, row)| (Pieces::byte_of(&row.0).unwrap(), id)).collect();
        (Pieces::new(known, bytes, true), rows.iter().map(|row| row.0.clone()).collect(), reference["cases"].take())
    }

    #[test]
    fn texts_are_cut_as_sentencepiece_cuts_them() {
        let (pieces, names, cases) = reference();
        for case in cases.as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let wanted: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
            let found = pieces.encode(text);
            let words = |ids: &[u32]| ids.iter().map(|id| names[*id as usize].clone()).collect::<Vec<_>>();
            assert_eq!(found, wanted, "{text:?}: {:?} and not {:?}", words(&found), words(&wanted));
        }
    }

    #[test]
    fn pieces_say_the_text_again() {
        let (pieces, names, cases) = reference();
        for text in cases.as_array().unwrap().iter().filter_map(|case| case["text"].as_str()).filter(|text| !text.contains('▁')) {
            let ids = pieces.encode(text);
            let bytes = |id: &u32| {
                let name = &names[*id as usize];
                Pieces::byte_of(name).map_or_else(|| Pieces::bytes_of(name), |byte| vec![byte])
            };
            let said = String::from_utf8(ids.iter().flat_map(bytes).collect()).unwrap();
            assert_eq!(said.strip_prefix(' ').unwrap_or_default(), text);
        }
    }

    #[test]
    fn a_megabyte_of_one_character_is_cut_in_a_moment() {
        let (pieces, ..) = reference();
        for text in ["a", " ", "е", "日", "the "] {
            let n = (1 << 20) / text.len();
            assert!(!pieces.encode(&text.repeat(n)).is_empty());
        }
    }
}
