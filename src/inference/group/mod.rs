//! Groups of the unknown: streaming template mining after Drain (He et al., ICWS 2017), with types masked in the tokeniser.
//!
//! A message becomes tokens, its variables masked; a cluster is looked for among those with as many tokens and the same beginning; the most
//! similar one takes the message, and the places in which they differ become variables. A group's id comes from the masked
//! text of its first message and never changes: two processes that meet the same first message give the same id.

mod cluster;
#[cfg(test)]
mod tests;
mod tokens;

use rustc_hash::FxHashMap;

use crate::domain::GroupId;
use cluster::Cluster;
pub use cluster::Template;
use tokens::{Token, tokenise};

/// Share of words that must agree.
const SIMILARITY: f64 = 0.55;
/// At most this many clusters are compared for one message.
const MAX_COMPARED: usize = 256;

/// Clusters of messages.
#[derive(Debug, Default)]
pub struct Grouper {
    clusters: Vec<Cluster>,
    by_id: FxHashMap<GroupId, usize>,
    /// Clusters by number of tokens and first word.
    branches: FxHashMap<(usize, String), Vec<usize>>,
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

    /// Puts a message into its group, a new one if none is similar.
    pub fn assign(&mut self, message: &str) -> Assigned {
        let tokens = tokenise(message);
        if let Some(index) = self.nearest(&tokens)
            && let Some(cluster) = self.clusters.get_mut(index)
        {
            let changed = cluster.generalise(&tokens);
            return Assigned { id: cluster.id, is_new: false, changed };
        }
        let cluster = Cluster::new(&tokens);
        if self.by_id.contains_key(&cluster.id) {
            // Its template was generalised past its own first message; the id says that they are one.
            return Assigned { id: cluster.id, is_new: false, changed: false };
        }
        let id = cluster.id;
        self.insert(cluster);
        Assigned { id, is_new: true, changed: true }
    }

    /// The group that a message belongs to, without learning from it.
    pub fn find(&self, message: &str) -> Option<GroupId> {
        let tokens = tokenise(message);
        let nearest = self.nearest(&tokens).and_then(|index| self.clusters.get(index)).map(|cluster| cluster.id);
        nearest.or_else(|| Some(Cluster::new(&tokens).id).filter(|id| self.by_id.contains_key(id)))
    }

    /// The template of a group.
    pub fn template(&self, id: GroupId) -> Option<Template<'_>> {
        self.cluster(id).map(Cluster::template)
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
        match self.by_id.get(&id).and_then(|index| self.clusters.get_mut(*index)) {
            Some(cluster) => cluster.take_over(&restored),
            None => self.insert(restored),
        }
        Ok(())
    }

    fn cluster(&self, id: GroupId) -> Option<&Cluster> {
        self.by_id.get(&id).and_then(|index| self.clusters.get(*index))
    }

    fn insert(&mut self, cluster: Cluster) {
        let index = self.clusters.len();
        self.by_id.insert(cluster.id, index);
        self.branches.entry(cluster.branch()).or_default().push(index);
        self.clusters.push(cluster);
    }

    /// The most similar cluster; the first of equals.
    fn nearest(&self, tokens: &[Token]) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for index in self.branches.get(&cluster::branch(tokens)).into_iter().flatten().take(MAX_COMPARED) {
            let Some(similarity) = self.clusters.get(*index).and_then(|cluster| cluster.similarity(tokens)) else { continue };
            if similarity >= SIMILARITY && best.is_none_or(|(other, _)| similarity > other) {
                best = Some((similarity, *index));
            }
        }
        best.map(|(_, index)| index)
    }
}
