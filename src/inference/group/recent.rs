//! The groups of messages seen of late, by their text without numbers.
//!
//! Most messages differ from one before in digits and identifiers only. Whether a run of letters and digits is a value does not depend
//! on which letters and digits they are, so that the text with each such run replaced by a short one of its sort has the same tokens,
//! and needs no second look. A message never changes its group, so that nothing here becomes wrong by learning.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::lexicon;
use crate::domain::GroupId;

/// Longer messages are not kept; below this length no limit of the tokeniser depends on the length of a run.
const MAX_BYTES: usize = 256;
/// Places for messages, a power of two.
const N_SLOTS: usize = 4096;

/// What a byte is to a run of letters and digits.
#[derive(Debug, Clone, Copy)]
struct Sort(u8);

impl Sort {
    const OUTSIDE: u8 = 0;
    const DIGIT: u8 = 1;
    const HEX: u8 = 2;
    const LETTER: u8 = 4;
}

static SORTS: [Sort; 256] = sorts();

const fn sorts() -> [Sort; 256] {
    let mut sorts = [Sort(Sort::OUTSIDE); 256];
    let mut byte = 0;
    while byte < 256 {
        sorts[byte] = Sort(match byte as u8 {
            b'0'..=b'9' => Sort::DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => Sort::HEX,
            b'g'..=b'z' | b'G'..=b'Z' => Sort::LETTER,
            _ => Sort::OUTSIDE,
        });
        byte += 1;
    }
    sorts
}

/// Messages and their groups; a new one takes the place of an old one.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    slots: Vec<Slot>,
    /// The last message looked for, without numbers.
    text: Vec<u8>,
    slot: usize,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    text: Vec<u8>,
    group: Option<GroupId>,
}

impl Recent {
    /// The group of a message.
    pub(super) fn find(&mut self, message: &str) -> Option<GroupId> {
        self.text.clear();
        if message.len() > MAX_BYTES || message.is_empty() {
            return None;
        }
        without_numbers(message, &mut self.text);
        let mut hasher = FxHasher::default();
        hasher.write(&self.text);
        self.slot = hasher.finish() as usize % N_SLOTS;
        self.slots.get(self.slot).filter(|slot| slot.text == self.text)?.group
    }

    /// Keeps the group of the message that was looked for last.
    pub(super) fn keep(&mut self, group: GroupId) {
        if self.text.is_empty() {
            return;
        }
        if self.slots.is_empty() {
            self.slots.resize(N_SLOTS, Slot::default());
        }
        if let Some(slot) = self.slots.get_mut(self.slot) {
            slot.text.clone_from(&self.text);
            slot.group = Some(group);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}

/// The message with each run of letters and digits that has a digit replaced by the shortest of its sort.
fn without_numbers(message: &str, text: &mut Vec<u8>) {
    let mut rest = message.as_bytes();
    while !rest.is_empty() {
        let mut sorts = 0;
        let mut length = 0;
        for byte in rest {
            let Sort(sort) = SORTS[usize::from(*byte)];
            if sort == Sort::OUTSIDE {
                break;
            }
            sorts |= sort;
            length += 1;
        }
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        match sorts {
            Sort::DIGIT => text.push(b'0'),
            _ if sorts & Sort::DIGIT == 0 || is_numbered_name(run) => text.extend_from_slice(run),
            _ if sorts & Sort::LETTER == 0 => text.extend_from_slice(b"0a"),
            _ => text.extend_from_slice(b"0z"),
        }
        match after.split_first() {
            Some((byte, after)) => {
                text.push(*byte);
                rest = after;
            }
            None => return,
        }
    }
}

fn is_numbered_name(run: &[u8]) -> bool {
    std::str::from_utf8(run).is_ok_and(lexicon::is_numbered_name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{cluster::Cluster, tokens::tokenise},
        without_numbers,
    };

    fn masked(message: &str) -> String {
        let mut text = Vec::new();
        without_numbers(message, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_are_replaced_by_short_ones_of_their_sort() {
        assert_eq!(masked("blk_-160 from 10.0.0.1, 4f9a IPv6 ж12 node7"), "blk_-0 from 0.0.0.0, 0a IPv6 ж0 0z");
    }

    proptest! {
        #[test]
        fn what_stands_for_a_message_is_in_its_group(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "12", "5", "a1", "1a", "fe80", "x9", "9x", "ca", "ab", "Foo", "LOCAL", "user", "error", "for", "from", "Jun", "bytes",
                    "C", "ipv6", "..", ".", ":", "::", "=", "(", ")", "[", "]", "{", "}", "<", ">", "\"", "'", "#", "+", "-", "/", "\\",
                    ",", ";", "@", "_", " ", " ", " ", "://", "ж",
                ]),
                0..24,
            )
        ) {
            let message = pieces.concat();
            let id = |message: &str| Cluster::new(&tokenise(message, Vec::new())).id;
            prop_assert_eq!(id(&message), id(&masked(&message)), "{}", masked(&message));
        }
    }
}
