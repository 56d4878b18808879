//! QueryConfig: a filter that a user saved.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::QueryConfigId;

/// A saved filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryConfig {
    /// From owner and name.
    #[serde(rename = "_id")]
    pub id: QueryConfigId,
    /// Name for people; unique for its owner.
    pub name: String,
    /// Who saved it.
    pub owner: String,
    /// Whether everyone sees it.
    pub shared: bool,
    /// The filter as text (see `query`).
    pub filter: String,
    /// Paths of the columns to show.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The time range: a relative one such as `24h`, or `from/to`; blank for all time.
    #[serde(default)]
    pub range: String,
    /// Whether it stands beside the Logs for whoever sees it.
    #[serde(default)]
    pub pinned: bool,
    /// Last change.
    pub updated_at: DateTime,
}

impl QueryConfig {
    /// The identifier of this owner's query of this name.
    pub fn id_for(owner: &str, name: &str) -> QueryConfigId {
        QueryConfigId::from_content(&[owner.as_bytes(), name.as_bytes()])
    }
}
