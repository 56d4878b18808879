//! GroupRule: what an analyst decided about groups of unknown errors, as the miner writes it.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::GroupRuleId;

/// Two groups are one, or a value of a variable is a group of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRule {
    /// Derived from the rule: deciding the same twice is deciding it once.
    #[serde(rename = "_id")]
    pub id: GroupRuleId,
    /// The rule as JSON, see `inference::group::Rule`.
    pub rule: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub created_at: DateTime,
}

impl GroupRule {
    /// The decision for a rule.
    pub fn new(rule: String, by: &str, now: DateTime) -> Self {
        Self { id: GroupRuleId::from_content(&[rule.as_bytes()]), rule, by: by.to_owned(), created_at: now }
    }
}
