//! Groups of the unknown: messages that differ in values only.
//!
//! A message becomes tokens, its values masked by their look and place (`tokens`, `fold`); the masked text names the group, so that
//! two processes that meet the same message give it the same group. Drain (He et al., ICWS 2017) finds variables by comparing messages,
//! which makes a group depend on what came before; here one thing only is learnt from others: a place at which many words were seen
//! with all else equal is open from then on (`index`). A message never changes its group for a later one, only for a rule of the analyst.
//!
//! Several processes agree on every message once they know the same patterns and rules, in whatever order they came: of openings that
//! accept a message the earliest counts, of equally early ones the one of the lesser id. So that they know the same, whatever begins or
//! opens a group is tentative (`lessons`) until it is settled: the use cases number such steps in the store, and what another process
//! learnt first is taken over after one's own was taken back ([`Grouper::untold`], [`Grouper::settle`], [`Grouper::take_back`]). A message
//! that teaches nothing asks nobody: what accepts it, accepts it in every process that knows more. A rule that a process has not heard of
//! yet leaves what that process stores in the meantime where it was.

mod cluster;
mod distribution;
mod fold;
mod index;
mod kind;
mod lessons;
mod lexicon;
mod likeness;
mod look;
mod miner;
mod recent;
mod rules;
mod spans;
mod template;
#[cfg(test)]
mod tests;
mod tokens;
mod variables;

use crate::domain::GroupId;
pub use distribution::{Counted, Distribution, Values};
use fold::Token;
pub use kind::Kind;
use miner::Miner;
use recent::Recent;
use rules::Rules;
pub use rules::{Rule, RuleError};
pub use template::Template;
use tokens::tokenise;
pub use variables::Variable;

/// Groups of messages.
#[derive(Debug, Clone, Default)]
pub struct Grouper {
    miner: Miner,
    rules: Rules,
    recent: Recent,
    /// Room for the tokens of the next message.
    buffer: Vec<Token>,
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

/// A group as all processes know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The messages' common text.
    pub template: String,
    /// The pattern in the form that [`Grouper::restore`] reads.
    pub pattern: String,
    /// How much it accepts: more, the more general it is.
    pub breadth: i64,
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

    /// Number of groups, parts and merged ones aside.
    pub fn len(&self) -> usize {
        self.miner.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a message into its group, a new one if there is none.
    pub fn assign(&mut self, message: &str) -> Assigned {
        if let Some(id) = self.recent.find(message)
            && !self.rules.divide(id)
        {
            return self.rules.redirect(Assigned { id, is_new: false, changed: false });
        }
        let tokens = tokenise(message, std::mem::take(&mut self.buffer));
        let mut assigned = self.miner.assign(&tokens);
        self.recent.keep(assigned.id);
        if let Some(part) = self.rules.part_of(assigned.id, &tokens) {
            let is_new = self.rules.meet(part);
            assigned = Assigned { id: part, is_new, changed: is_new || assigned.changed };
        }
        self.buffer = tokens.into_buffer();
        self.rules.redirect(assigned)
    }

    /// The group that a message belongs to, without learning from it.
    pub fn find(&self, message: &str) -> Option<GroupId> {
        let tokens = tokenise(message, Vec::new());
        let id = self.miner.find(&tokens)?.id;
        Some(self.rules.merged(self.rules.part_of(id, &tokens).unwrap_or(id)))
    }

    /// Whether a message belongs to this group, or would but for the rules that merged it into others.
    pub fn came_through(&self, message: &str, group: GroupId) -> bool {
        let tokens = tokenise(message, Vec::new());
        let own = self.miner.find(&tokens).map(|found| self.rules.part_of(found.id, &tokens).unwrap_or(found.id));
        own.is_some_and(|own| self.rules.way(own).any(|passed| passed == group))
    }

    /// The template of a group.
    pub fn template(&self, id: GroupId) -> Option<Template<'_>> {
        match self.rules.part(id) {
            Some(part) => self.miner.get(part.group).map(|cluster| cluster.template().with(part.place, &part.value)),
            None => self.miner.get(id).map(cluster::Cluster::template),
        }
    }

    /// The variables of a message as a message of this group.
    pub fn variables<'m>(&self, id: GroupId, message: &'m str) -> Vec<Variable<'m>> {
        let tokens = tokenise(message, Vec::new());
        let group = self.rules.part(id).map_or(id, |part| part.group);
        let own = self.miner.get(group).filter(|cluster| cluster.has_shape_of(&tokens));
        match own.or_else(|| self.miner.find(&tokens)) {
            Some(cluster) => variables::of(cluster.pieces(), &tokens),
            None => variables::of(cluster::Cluster::new(&tokens).pieces(), &tokens),
        }
    }

    /// The group's pattern in the form that [`Self::restore`] reads.
    pub fn pattern(&self, id: GroupId) -> Option<String> {
        let pattern = match self.rules.part(id) {
            Some(part) => part.pattern(self.miner.get(part.group)?.pattern()),
            None => self.miner.get(id)?.pattern(),
        };
        Some(pattern.to_string())
    }

    /// What was learnt and is not settled, in order: groups that were begun or opened, each with its pattern as it was then, in the form
    /// that [`Self::restore`] reads. At most so many, and not many more bytes of patterns than that.
    pub fn untold(&self, most: usize, bytes: usize) -> Vec<(GroupId, String)> {
        self.miner.untold(most, bytes)
    }

    /// How much is not settled.
    pub fn n_untold(&self) -> usize {
        self.miner.n_untold()
    }

    /// Notes that the first so many of [`Self::untold`] hold for all processes.
    pub fn settle(&mut self, n: usize) {
        self.miner.settle(n);
    }

    /// Forgets what is not settled; whether there was anything. Messages that were assigned meanwhile may be of other groups now.
    pub fn take_back(&mut self) -> bool {
        self.recent.clear();
        self.miner.take_back()
    }

    /// Grows whenever something was taken back: what was assigned since the same turn still holds.
    pub fn turn(&self) -> u64 {
        self.miner.turn()
    }

    /// A group without what is not settled; none where the group itself is not.
    pub fn settled(&self, id: GroupId) -> Option<Settled> {
        let part = self.rules.part(id);
        let cluster = self.miner.settled(part.map_or(id, |part| part.group))?;
        let (template, pattern) = match part {
            Some(part) => (cluster.template().with(part.place, &part.value).to_string(), part.pattern(cluster.pattern())),
            None => (cluster.template().to_string(), cluster.pattern()),
        };
        Some(Settled { template, pattern: pattern.to_string(), breadth: cluster.breadth() })
    }

    /// Whether a group's pattern is this one, without what is not settled.
    pub fn is_settled_as(&self, id: GroupId, pattern: &str) -> bool {
        let part = self.rules.part(id);
        let Some(cluster) = self.miner.settled(part.map_or(id, |part| part.group)) else { return false };
        let own = match part {
            Some(part) => part.pattern(cluster.pattern()),
            None => cluster.pattern(),
        };
        let own = own.to_string();
        own == pattern
    }

    /// Whether more of a group is open, and settled, than this pattern of it says.
    pub fn is_more_general(&self, id: GroupId, pattern: &str) -> bool {
        let stored = serde_json::from_str(pattern).ok().and_then(|pattern| cluster::Cluster::restore(id, pattern).ok());
        stored.is_some_and(|stored| self.miner.settled(id).is_some_and(|own| !stored.has_openings_of(&own)))
    }

    /// Takes a stored group, or the more general pattern of one that is there; with a part of a group the rule that divides it. Where it
    /// says something new, that was learnt before all that is not settled, which is taken back.
    ///
    /// # Errors
    /// When the pattern is none.
    pub fn restore(&mut self, id: GroupId, pattern: &str) -> Result<(), PatternError> {
        self.recent.clear();
        let pattern: serde_json::Value = serde_json::from_str(pattern).map_err(|error| PatternError::new(&error.to_string()))?;
        if !pattern.is_object() {
            return self.miner.restore(id, pattern);
        }
        let stored: StoredPart = serde_json::from_value(pattern).map_err(|error| PatternError::new(&error.to_string()))?;
        let group = stored.group.parse().map_err(|error: crate::domain::IdError| PatternError::new(&error.to_string()))?;
        self.miner.restore(group, stored.pattern)?;
        let rule = Rule::Split { group, place: stored.place, value: stored.value };
        if rule.target() != id || self.rules.apply(rule).is_err() {
            return Err(PatternError::new("a part has the id that its rule gives"));
        }
        self.rules.meet(id);
        Ok(())
    }

    /// Has a rule hold from now on, also for groups that are not known yet; the group that has the messages it is about.
    ///
    /// # Errors
    /// When it contradicts a rule that holds.
    pub fn apply(&mut self, rule: Rule) -> Result<GroupId, RuleError> {
        self.rules.apply(rule)
    }

    /// Takes a rule back; whether it held.
    pub fn withdraw(&mut self, rule: &Rule) -> bool {
        self.rules.withdraw(rule)
    }

    /// The rules that hold, for storage.
    pub fn rules(&self) -> Vec<Rule> {
        self.rules.all()
    }
}

/// A part of a group as it is stored.
#[derive(serde::Deserialize)]
struct StoredPart {
    group: String,
    place: usize,
    value: String,
    pattern: serde_json::Value,
}
