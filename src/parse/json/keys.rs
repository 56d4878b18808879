//! Memory of the keys that objects have. The bodies of a method have the same keys in the same order, so the key after this one
//! is guessed from the one that followed it last time: a right guess costs two comparisons, and all that is wanted to know
//! of the key is known already.

use std::hash::Hasher;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

/// Keys with their closing quote are compared in words of this many bytes.
const WORD: usize = 16;
/// Longer keys are read byte by byte.
const LONGEST: usize = 2 * WORD - 2;
/// More different keys than this are no names.
const KEYS_KEPT: usize = 4096;

/// As many has a body of the usual size.
const FEW: usize = 28;

/// What a key announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    MessageId,
    Session,
    Result,
    Nothing,
}

/// What the walk wants to know of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Tells keys apart well enough to look for repeated ones; two keys of one hash only cost a second look.
    pub hash: u32,
    pub meaning: Meaning,
    /// Whether its value is kept as digest.
    pub blanked: bool,
}

/// A key that was met before.
struct Met {
    /// As it stands in the text, with the closing quote, then zeros; so it stands in the document, but for that quote.
    text: [[u8; WORD]; 2],
    masks: [u128; 2],
    len: usize,
    key: Key,
    /// The key that came after it last time.
    next: usize,
}

/// The keys met before, and the last one of them.
pub(super) struct Keys {
    met: Vec<Met>,
    places: FxHashMap<Box<[u8]>, usize>,
    last: usize,
    blanked: Vec<String>,
}

impl Keys {
    /// `blanked`: keys whose values are kept as digests.
    pub(super) fn new(blanked: &[String]) -> Self {
        let mut keys = Self {
            met: Vec::with_capacity(FEW),
            places: FxHashMap::with_capacity_and_hasher(FEW, FxBuildHasher),
            last: 0,
            blanked: blanked.to_owned(),
        };
        // What comes before the first key of a text.
        keys.remember(b"");
        keys
    }

    /// Whether it is for these, and still learns.
    pub(super) fn serves(&self, blanked: &[String]) -> bool {
        self.blanked == blanked && self.met.len() < KEYS_KEPT
    }

    /// A text begins.
    pub(super) fn start(&mut self) {
        self.last = 0;
    }

    /// The key whose first byte is at `at`, if it is the one that is expected there; written with the NUL that ends it. Also the place
    /// after the closing quote.
    #[inline(always)]
    pub(super) fn expected(&mut self, text: &[u8], at: usize, out: &mut Vec<u8>) -> Option<(Key, usize)> {
        let next = self.met.get(self.last)?.next;
        let met = self.met.get(next)?;
        let words: &[u8; 2 * WORD] = text.get(at..)?.first_chunk()?;
        let (words, _) = words.as_chunks::<WORD>();
        let [first, second] = words else { return None };
        let differs = |word: &[u8; WORD], n: usize| (u128::from_le_bytes(*word) ^ u128::from_le_bytes(met.text[n])) & met.masks[n];
        if next == 0 || (differs(first, 0) | differs(second, 1)) != 0 {
            return None;
        }
        let end = out.len() + met.len;
        out.extend_from_slice(met.text.as_flattened());
        out.truncate(end);
        out.push(0);
        self.last = next;
        Some((met.key, at + met.len + 1))
    }

    /// Learns that this key, escapes resolved, came next.
    pub(super) fn learn(&mut self, key: &[u8]) -> Key {
        let place = match self.places.get(key) {
            Some(&place) => place,
            None if key.len() > LONGEST
                || self.met.len() >= KEYS_KEPT
                || key.iter().any(|&byte| byte < 0x20 || byte == b'\\' || byte == b'"') =>
            {
                self.last = 0;
                return self.key(key);
            }
            None => self.remember(key),
        };
        if let Some(last) = self.met.get_mut(self.last) {
            last.next = place;
        }
        self.last = place;
        self.met.get(place).map_or_else(|| self.key(key), |met| met.key)
    }

    fn remember(&mut self, key: &[u8]) -> usize {
        let (mut text, mut mask) = ([0; 2 * WORD], [0; 2 * WORD]);
        for (place, byte) in text.iter_mut().zip(key.iter().chain(b"\"")) {
            *place = *byte;
        }
        mask.iter_mut().take(key.len() + 1).for_each(|place| *place = 0xFF);
        let halves = |bytes: [u8; 2 * WORD]| {
            let mut words = [[0; WORD]; 2];
            words.as_flattened_mut().copy_from_slice(&bytes);
            words
        };
        let place = self.met.len();
        self.places.insert(key.into(), place);
        let (text, masks) = (halves(text), halves(mask).map(u128::from_le_bytes));
        self.met.push(Met { text, masks, len: key.len(), key: self.key(key), next: 0 });
        place
    }

    fn key(&self, key: &[u8]) -> Key {
        let meaning = match key {
            b"message_id" => Meaning::MessageId,
            b"RESULT" => Meaning::Result,
            b"sessionid" | b"sessionId" | b"session_id" => Meaning::Session,
            _ => Meaning::Nothing,
        };
        let mut hasher = FxHasher::default();
        hasher.write(key);
        let blanked = self.blanked.iter().any(|blanked| blanked.as_bytes() == key);
        Key { hash: (hasher.finish() >> 16) as u32, meaning, blanked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_came_before_is_expected_where_it_came() {
        let mut keys = Keys::new(&["secret".to_owned()]);
        for name in ["method", "secret"] {
            keys.learn(name.as_bytes());
        }
        for (text, expected) in [
            (r#"method": 1, "and so on, far enough""#, Some(7)),
            (r#"methods": 1, "and so on, far enough""#, None),
            (r#"metho": 1, "and so on, far enough""#, None),
            (r#"method": "short"}"#, None),
        ] {
            let mut out = b"x".to_vec();
            keys.start();
            let found = keys.expected(text.as_bytes(), 0, &mut out);
            assert_eq!(found.map(|(_, end)| end), expected, "{text}");
            let written: &[u8] = if expected.is_some() { b"xmethod\0" } else { b"x" };
            assert_eq!(out, written, "{text}");
        }
        let mut out = Vec::new();
        keys.start();
        keys.expected(br#"method": 1, "secret": 2, "and so on, far enough"#, 0, &mut out).unwrap();
        let (key, _) = keys.expected(br#"secret": 2, "and so on, far enough"#, 0, &mut out).unwrap();
        assert!(key.blanked);
        assert_eq!(out, b"method\0secret\0");
    }

    #[test]
    fn what_is_expected_is_what_would_be_learnt() {
        let mut keys = Keys::new(&[]);
        for name in [
            "",
            "message_id",
            "a key of exactly thirty bytes.",
            "a key that is longer than those that are kept",
            "sessionId",
            "RESULT",
            "ключ",
        ] {
            keys.start();
            let learnt = keys.learn(name.as_bytes());
            keys.start();
            let text = format!("{name}\": 0 {}", " ".repeat(40));
            if let Some((key, end)) = keys.expected(text.as_bytes(), 0, &mut Vec::new()) {
                assert_eq!((key, end), (learnt, name.len() + 1), "{name}");
            }
        }
    }
}
