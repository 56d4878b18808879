//! LogError: the document `Error`, one for each group of similar errors that the knowledge base does not know.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, ErrorCode, GroupId, KnownErrorId, LogFileId, LogId, StatusCode, Triage};

/// Where a group stands in the analyst's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    /// Nobody has explained it.
    Unknown,
    /// An analyst explained it: `known_error_id` says how.
    Known,
    /// An analyst decided that it does not matter.
    Ignored,
}

impl LogError {
    /// A group that a message begins, with nothing counted yet.
    pub fn begun(id: GroupId, template: String, pattern: String, message: String, first: (LogFileId, LogId)) -> Self {
        Self {
            id,
            template,
            pattern,
            breadth: 0,
            message,
            code: None,
            state: GroupState::Unknown,
            status: None,
            known_error_id: None,
            count: 0,
            branches: Vec::new(),
            methods: Vec::new(),
            first_seen: None,
            last_seen: None,
            first_log_file_id: first.0,
            example_log_id: first.1,
            relabel_pending: false,
            triage: Triage::default(),
        }
    }

    /// Whether it is only what ingestion made of it: nobody knows it and nobody has dealt with it.
    pub fn is_untouched(&self) -> bool {
        let is_decided = self.status.is_some() || self.known_error_id.is_some() || self.relabel_pending;
        self.state == GroupState::Unknown && !is_decided && self.triage == Triage::default()
    }

    /// The group that a part of this one's messages makes, of which this is one.
    #[must_use]
    pub fn part(&self, id: GroupId, template: String, pattern: String, message: String, example_log_id: LogId) -> Self {
        Self {
            code: self.code.clone(),
            status: self.status,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            ..Self::begun(id, template, pattern, message, (self.first_log_file_id, example_log_id))
        }
    }
}

impl GroupState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Known => "known",
            Self::Ignored => "ignored",
        }
    }

    /// The state of a stored word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Unknown, Self::Known, Self::Ignored].into_iter().find(|state| state.as_str() == word)
    }
}

/// How often a branch had an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchCount {
    /// The branch.
    pub branch: BranchCode,
    /// Number of Logs.
    pub count: i64,
}

/// How often a method failed with an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodCount {
    /// The method of the exchanges' requests.
    pub method: String,
    /// Number of Logs.
    pub count: i64,
}

impl MethodCount {
    /// Methods that a group keeps: a client that makes its methods up may not make the group grow.
    pub const MOST: usize = 20;
}

/// A group of similar unknown errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogError {
    /// From the first message's template; never changes.
    #[serde(rename = "_id")]
    pub id: GroupId,
    /// The messages' common text, variables as `<*>`.
    pub template: String,
    /// The template as its miner serialised it; opaque to everyone else.
    pub pattern: String,
    /// How much the pattern accepts: of two patterns of one group the one with the larger number is the more general.
    #[serde(default)]
    pub breadth: i64,
    /// The first message seen.
    pub message: String,
    /// The first message's code.
    pub code: Option<ErrorCode>,
    /// Where it stands.
    pub state: GroupState,
    /// The status an analyst gave it.
    pub status: Option<StatusCode>,
    /// The known error it became.
    pub known_error_id: Option<KnownErrorId>,
    /// Number of Logs that carry it; recounted from the Logs, never added up.
    pub count: i64,
    /// The same by branch, largest first.
    pub branches: Vec<BranchCount>,
    /// The same by method, largest first; the [`MethodCount::MOST`] largest.
    #[serde(default)]
    pub methods: Vec<MethodCount>,
    /// Date of the earliest Log.
    pub first_seen: Option<DateTime>,
    /// Date of the latest Log.
    pub last_seen: Option<DateTime>,
    /// The file in which it was first found.
    pub first_log_file_id: LogFileId,
    /// The Log to show: the earliest, as far as they are counted.
    pub example_log_id: LogId,
    /// The Logs do not all bear the verdict of `known_error_id` yet; whoever finds this set finishes the work.
    #[serde(default)]
    pub relabel_pending: bool,
    /// Who deals with it, and whether it is set aside.
    #[serde(default)]
    pub triage: Triage,
}
