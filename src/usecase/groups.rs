//! The groups of unknown errors in memory, in step with the store.
//!
//! What this process learns of groups is tentative until all processes agree on it (`agree`): before anything is stored that was grouped,
//! what was learnt becomes the next numbered step in the store, or, where another process was faster, is taken back and learnt anew.

pub(super) mod agree;

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::{
    domain::{GroupId, GroupRule, GroupRuleId, KnownErrorId, LogError},
    inference::group::{self, Distribution, Grouper, Kind, Rule, RuleError, Settled},
    store::{self, ChangePlace, Store},
};

/// The groups of unknown errors that this process knows of.
#[derive(Default)]
pub struct Groups {
    grouper: Mutex<Grouper>,
    /// Groups that an analyst explained.
    known: Mutex<FxHashMap<GroupId, KnownErrorId>>,
    /// How far the store's changes were taken over.
    followed: Mutex<Followed>,
    /// Number of the last step that was taken over; held by whoever takes over more, or adds one.
    step: tokio::sync::Mutex<i64>,
}

/// What of the store was taken over.
#[derive(Default)]
struct Followed {
    rules: Vec<GroupRuleId>,
    place: Option<ChangePlace>,
}

/// The group that a message was put in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grouped {
    /// Its id.
    pub(super) id: GroupId,
    /// Nothing like it was seen before, or the pattern has become more general: the store has to hear of it.
    pub(super) changed: bool,
    /// When: it holds as long as [`Groups::agree`] says so of this turn.
    pub(super) turn: u64,
}

/// A variable of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its place in the group's pattern.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// What the value is.
    pub kind: Kind,
    /// The value.
    pub value: String,
}

impl Groups {
    /// Groups that know what these know now, and share nothing with them: what is learnt of them nobody hears of.
    pub(super) fn apart(&self) -> Self {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { grouper: Mutex::new(grouper), known: Mutex::new(known), ..Self::default() }
    }

    /// Takes over what changed of the groups that the store has, and which of them are known.
    ///
    /// # Errors
    /// When the store does not answer or a group is corrupt.
    pub async fn refresh(&self, store: &dyn Store) -> store::Result<()> {
        let rules = store.list_group_rules().await?;
        let ids: Vec<GroupRuleId> = rules.iter().map(|rule| rule.id).collect();
        let after = {
            let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            // Under other rules any group may have to be restored.
            followed.place.filter(|_| followed.rules == ids)
        };
        let changed = store.list_changed_groups(after).await?;
        let mut step = self.step.lock().await;
        // What stands in a group was a step before, and those before that are to be known first.
        if after.is_none() || self.has_news(&changed.groups) {
            self.catch_up(store, &mut step).await?;
        }
        let outdated = self.take_groups(&rules, changed.groups)?;
        drop(step);
        {
            let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            *followed = Followed { rules: ids, place: followed.place.max(Some(changed.place)) };
        }
        if !outdated.is_empty()
            && let Err(error) = store.insert_log_errors(&outdated).await
        {
            tracing::warn!(%error, "groups cannot be brought in line with what was learnt of them yet");
        }
        Ok(())
    }

    /// Whether groups say what this process does not know.
    fn has_news(&self, stored: &[LogError]) -> bool {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        stored.iter().any(|group| !grouper.is_settled_as(group.id, &group.pattern))
    }

    /// Takes over stored rules and groups; those that are behind what was learnt of them, as they are now: whoever learnt it was killed
    /// before it said so, or another wrote what it knew before.
    fn take_groups(&self, rules: &[GroupRule], stored: Vec<LogError>) -> store::Result<Vec<LogError>> {
        let mut grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        take_over(&mut grouper, rules);
        let mut outdated = Vec::new();
        for group in stored {
            match &group.known_error_id {
                Some(id) => known.insert(group.id, id.clone()),
                None => known.remove(&group.id),
            };
            if !grouper.is_settled_as(group.id, &group.pattern) {
                grouper.restore(group.id, &group.pattern).map_err(|error| store::Error::Corrupt {
                    collection: "Error",
                    id: group.id.to_string(),
                    reason: error.to_string(),
                })?;
                if grouper.is_more_general(group.id, &group.pattern)
                    && let Some(settled) = grouper.settled(group.id)
                {
                    outdated.push(described(&group, settled));
                }
            }
        }
        // A stored part brings the rule that made it, which may have been taken back since.
        take_over(&mut grouper, rules);
        Ok(outdated)
    }

    /// Has a rule hold in this process.
    ///
    /// # Errors
    /// When it contradicts one that holds.
    pub(super) fn apply(&self, rule: &Rule) -> Result<GroupId, RuleError> {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).apply(rule.clone())
    }

    /// The variables of a message of this group.
    pub fn variables(&self, id: GroupId, message: &str) -> Vec<Variable> {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        let own =
            |found: group::Variable<'_>| Variable { place: found.place, name: found.name, kind: found.kind, value: found.value.to_owned() };
        grouper.variables(id, message).into_iter().map(own).collect()
    }

    /// The groups whose fixed words are nearest, the nearest first, each with the share of words that both have.
    pub fn alike(&self, id: GroupId, limit: usize) -> Vec<(GroupId, f64)> {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).alike(id, limit)
    }

    /// These words, the one first that the fewest groups have.
    pub(super) fn rarest_first(&self, words: Vec<String>) -> Vec<String> {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).rarest_first(words)
    }

    /// Which values the variables of these messages of the group take.
    pub fn distribution<'m>(&self, id: GroupId, messages: impl IntoIterator<Item = &'m str>) -> Distribution {
        let mut distribution = Distribution::default();
        for message in messages {
            // Locked anew for each, so that reading a file goes on.
            distribution.add(&self.grouper.lock().unwrap_or_else(PoisonError::into_inner).variables(id, message));
        }
        distribution
    }

    /// Puts a message into its group.
    pub(super) fn assign(&self, message: &str) -> Grouped {
        let mut grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        let assigned = grouper.assign(message);
        Grouped { id: assigned.id, changed: assigned.is_new || assigned.changed, turn: grouper.turn() }
    }

    /// Groups to be stored, with their common text as all processes know it; those left out that none of them knows.
    pub(super) fn described<'g>(&self, groups: impl IntoIterator<Item = &'g LogError>) -> Vec<LogError> {
        let grouper = self.grouper.lock().unwrap_or_else(PoisonError::into_inner);
        groups.into_iter().filter_map(|group| Some(described(group, grouper.settled(group.id)?))).collect()
    }

    /// The known error that a group was explained as.
    pub(super) fn known(&self, id: GroupId) -> Option<KnownErrorId> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Whether a message is where it is because this group, or one that was merged into it, has it.
    pub(super) fn came_through(&self, message: &str, group: GroupId) -> bool {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).came_through(message, group)
    }

    /// The group that a message would be put in.
    pub fn find(&self, message: &str) -> Option<GroupId> {
        self.grouper.lock().unwrap_or_else(PoisonError::into_inner).find(message)
    }
}

/// A group as all processes know it.
fn described(group: &LogError, Settled { template, pattern, breadth }: Settled) -> LogError {
    LogError { template, pattern, breadth, ..group.clone() }
}

/// Brings the rules in line with the stored ones.
fn take_over(grouper: &mut Grouper, stored: &[GroupRule]) {
    let mut rules = Vec::with_capacity(stored.len());
    for kept in stored {
        match serde_json::from_str::<Rule>(&kept.rule) {
            Ok(rule) => rules.push(rule),
            // Written by a newer program; what it says does not hold here, and everything else does.
            Err(error) => tracing::warn!(rule.id = %kept.id, %error, "a rule about groups cannot be read"),
        }
    }
    for rule in grouper.rules().iter().filter(|rule| !rules.contains(rule)) {
        grouper.withdraw(rule);
    }
    for rule in rules {
        if let Err(error) = grouper.apply(rule) {
            tracing::warn!(%error, "a rule about groups contradicts another");
        }
    }
}
