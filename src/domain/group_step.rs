//! GroupStep: what one process learnt of groups at one time. Steps are numbered without gaps, so that every process learns the same in the
//! same order; the groups themselves, with what is counted and decided of them, are the documents `Error`.
//!
//! Steps are never removed, as whoever starts learns from the first one on. So the patterns stay (words of messages, with what differs
//! left out) when the last Log of a group is removed.

use serde::{Deserialize, Serialize};

use super::GroupId;

/// Groups that were begun or opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupStep {
    /// Its number, from 1 on.
    #[serde(rename = "_id")]
    pub number: i64,
    /// The patterns in the order in which they were learnt; a group may have several.
    pub patterns: Vec<GroupPattern>,
}

/// A group as it was at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPattern {
    /// The group.
    pub group: GroupId,
    /// Its pattern, as its miner serialised it; opaque to everyone else.
    pub pattern: String,
}
