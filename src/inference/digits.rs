//! Numbers that no known error has: texts that differ in nothing else are one to the index, so that what it says of one of them may be
//! remembered for all.
//!
//! Of a piece of text that holds a digit (`10.0.0.7`, `blk_42`) the index knows nothing but whether an entry has that very piece, and
//! how long it is. A whole text may also coincide with an entry's: then its digits, one after another, are an entry's, too.

mod pieces;

use rustc_hash::FxHashSet;

use super::{
    Index,
    text::{Kind, Scan, Token, hash},
};
use pieces::{Piece, pieces};

/// What stands before a piece whose digits are left out; no text has this byte.
const LEFT_OUT: u8 = 0xff;

/// Longer texts are known by all of their digits: of them only the beginning is taken apart.
const MAX_BYTES: usize = 16 * 1024;

/// Characters of a piece that are compared.
const MAX_PIECE: usize = 48;

/// A hash of what texts share that the index cannot tell apart.
pub type TextKey = [u8; 16];

/// The pieces with digits that entries have, or had: one too many is remembered by itself, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Digits {
    /// The keys of values.
    values: FxHashSet<u32>,
    /// The digits of whole texts.
    written: FxHashSet<u32>,
}

impl Digits {
    /// Notes the values of a text of an entry.
    pub fn note_values(&mut self, scan: &Scan) {
        self.values.extend(scan.tokens.iter().filter(|token| token.kind == Kind::Value).map(|token| key(token.hash)));
    }

    /// Notes the digits of an entry's text.
    pub fn note_text(&mut self, text: &str) {
        self.written.insert(pieces(text).fold(0, |sum, piece| piece.add_digits(sum)) as u32);
    }

    /// Whether an entry has this value.
    pub fn has_value(&self, token: &Token) -> bool {
        self.values.contains(&key(token.hash))
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        5 * (self.values.capacity() + self.written.capacity())
    }
}

impl Index {
    /// The key of a text and a code: texts of one key are the same known error, with the same score, or none.
    pub fn text_key(&self, text: &str, code: Option<&str>) -> TextKey {
        let mut written = Vec::with_capacity(text.len() + 64);
        // The code's length, so that no text runs on into it.
        written.extend_from_slice(&code.map_or(0, |code| code.len() + 1).to_le_bytes());
        written.extend_from_slice(code.unwrap_or_default().as_bytes());
        let start = written.len();
        // To an expression that is tried any digit may matter.
        let is_masked = text.len() <= MAX_BYTES && !self.expressions().may_match(text) && self.mask(text, &mut written);
        if !is_masked {
            written.truncate(start);
            written.extend_from_slice(text.as_bytes());
        }
        blake3::hash(&written).as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Appends the text without the digits of pieces that no entry has; `false` if its digits are those of an entry's text.
    fn mask(&self, text: &str, written: &mut Vec<u8>) -> bool {
        let (mut sum, mut copied) = (0, 0);
        for piece in pieces(text) {
            sum = piece.add_digits(sum);
            if piece.is_odd || self.has_piece(&piece) {
                continue;
            }
            let (from, to) = (piece.offset, piece.offset + piece.text.len());
            written.extend_from_slice(text.get(copied..from).unwrap_or_default().as_bytes());
            written.push(LEFT_OUT);
            written.extend(piece.text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }));
            copied = to;
        }
        written.extend_from_slice(text.get(copied..).unwrap_or_default().as_bytes());
        !self.digits().written.contains(&(sum as u32))
    }

    /// Whether an entry has this value, this code, or this word of a stated phrase.
    fn has_piece(&self, piece: &Piece) -> bool {
        let text = piece.text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let mut folded = [0; MAX_PIECE];
        let length = text.len().min(MAX_PIECE);
        folded.iter_mut().zip(text.bytes()).for_each(|(folded, byte)| *folded = byte.to_ascii_lowercase());
        let folded = folded.get(..length).unwrap_or_default();
        let hash = hash(folded);
        self.digits().values.contains(&key(hash)) || self.vocabulary().find(hash, folded).is_some()
    }
}

/// The key of a value, as the tokens of entries have it.
fn key(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{
        domain::KnownErrorId,
        inference::{Index, Keywords, Query, Rule},
    };

    fn index(texts: &[&str]) -> Index {
        let mut index = Index::new();
        for (n, text) in texts.iter().enumerate() {
            index.upsert(Rule::from_text(KnownErrorId(n.to_string()), *text)).unwrap();
        }
        index
    }

    #[test]
    fn texts_are_one_that_differ_in_numbers_which_no_entry_has() {
        let index = index(&["ORA-12541 for 26001234567", "host 10.0.0.5:1521", "платіж №5 на суму 100"]);
        for (one, other) in [
            ("account 26007654321", "account 26001111111"),
            ("host 10.0.0.7 is down", "host 10.0.0.9 is down"),
            ("рахунок №17 «123»", "рахунок №18 «456»"),
            ("uid=7;gid=8", "uid=3;gid=4"),
            ("user 'a1' (b2)", "user 'a3' (b4)"),
            ("ORA-00942", "ORA-00943"),
        ] {
            assert_eq!(index.text_key(one, None), index.text_key(other, None), "{one}");
        }
        for (one, other) in [
            ("account 26001234567", "account 26001111111"),
            ("host 10.0.0.5 is down", "host 10.0.0.9 is down"),
            ("ORA-12541 here", "ORA-12542 here"),
            ("account 12345", "account 123456"),
            ("рахунок 1а", "рахунок 2а"),
            ("%5d", "%6d"),
            ("ORA-00942", "ora-00943"),
            ("10-0-0-5:1521", "10-0-0-6:1521"),
        ] {
            assert_ne!(index.text_key(one, None), index.text_key(other, None), "{one}");
        }
        assert_ne!(index.text_key("a", Some("b")), index.text_key("ba", None));
        assert_ne!(index.text_key("a", Some("")), index.text_key("a", None));
    }

    #[test]
    fn where_an_expression_is_tried_every_digit_counts() {
        for (regex, tells, other) in [("[0-9]{3}7", "account 123?", None), ("refused 12[0-9]", "refused 12?", Some("account 123?"))] {
            let is_one = |index: &Index, text: &str| {
                let [one, other] = ["7", "8"].map(|digit| index.text_key(&text.replace('?', digit), None));
                one == other
            };
            let mut index = index(&["payment failed"]);
            index.upsert(Rule { regex: Some(regex.into()), ..Rule::from_text(KnownErrorId("r".into()), "") }).unwrap();
            assert!(!is_one(&index, tells), "{regex}");
            assert!(other.is_none_or(|other| is_one(&index, other)), "{regex}");
            index.remove(&KnownErrorId("r".into()));
            assert!(is_one(&index, tells), "{regex}");
        }
    }

    /// Texts in which numbers meet; of each, one with other digits in the same places.
    fn texts() -> impl Strategy<Value = [String; 2]> {
        let piece = prop_oneof![
            Just("payment "),
            Just("of "),
            Just("failed "),
            Just("ORA-"),
            Just("'"),
            Just("\u{200b}"),
            Just("２"),
            Just("-"),
            Just(" "),
            Just("x="),
            Just("%"),
            Just("{"),
            Just("}"),
            Just(":"),
            Just("."),
            Just("№"),
            Just("ї"),
            Just("mar "),
            Just("\n"),
            Just(" | "),
        ];
        let number = prop_oneof![
            Just(["0", "1"]),
            Just(["1", "7"]),
            Just(["00", "12"]),
            Just(["12", "34"]),
            Just(["000", "999"]),
            Just(["00942", "12541"]),
            Just(["5", "5"]),
            Just(["4111111111111111", "5500000000000004"]),
        ];
        prop::collection::vec((piece, prop::option::of(number)), 1..10).prop_map(|pieces| {
            [0, 1].map(|side| pieces.iter().flat_map(|(piece, number)| [*piece, number.map_or("", |number| number[side])]).collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

        #[test]
        fn the_index_says_the_same_of_texts_of_one_key(
            known in prop::collection::vec((texts(), any::<bool>()), 1..6), stated in texts(), asked in prop::collection::vec(texts(), 1..6),
        ) {
            let mut index = Index::new();
            for (n, ([text, _], is_stated)) in known.iter().enumerate() {
                let keywords = Keywords { any: is_stated.then(|| stated[0].clone()).into_iter().collect(), ..Keywords::default() };
                // Tried on texts of one of these numbers alone.
                let regex = (n == 3).then(|| "ment of 1[27]".to_owned());
                let _ = index.upsert(Rule { keywords, regex, ..Rule::from_text(KnownErrorId(n.to_string()), text) });
            }
            for [one, other] in asked.iter().chain(known.iter().map(|(texts, _)| texts)) {
                if index.text_key(one, None) == index.text_key(other, None) {
                    let said = |text: &str| format!("{:?}", index.recognise(&Query::new(text), &|_| true));
                    prop_assert_eq!(said(one), said(other), "{} / {}", one, other);
                }
            }
        }
    }
}
