//! Numbers that no known error has: texts that differ in nothing else are one to the index, so that what it says of one of them may be
//! remembered for all.
//!
//! A number counts by its characters alone where an entry has it, and by its length everywhere else.

use rustc_hash::FxHashSet;

use super::text::{fold, is_apostrophe, is_invisible};

/// What numbers are masked with; longer ones stay.
const STRANGERS: [&str; 10] = [
    "00000000000000000000000000000000",
    "11111111111111111111111111111111",
    "22222222222222222222222222222222",
    "33333333333333333333333333333333",
    "44444444444444444444444444444444",
    "55555555555555555555555555555555",
    "66666666666666666666666666666666",
    "77777777777777777777777777777777",
    "88888888888888888888888888888888",
    "99999999999999999999999999999999",
];

/// The numbers that entries have.
#[derive(Debug, Clone, Default)]
pub struct Digits {
    known: FxHashSet<Box<str>>,
}

/// A hash of what texts share that the index cannot tell apart.
pub type TextKey = [u8; 16];

/// The key of a text and a code as they stand.
pub fn text_key(text: &str, code: Option<&str>) -> TextKey {
    let mut hasher = blake3::Hasher::new();
    // The code's length, so that no text runs on into it.
    hasher.update(&code.map_or(0, |code| code.len() + 1).to_le_bytes());
    hasher.update(code.unwrap_or_default().as_bytes()).update(text.as_bytes());
    hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
}

impl Digits {
    /// The key of a text, whatever numbers it has that no entry has.
    pub fn key(&self, text: &str, code: Option<&str>) -> TextKey {
        text_key(&self.masked(text), code)
    }

    /// Notes the numbers of a text of an entry: its message, its code, a key word.
    pub fn note(&mut self, text: &str) {
        self.known.extend(runs(text).map(Box::from));
        // As it is folded before it is compared; an apostrophe is left out within a word and parts it elsewhere.
        if !text.is_ascii() || text.contains('\'') {
            let parted: String = text.chars().filter(|c| !is_invisible(*c)).map(fold).collect();
            let joined: String = parted.chars().filter(|c| !is_apostrophe(*c)).collect();
            self.known.extend(runs(&parted).chain(runs(&joined)).map(Box::from));
        }
    }

    /// The text with each number that no entry has turned to one of the same length, that no entry has either.
    pub fn masked(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, after) = rest.split_at(start);
            let (run, behind) = after.split_at(after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len()));
            masked.push_str(before);
            let is_whole = !masked.chars().next_back().is_some_and(goes_on) && !behind.chars().next().is_some_and(goes_on);
            masked.push_str(self.stranger(run).filter(|_| is_whole).unwrap_or(run));
            rest = behind;
        }
        masked.push_str(rest);
        masked
    }

    /// A number of the same length as one that no entry has, and that no entry has either; the same for all of them.
    fn stranger(&self, run: &str) -> Option<&'static str> {
        if self.known.contains(run) {
            return None;
        }
        STRANGERS.iter().filter_map(|digits| digits.get(..run.len())).find(|digits| !self.known.contains(*digits))
    }
}

/// Whether a number may go on behind it once the text is folded.
fn goes_on(c: char) -> bool {
    is_invisible(c) || is_apostrophe(c) || fold(c).is_ascii_digit()
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::KnownErrorId,
        inference::{Index, Query, Rule},
    };

    #[test]
    fn numbers_that_no_entry_has_are_masked() {
        let mut digits = Digits::default();
        ["12541", "00 and 7", "1'000", "4２'5"].into_iter().for_each(|text| digits.note(text));
        for (text, masked) in [
            ("ORA-12541 for 26001234567", "ORA-12541 for 00000000000"),
            ("рахунок 123456 на srv-08", "рахунок 000000 на srv-11"),
            ("125411", "000000"),
            ("7 of 8", "7 of 0"),
            ("425 or 42", "425 or 42"),
            ("10'00 of 1000", "10'00 of 1000"),
            ("", ""),
        ] {
            assert_eq!(digits.masked(text), masked);
        }
    }

    /// Texts in which numbers meet.
    fn texts() -> impl Strategy<Value = String> {
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
            Just("x=")
        ];
        let number = prop_oneof![Just("0"), Just("1"), Just("00"), Just("12"), Just("000"), Just("00942"), Just("00000")];
        prop::collection::vec((piece, prop::option::of(number)), 1..8)
            .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, number)| [piece, number.unwrap_or_default()]).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn the_index_says_the_same_of_a_masked_text(known in prop::collection::vec(texts(), 1..6), asked in texts()) {
            let (mut index, mut digits) = (Index::new(), Digits::default());
            for (n, text) in known.iter().enumerate() {
                if index.upsert(Rule::from_text(KnownErrorId(n.to_string()), text)).is_ok() {
                    digits.note(text);
                }
            }
            let masked = digits.masked(&asked);
            prop_assert_eq!(index.recognise(&Query::new(&masked), &|_| true), index.recognise(&Query::new(&asked), &|_| true), "{}", masked);
        }
    }
}
