//! KnownError and Answer: what the knowledge base knows, and the remedies.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{AnswerId, GroupId, KnownErrorId, StatusCode};

/// The life of an entry, after the known-error databases of ITIL. Only `Approved` and `Fixed` entries match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeCycle {
    /// Being written.
    Draft,
    /// Waits for a reviewer.
    Review,
    /// In force.
    #[default]
    Approved,
    /// Its cause was removed; seeing it again is a regression.
    Fixed,
    /// No longer used.
    Retired,
}

impl LifeCycle {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Approved => "approved",
            Self::Fixed => "fixed",
            Self::Retired => "retired",
        }
    }

    /// Whether errors are matched against an entry in this state.
    pub fn matches(self) -> bool {
        matches!(self, Self::Approved | Self::Fixed)
    }
}

/// An error that the knowledge base knows: how it is recognised and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownError {
    /// Its identifier.
    #[serde(rename = "_id")]
    pub id: KnownErrorId,
    /// A short name.
    pub title: String,
    /// A short name in Ukrainian.
    #[serde(default)]
    pub title_uk: Option<String>,
    /// The text by which it is recognised; empty where key words do that.
    pub text: String,
    /// Words and phrases most of which mark it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Words and phrases all of which must be there.
    #[serde(default)]
    pub keywords_all: Vec<String>,
    /// Words and phrases none of which may be there.
    #[serde(default)]
    pub keywords_none: Vec<String>,
    /// The server's code for it.
    #[serde(default)]
    pub code: Option<String>,
    /// A regular expression (linear time) by which it is recognised.
    #[serde(default)]
    pub regex: Option<String>,
    /// A filter (see `query`) that the Log must satisfy.
    #[serde(default)]
    pub conditions: Option<String>,
    /// Its status.
    #[serde(default)]
    pub status: Option<StatusCode>,
    /// Where it stands in its life.
    #[serde(default)]
    pub state: LifeCycle,
    /// The group of unknown errors it was made from.
    #[serde(default)]
    pub from_group: Option<GroupId>,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime,
    /// Last change.
    pub updated_at: DateTime,
    /// Number of Logs that carry it; recounted from the Logs.
    #[serde(default)]
    pub count: i64,
    /// Date of the latest Log that carries it.
    #[serde(default)]
    pub last_seen: Option<DateTime>,
}

/// A remedy for a known error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// From the known error and the text.
    #[serde(rename = "_id")]
    pub id: AnswerId,
    /// The known error it answers.
    pub known_error_id: KnownErrorId,
    /// Place among the answers as written, from 0; answers that worked more often are shown first.
    pub position: i32,
    /// What to do.
    pub text: String,
    /// The same in Ukrainian.
    #[serde(default)]
    pub text_uk: Option<String>,
    /// How often it was said to have worked.
    #[serde(default)]
    pub n_worked: i64,
    /// How often it was said not to have worked.
    #[serde(default)]
    pub n_failed: i64,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_at: DateTime,
}

impl Answer {
    /// The identifier of an answer with this text.
    pub fn id_for(known_error: &KnownErrorId, text: &str) -> AnswerId {
        AnswerId::from_content(&[known_error.as_str().as_bytes(), text.as_bytes()])
    }
}
