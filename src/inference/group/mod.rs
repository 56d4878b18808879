//! Groups of the unknown: messages that differ in values only.
//!
//! A message becomes tokens, its values masked by their look and place ([`tokens`]); the masked text names the group, so that two
//! processes that meet the same message give it the same group. Drain (He et al., ICWS 2017) finds variables by comparing messages,
//! which makes a group depend on what came before; here only one thing is learnt from others: a place at which many words were seen with
//! all else equal is open from then on. A message never changes its group for a later one.

mod cluster;
mod fold;
mod index;
mod lexicon;
mod look;
mod spans;
mod template;
#[cfg(test)]
mod tests;
mod tokens;

use rustc_hash::FxHashMap;

use crate::domain::GroupId;
use cluster::Cluster;
use fold::Tokens;
use index::{Advice, Index, Keys};
pub use template::Template;
use tokens::tokenise;

/// Groups of messages.
#[derive(Debug, Default)]
pub struct Grouper {
    clusters: Vec<Cluster>,
    by_id: FxHashMap<GroupId, usize>,
    index: Index,
}

/// Where a message was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// Its group.
    pub id: GroupId,
    /// The group is new.
    pub is_new: bool,
    /// The group's template has become more general.
    pub changed: bool,
}

/// A stored pattern that cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not a pattern: {0}")]
pub struct PatternError(String);

impl PatternError {
    fn new(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl Grouper {
    /// No groups yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.clusters.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// Puts a message into its group, a new one if there is none.
    pub fn assign(&mut self, message: &str) -> Assigned {
        let tokens = tokenise(message);
        let keys = Keys::of_message(&tokens);
        if let Some(cluster) = self.index.find(&tokens, &keys, &self.clusters).and_then(|group| self.clusters.get(group)) {
            return Assigned { id: cluster.id, is_new: false, changed: false };
        }
        match self.index.advise(&keys) {
            Advice::Open { group, place } => match self.open(group, place) {
                Some(id) => Assigned { id, is_new: false, changed: true },
                None => self.begin(Cluster::new(&tokens)),
            },
            Advice::Begin => self.begin(Cluster::new(&tokens)),
            Advice::Rest => {
                let ordinal = self.index.next_ordinal();
                self.begin(Cluster::of_shape(&tokens, ordinal))
            }
        }
    }

    /// The group that a message belongs to, without learning from it.
    pub fn find(&self, message: &str) -> Option<GroupId> {
        let tokens = tokenise(message);
        let found = self.index.find(&tokens, &Keys::of_message(&tokens), &self.clusters);
        match found {
            Some(group) => self.clusters.get(group).map(|cluster| cluster.id),
            None => Some(Cluster::new(&tokens).id).filter(|id| self.by_id.contains_key(id)),
        }
    }

    /// The template of a group.
    pub fn template(&self, id: GroupId) -> Option<Template<'_>> {
        self.cluster(id).map(|cluster| Template::new(cluster.pieces()))
    }

    /// The group's pattern in the form that [`Self::restore`] reads.
    pub fn pattern(&self, id: GroupId) -> Option<String> {
        self.cluster(id).map(Cluster::pattern)
    }

    /// Takes a stored group, or the more general pattern of one that is there.
    ///
    /// # Errors
    /// When the pattern is none.
    pub fn restore(&mut self, id: GroupId, pattern: &str) -> Result<(), PatternError> {
        let restored = Cluster::restore(id, pattern)?;
        match self.by_id.get(&id) {
            None => self.insert(restored),
            Some(&group) => {
                for (place, ordinal) in restored.openings() {
                    if let Some(cluster) = self.clusters.get_mut(group)
                        && cluster.open(place, ordinal)
                    {
                        self.index.insert_opening(group, cluster, ordinal);
                    }
                }
            }
        }
        Ok(())
    }

    fn cluster(&self, id: GroupId) -> Option<&Cluster> {
        self.by_id.get(&id).and_then(|group| self.clusters.get(*group))
    }

    fn begin(&mut self, cluster: Cluster) -> Assigned {
        let id = cluster.id;
        if self.by_id.contains_key(&id) {
            // Other tokens that read the same: the id says that they are one.
            return Assigned { id, is_new: false, changed: false };
        }
        self.insert(cluster);
        Assigned { id, is_new: true, changed: true }
    }

    fn insert(&mut self, cluster: Cluster) {
        let group = self.clusters.len();
        self.by_id.insert(cluster.id, group);
        self.index.insert(group, &cluster);
        self.clusters.push(cluster);
    }

    /// Opens a place of a group; none if it is no word.
    fn open(&mut self, group: usize, place: usize) -> Option<GroupId> {
        let ordinal = self.index.next_ordinal();
        let cluster = self.clusters.get_mut(group)?;
        if !cluster.open(place, ordinal) {
            return None;
        }
        self.index.insert_opening(group, cluster, ordinal);
        Some(cluster.id)
    }
}
