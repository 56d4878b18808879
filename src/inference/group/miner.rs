//! The groups that messages were put in, without what the analyst says about them.

use rustc_hash::FxHashMap;

use super::{
    Assigned, PatternError,
    cluster::Cluster,
    fold::Tokens,
    index::{Advice, Index, Keys},
};
use crate::domain::GroupId;

/// Groups by id and content.
#[derive(Debug, Default)]
pub(super) struct Miner {
    clusters: Vec<Cluster>,
    by_id: FxHashMap<GroupId, usize>,
    index: Index,
}

impl Miner {
    pub(super) fn len(&self) -> usize {
        self.clusters.len()
    }

    pub(super) fn clusters(&self) -> &[Cluster] {
        &self.clusters
    }

    pub(super) fn get(&self, id: GroupId) -> Option<&Cluster> {
        self.by_id.get(&id).and_then(|group| self.clusters.get(*group))
    }

    /// The group that accepts a message.
    pub(super) fn find(&self, tokens: &Tokens<'_>) -> Option<&Cluster> {
        match self.index.find(tokens, &self.clusters) {
            Ok(group) => self.clusters.get(group),
            Err(_) => self.get(Cluster::new(tokens).id),
        }
    }

    /// Puts a message into its group, a new one if there is none.
    pub(super) fn assign(&mut self, tokens: &Tokens<'_>) -> Assigned {
        match self.index.find(tokens, &self.clusters) {
            Ok(group) => match self.clusters.get(group) {
                Some(cluster) => Assigned { id: cluster.id, is_new: false, changed: false },
                None => self.begin(Cluster::new(tokens)),
            },
            Err(keys) => self.learn(tokens, &keys),
        }
    }

    /// Takes a stored group, or the openings of one that is there.
    pub(super) fn restore(&mut self, id: GroupId, pattern: serde_json::Value) -> Result<(), PatternError> {
        let restored = Cluster::restore(id, pattern)?;
        let Some(&group) = self.by_id.get(&id) else {
            self.insert(restored);
            return Ok(());
        };
        for (place, ordinal) in restored.openings() {
            self.open(group, place, ordinal);
        }
        Ok(())
    }

    /// The group of a message that none has accepted so far.
    fn learn(&mut self, tokens: &Tokens<'_>, keys: &Keys) -> Assigned {
        match self.index.advise(keys) {
            Advice::Begin => self.begin(Cluster::new(tokens)),
            Advice::Rest => {
                let ordinal = self.index.next_ordinal();
                self.begin(Cluster::of_shape(tokens, ordinal))
            }
            Advice::Open { group, place } => {
                let ordinal = self.index.next_ordinal();
                match self.open(group, place, ordinal) {
                    Some(id) => Assigned { id, is_new: false, changed: true },
                    None => self.begin(Cluster::new(tokens)),
                }
            }
        }
    }

    fn begin(&mut self, cluster: Cluster) -> Assigned {
        let id = cluster.id;
        // Other tokens may read the same: the id says that they are one.
        let is_new = !self.by_id.contains_key(&id);
        if is_new {
            self.insert(cluster);
        }
        Assigned { id, is_new, changed: is_new }
    }

    fn insert(&mut self, cluster: Cluster) {
        let group = self.clusters.len();
        self.by_id.insert(cluster.id, group);
        self.index.insert(group, &cluster);
        self.clusters.push(cluster);
    }

    /// Opens a place of a group; none if it is no word, or open already.
    fn open(&mut self, group: usize, place: usize, ordinal: u32) -> Option<GroupId> {
        let cluster = self.clusters.get_mut(group)?;
        if !cluster.open(place, ordinal) {
            return None;
        }
        self.index.insert_opening(group, cluster, ordinal);
        Some(cluster.id)
    }
}
