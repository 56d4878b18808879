//! Which groups say nearly the same: for whoever looks for one to merge with, and for the words that tell one from the others.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Grouper, cluster::Piece};
use crate::domain::GroupId;

/// Of two groups that have a smaller share of their words in common, one is no likely double of the other.
const LEAST: f64 = 0.5;

impl Grouper {
    /// The groups whose fixed words are nearest to those of this one, the nearest first, each with the share of words that both have
    /// (L. R. Dice, "Measures of the amount of ecologic association between species", Ecology 26 (1945), 297-302).
    pub fn alike(&self, id: GroupId, limit: usize) -> Vec<(GroupId, f64)> {
        let group = self.rules.part(id).map_or(id, |part| part.group);
        let own: FxHashSet<&str> = self.miner.get(group).map(|cluster| words(cluster.pieces()).collect()).unwrap_or_default();
        let mut found: Vec<(GroupId, f64)> = Vec::new();
        let mut theirs = FxHashSet::default();
        for cluster in self.miner.clusters().iter().filter(|cluster| cluster.id != group) {
            theirs.clear();
            theirs.extend(words(cluster.pieces()));
            let n_common = theirs.iter().filter(|word| own.contains(*word)).count();
            let share = 2.0 * n_common as f64 / (own.len() + theirs.len()).max(1) as f64;
            if share >= LEAST {
                found.push((cluster.id, share));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found.truncate(limit);
        found
    }

    /// These words, the one first that the fewest groups have; of equally rare ones the longer.
    pub fn rarest_first(&self, mut words: Vec<String>) -> Vec<String> {
        let mut n_with: FxHashMap<String, usize> = words.iter().map(|word| (word.clone(), 0)).collect();
        for piece in self.miner.clusters().iter().flat_map(|cluster| cluster.pieces()) {
            if let Piece::Word(word) = piece
                && let Some(n) = n_with.get_mut(&**word)
            {
                *n += 1;
            }
        }
        words.sort_by_key(|word| (n_with.get(word).copied().unwrap_or_default(), Reverse(word.chars().count())));
        words
    }
}

/// The words that stand in every message of a group.
fn words(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Word(word) => Some(&**word),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_say_nearly_the_same_are_near_and_the_rarest_words_come_first() {
        let mut grouper = Grouper::new();
        let mut group = |message: &str| grouper.assign(message).id;
        let own = group("cannot open cash desk drawer");
        let near = group("cannot open cash desk lid");
        let nearer = group("cannot open the cash desk drawer");
        group("signature key has expired");
        let found: Vec<GroupId> = grouper.alike(own, 9).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, [nearer, near]);
        assert_eq!(grouper.alike(own, 1).len(), 1);
        assert_eq!(grouper.alike(GroupId::from_content(&[b"none"]), 9), []);
        let words = ["open", "drawer", "desk", "lid"].map(str::to_owned).to_vec();
        assert_eq!(grouper.rarest_first(words), ["lid", "drawer", "open", "desk"]);
    }
}
