//! What the analyst decides about groups: two are one, one value of a variable is a group of its own.
//!
//! Rules name groups by id, and ids are the same in every process, so that a rule can be stored, and restored before or after the
//! groups that it speaks of.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Assigned, fold::Tokens};
use crate::domain::GroupId;

/// A decision about groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Rule {
    /// The messages of `group` belong to `into`.
    Merge {
        /// The group that is given up.
        group: GroupId,
        /// The group that has its messages from now on.
        into: GroupId,
    },
    /// The messages of `group` with this value are a group of their own.
    Split {
        /// The group that is divided.
        group: GroupId,
        /// The place of the variable, as [`super::Variable::place`] says.
        place: usize,
        /// Its value.
        value: String,
    },
}

/// A rule that contradicts one that holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The group would be merged into itself.
    #[error("group {0} would be merged into itself")]
    Circle(GroupId),
    /// The group is merged already.
    #[error("group {group} is merged into {into} already")]
    Merged {
        /// The group.
        group: GroupId,
        /// Where its messages go.
        into: GroupId,
    },
}

/// The rules that hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    merges: FxHashMap<GroupId, GroupId>,
    splits: FxHashMap<GroupId, FxHashMap<usize, FxHashMap<String, GroupId>>>,
    parts: FxHashMap<GroupId, Part>,
    /// Parts that have had a message.
    met: FxHashSet<GroupId>,
}

/// What a group is a part of.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) group: GroupId,
    pub(super) place: usize,
    pub(super) value: String,
}

impl Part {
    /// Its pattern, with that of the whole group.
    pub(super) fn pattern(&self, whole: serde_json::Value) -> serde_json::Value {
        json!({ "group": self.group.to_string(), "place": self.place, "value": self.value, "pattern": whole })
    }
}

impl Rule {
    /// The group that has the messages which the rule is about.
    pub fn target(&self) -> GroupId {
        match self {
            Self::Merge { into, .. } => *into,
            Self::Split { group, place, value } => {
                GroupId::from_content(&[b"part", group.to_string().as_bytes(), place.to_string().as_bytes(), value.as_bytes()])
            }
        }
    }
}

impl Rules {
    pub(super) fn apply(&mut self, rule: Rule) -> Result<GroupId, RuleError> {
        let target = rule.target();
        match rule {
            Rule::Merge { group, into } => {
                if self.merged(into) == group {
                    return Err(RuleError::Circle(group));
                }
                match self.merges.get(&group) {
                    Some(&other) if other != into => return Err(RuleError::Merged { group, into: other }),
                    _ => self.merges.insert(group, into),
                };
            }
            Rule::Split { group, place, value } => {
                self.splits.entry(group).or_default().entry(place).or_default().insert(value.clone(), target);
                self.parts.insert(target, Part { group, place, value });
            }
        }
        Ok(target)
    }

    /// Takes a rule back; whether it held.
    pub(super) fn withdraw(&mut self, rule: &Rule) -> bool {
        match rule {
            Rule::Merge { group, into } => {
                let held = self.merges.get(group) == Some(into);
                if held {
                    self.merges.remove(group);
                }
                held
            }
            Rule::Split { group, place, value } => {
                self.parts.remove(&rule.target());
                let values = self.splits.get_mut(group).and_then(|places| places.get_mut(place));
                values.is_some_and(|values| values.remove(value).is_some())
            }
        }
    }

    /// All rules, in an order that does not depend on how they came.
    pub(super) fn all(&self) -> Vec<Rule> {
        let merges = self.merges.iter().map(|(group, into)| Rule::Merge { group: *group, into: *into });
        let splits = self.parts.values().map(|part| Rule::Split { group: part.group, place: part.place, value: part.value.clone() });
        let mut rules: Vec<Rule> = merges.chain(splits).collect();
        rules.sort_unstable();
        rules
    }

    /// What a group is a part of.
    pub(super) fn part(&self, id: GroupId) -> Option<&Part> {
        self.parts.get(&id)
    }

    /// The part of a group that a message belongs to.
    pub(super) fn part_of(&self, group: GroupId, tokens: &Tokens<'_>) -> Option<GroupId> {
        let places = self.splits.get(&group)?;
        // The first place that has a rule for the message, so that rules are independent of their order.
        places.iter().filter_map(|(place, values)| Some((place, values.get(tokens.get(*place)?)?))).min().map(|(_, part)| *part)
    }

    /// Whether parts of a group are groups of their own.
    pub(super) fn divide(&self, group: GroupId) -> bool {
        !self.splits.is_empty() && self.splits.contains_key(&group)
    }

    /// Where a message goes that was put in a group.
    pub(super) fn redirect(&self, assigned: Assigned) -> Assigned {
        match self.merged(assigned.id) {
            id if id == assigned.id => assigned,
            id => Assigned { id, is_new: false, changed: false },
        }
    }

    /// The group that has the messages of this one.
    pub(super) fn merged(&self, id: GroupId) -> GroupId {
        self.way(id).last().unwrap_or(id)
    }

    /// A group and those that it was merged into, one after the other.
    pub(super) fn way(&self, id: GroupId) -> impl Iterator<Item = GroupId> {
        // No circle can have been made.
        std::iter::successors(Some(id), |id| self.merges.get(id).copied())
    }

    /// Notes that a part has a message; whether it is the first.
    pub(super) fn meet(&mut self, part: GroupId) -> bool {
        self.met.insert(part)
    }
}
