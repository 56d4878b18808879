//! The groups that messages were put in, without what the analyst says about them.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::{
    Assigned, PatternError,
    cluster::Cluster,
    fold::Tokens,
    index::{Advice, Index, Keys},
    lessons::{Lesson, Lessons},
};
use crate::domain::GroupId;

/// Groups by id and content.
#[derive(Debug, Clone, Default)]
pub(super) struct Miner {
    clusters: Vec<Cluster>,
    by_id: FxHashMap<GroupId, usize>,
    index: Index,
    lessons: Lessons,
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

    /// Takes a stored group, or the openings of one that is there. What is new of it was learnt before all that is not settled here: that is
    /// taken back.
    pub(super) fn restore(&mut self, id: GroupId, pattern: serde_json::Value) -> Result<(), PatternError> {
        let restored = Cluster::restore(id, pattern)?;
        if self.settled(id).is_some_and(|cluster| cluster.has_openings_of(&restored)) {
            return Ok(());
        }
        self.take_back();
        match self.by_id.get(&id) {
            None => _ = self.insert(restored),
            Some(&group) => {
                for (place, ordinal) in restored.openings() {
                    self.open(group, place, ordinal);
                }
            }
        }
        self.lessons.settle_all(self.clusters.len(), self.index.last_ordinal());
        Ok(())
    }

    /// A group without what is not settled of it.
    pub(super) fn settled(&self, id: GroupId) -> Option<Cow<'_, Cluster>> {
        let group = *self.by_id.get(&id)?;
        let (groups, ordinal) = self.lessons.settled();
        self.clusters.get(group).filter(|_| group < groups).map(|cluster| cluster.as_of(ordinal))
    }

    /// What is not settled, in order: groups that were begun or opened, each as it was then. At most so many, and not many more bytes.
    pub(super) fn untold(&self, most: usize, bytes: usize) -> Vec<(GroupId, String)> {
        let (mut untold, mut size) = (Vec::new(), 0);
        for lesson in self.lessons.iter().take(most) {
            let Some(cluster) = self.clusters.get(lesson.group()) else { continue };
            let pattern = cluster.as_of(lesson.ordinal()).pattern().to_string();
            size += pattern.len();
            untold.push((cluster.id, pattern));
            if size >= bytes {
                break;
            }
        }
        untold
    }

    pub(super) fn n_untold(&self) -> usize {
        self.lessons.iter().len()
    }

    /// Notes that all processes know, or will, the first so many of what is untold.
    pub(super) fn settle(&mut self, n: usize) {
        self.lessons.settle(n);
    }

    /// Forgets what is not settled; whether there was anything.
    pub(super) fn take_back(&mut self) -> bool {
        let untold = self.lessons.take();
        let had_any = !untold.is_empty();
        for lesson in untold.into_iter().rev() {
            match lesson {
                Lesson::Begun { group, .. } => {
                    if let Some(cluster) = self.clusters.pop() {
                        self.index.remove(group, &cluster);
                        self.by_id.remove(&cluster.id);
                    }
                }
                Lesson::Opened { group, place, ordinal } => {
                    if let Some(cluster) = self.clusters.get_mut(group) {
                        self.index.remove_opening(group, cluster, ordinal);
                        cluster.close(place);
                    }
                }
            }
        }
        had_any
    }

    /// Grows whenever something that was learnt is taken back.
    pub(super) fn turn(&self) -> u64 {
        self.lessons.turn()
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
                    Some(id) => {
                        self.lessons.push(Lesson::Opened { group, place, ordinal });
                        Assigned { id, is_new: false, changed: true }
                    }
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
            let group = self.insert(cluster);
            self.lessons.push(Lesson::Begun { group, ordinal: self.index.last_ordinal() });
        }
        Assigned { id, is_new, changed: is_new }
    }

    fn insert(&mut self, cluster: Cluster) -> usize {
        let group = self.clusters.len();
        self.by_id.insert(cluster.id, group);
        self.index.insert(group, &cluster);
        self.clusters.push(cluster);
        group
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
