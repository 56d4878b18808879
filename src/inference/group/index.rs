//! Where the group of a message is found: by its masked text, else by the openings of groups of its shape.
//!
//! Nothing is searched but the openings of one shape, of which there are few, so that the time for a message does not grow with
//! the number of groups.

use std::{collections::hash_map::Entry, hash::Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::{
    cluster::{Cluster, Piece},
    fold::{Class, Tokens},
};
use crate::domain::GroupId;

/// A place at which groups with otherwise the same text have this many words is a variable from then on.
const DIVERSE: u32 = 16;
/// So many groups of one shape; what comes then and fits none is one group.
const MAX_OF_SHAPE: u32 = 4096;
/// So many openings of one shape.
const MAX_OPENINGS: usize = 256;

/// Groups by text and shape.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_text: FxHashMap<u64, usize>,
    by_shape: FxHashMap<u64, Shape>,
    /// Groups that differ in one place only, by the text with that place left out.
    siblings: FxHashMap<u64, Siblings>,
    last_ordinal: u32,
}

/// The groups with the same marks in the same places.
#[derive(Debug, Clone, Default)]
struct Shape {
    groups: u32,
    openings: Vec<Opening>,
}

#[derive(Debug, Clone, Copy)]
struct Opening {
    ordinal: u32,
    /// Openings that two processes made at one time, before they agreed on each, have the same ordinal: the id says which comes first.
    id: GroupId,
    group: usize,
}

#[derive(Debug, Clone, Copy)]
struct Siblings {
    count: u32,
    first: usize,
}

/// The hashes of a text, its shape, and each place's share of the text's hash; none where it is no word.
pub(super) struct Keys {
    text: u64,
    shape: u64,
    shares: Vec<Option<u64>>,
}

/// What is to be done with a message that no group accepts.
pub(super) enum Advice {
    /// It begins a group.
    Begin,
    /// It and others like it are messages of this group, which is opened at this place.
    Open { group: usize, place: usize },
    /// There are too many groups of its shape: it begins the one for all the rest.
    Rest,
}

impl Keys {
    fn new(pieces: impl Iterator<Item = (Class, u64)>) -> Self {
        let mut keys = Self { text: 0, shape: 0, shares: Vec::new() };
        for (place, (class, word)) in pieces.enumerate() {
            let share = share(place, class, word);
            keys.text = keys.text.wrapping_add(share);
            keys.shape = keys.shape.wrapping_add(if let Class::Mark(_) = class { share } else { mix(place, 0) });
            keys.shares.push((class == Class::Word).then_some(share));
        }
        keys
    }

    fn of_message(tokens: &Tokens<'_>) -> Self {
        Self::new(tokens.iter().map(|(class, text)| (class, if class == Class::Word { hash(text) } else { 0 })))
    }

    /// Those of a group's first message.
    fn of_group(cluster: &Cluster) -> Self {
        Self::new(cluster.pieces().iter().map(|piece| match piece {
            Piece::Word(word) | Piece::Open { word, .. } => (Class::Word, hash(word)),
            Piece::Mark(mark) => (Class::Mark(*mark), 0),
            Piece::Value => (Class::Value, 0),
        }))
    }

    /// Places of words, each with the hash of the text without it; none where it is the only word.
    fn without_each(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let several = self.shares.iter().flatten().count() > 1;
        let without = move |(place, share): (usize, &Option<u64>)| {
            let rest = self.text.wrapping_sub((*share)?).wrapping_add(mix(place, 2));
            several.then_some((place, rest))
        };
        self.shares.iter().enumerate().filter_map(without)
    }
}

impl Index {
    /// The group of a message, or the hashes under which it would be found.
    pub(super) fn find(&self, tokens: &Tokens<'_>, clusters: &[Cluster]) -> Result<usize, Keys> {
        let accepts = |group: usize, ordinal| clusters.get(group).is_some_and(|cluster| cluster.accepts(tokens, ordinal));
        let mut text = 0_u64;
        for (place, (class, word)) in tokens.iter().enumerate() {
            text = text.wrapping_add(share(place, class, if class == Class::Word { hash(word) } else { 0 }));
        }
        match self.by_text.get(&text) {
            Some(&group) if accepts(group, 0) => return Ok(group),
            _ => {}
        }
        let keys = Keys::of_message(tokens);
        // The earliest opening that accepts a message accepts it for ever, whatever is opened later.
        let openings = self.by_shape.get(&keys.shape).map(|shape| shape.openings.as_slice()).unwrap_or_default();
        openings.iter().find(|opening| accepts(opening.group, opening.ordinal)).map(|opening| opening.group).ok_or(keys)
    }

    /// What to do with a message for which there is no group.
    pub(super) fn advise(&self, keys: &Keys) -> Advice {
        let Some(shape) = self.by_shape.get(&keys.shape) else { return Advice::Begin };
        if shape.openings.len() < MAX_OPENINGS {
            let diverse = keys.without_each().filter_map(|(place, rest)| Some((place, self.siblings.get(&rest)?)));
            if let Some((place, siblings)) =
                diverse.filter(|(_, siblings)| siblings.count >= DIVERSE).max_by_key(|(_, siblings)| siblings.count)
            {
                return Advice::Open { group: siblings.first, place };
            }
        }
        if shape.groups >= MAX_OF_SHAPE { Advice::Rest } else { Advice::Begin }
    }

    /// The number of the last opening.
    pub(super) fn last_ordinal(&self) -> u32 {
        self.last_ordinal
    }

    /// The number of the next opening.
    pub(super) fn next_ordinal(&mut self) -> u32 {
        self.last_ordinal = self.last_ordinal.saturating_add(1);
        self.last_ordinal
    }

    /// Enters a group with its openings.
    pub(super) fn insert(&mut self, group: usize, cluster: &Cluster) {
        let keys = Keys::of_group(cluster);
        self.by_text.entry(keys.text).or_insert(group);
        for (_, rest) in keys.without_each() {
            self.siblings.entry(rest).or_insert(Siblings { count: 0, first: group }).count += 1;
        }
        self.by_shape.entry(keys.shape).or_default().groups += 1;
        for ordinal in cluster.ordinals() {
            self.insert_opening(group, cluster, ordinal);
        }
    }

    /// Takes out the group that was entered last.
    pub(super) fn remove(&mut self, group: usize, cluster: &Cluster) {
        let keys = Keys::of_group(cluster);
        if self.by_text.get(&keys.text) == Some(&group) {
            self.by_text.remove(&keys.text);
        }
        for (_, rest) in keys.without_each() {
            if let Entry::Occupied(mut siblings) = self.siblings.entry(rest) {
                siblings.get_mut().count -= 1;
                // The first of those that are left was entered before, so that it stays the first.
                if siblings.get().count == 0 {
                    siblings.remove();
                }
            }
        }
        if let Some(shape) = self.by_shape.get_mut(&keys.shape) {
            shape.groups -= 1;
            shape.openings.retain(|opening| opening.group != group);
        }
    }

    /// Takes out an opening of a group.
    pub(super) fn remove_opening(&mut self, group: usize, cluster: &Cluster, ordinal: u32) {
        if let Some(shape) = self.by_shape.get_mut(&Keys::of_group(cluster).shape) {
            shape.openings.retain(|opening| (opening.group, opening.ordinal) != (group, ordinal));
        }
    }

    /// Enters an opening of a group.
    pub(super) fn insert_opening(&mut self, group: usize, cluster: &Cluster, ordinal: u32) {
        self.last_ordinal = self.last_ordinal.max(ordinal);
        let openings = &mut self.by_shape.entry(Keys::of_group(cluster).shape).or_default().openings;
        let at = openings.partition_point(|opening| (opening.ordinal, opening.id) <= (ordinal, cluster.id));
        openings.insert(at, Opening { ordinal, id: cluster.id, group });
    }
}

fn hash(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word.as_bytes());
    hasher.finish()
}

/// A place's share of a hash that is a sum, so that one place is left out without adding up the others again.
fn share(place: usize, class: Class, word: u64) -> u64 {
    match class {
        Class::Word => mix(place, word),
        Class::Mark(mark) => mix(place, u64::from(mark)),
        Class::Value => mix(place, 1),
    }
}

/// The finaliser of SplitMix64.
fn mix(place: usize, value: u64) -> u64 {
    let mut z = value.wrapping_add((place as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
