//! QueryConfig: a view that a user saved, of the Logs or of the queue of unknown errors.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::QueryConfigId;

/// What a view is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    /// The Logs.
    #[default]
    Logs,
    /// The queue of unknown errors.
    Errors,
}

impl ViewKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Logs, Self::Errors];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Errors => "errors",
        }
    }

    /// The identifier of the nth of this owner's views that began under this name: a view that is renamed keeps its identifier, and the
    /// next of its old name is another.
    pub fn id_for(self, owner: &str, name: &str, n: usize) -> QueryConfigId {
        match (self, n) {
            (Self::Logs, 0) => QueryConfig::id_for(owner, name),
            (kind, n) => QueryConfigId::from_content(&[owner.as_bytes(), name.as_bytes(), kind.as_str().as_bytes(), &n.to_le_bytes()]),
        }
    }
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryConfig {
    /// From owner, kind and the first name.
    #[serde(rename = "_id")]
    pub id: QueryConfigId,
    /// What it is a view of.
    #[serde(default)]
    pub kind: ViewKind,
    /// Name for people; unique for its owner and kind.
    pub name: String,
    /// Who saved it.
    pub owner: String,
    /// Whether everyone sees it.
    pub shared: bool,
    /// The filter as text (see `query`); of the queue, the query of its address.
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
    /// The identifier of this owner's view of the Logs that began under this name.
    pub fn id_for(owner: &str, name: &str) -> QueryConfigId {
        QueryConfigId::from_content(&[owner.as_bytes(), name.as_bytes()])
    }
}
