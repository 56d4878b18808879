//! What analysts do with the groups of unknown errors: the queue they work through, and the notes they leave.

use async_trait::async_trait;
use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::domain::{Activity, BranchCode, Bulk, BulkId, GroupId, GroupState, LogError, Standing, Times};

/// A page of the queue. Groups whose messages belong to another one by now are in no page.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Only groups in this state.
    pub state: Option<GroupState>,
    /// Only those that came back after they were set aside, or only the others.
    pub review: Option<bool>,
    /// Only those that this person, or nobody, deals with.
    pub whose: Whose,
    /// Only those that this branch had.
    pub branch: Option<BranchCode>,
    /// Only those that exchanges of this method had.
    pub method: Option<String>,
    /// Only these.
    pub among: Option<Vec<GroupId>>,
    /// None that has one of these.
    pub without: Unwanted,
    /// Only those whose common text holds all of these, whatever the case.
    pub words: Vec<String>,
    /// Only those that were seen at this moment or later.
    pub since: Option<DateTime>,
    /// Only those that were seen before this moment.
    pub before: Option<DateTime>,
    /// In which order.
    pub order: QueueOrder,
    /// Only what comes after this place in the order.
    pub after: Option<QueueCursor>,
    /// At most this many.
    pub limit: usize,
}

/// What the groups of a page may not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unwanted {
    /// Branches that had it.
    pub branches: Vec<BranchCode>,
    /// Methods of its exchanges.
    pub methods: Vec<String>,
    /// Who deals with it; `None` is nobody.
    pub assignees: Vec<Option<String>>,
}

/// Who deals with the groups of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Anybody or nobody.
    #[default]
    Any,
    /// Nobody.
    Nobody,
    /// This person.
    Person(String),
}

/// The order of a page; equal ones by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// The most frequent first.
    #[default]
    Count,
    /// The last seen first.
    LastSeen,
    /// The youngest first.
    FirstSeen,
}

/// A place in the order of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCursor {
    /// Count, or milliseconds of the date; the least number where there is none.
    pub key: i64,
    /// The group.
    pub id: GroupId,
}

impl std::fmt::Display for QueueCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.key, self.id)
    }
}

impl std::str::FromStr for QueueCursor {
    type Err = ();

    /// `23_<id>`: whatever is counted in the meantime, the next page begins behind this place.
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (key, id) = text.split_once('_').ok_or(())?;
        Ok(Self { key: key.parse().map_err(drop)?, id: id.parse().map_err(drop)? })
    }
}

impl QueueOrder {
    /// The place of a group.
    pub fn place(self, group: &LogError) -> QueueCursor {
        let date = |date: Option<DateTime>| date.map_or(i64::MIN, DateTime::timestamp_millis);
        let key = match self {
            Self::Count => group.count,
            Self::LastSeen => date(group.last_seen),
            Self::FirstSeen => date(group.first_seen),
        };
        QueueCursor { key, id: group.id }
    }
}

/// How many groups stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCount {
    /// In this state.
    pub state: GroupState,
    /// Came back.
    pub review: bool,
    /// Dealt with by this person.
    pub assignee: Option<String>,
    /// Number of groups.
    pub n: i64,
}

/// Working through the groups of unknown errors.
#[async_trait]
pub trait TriageStore {
    /// A page of the queue.
    async fn list_queue(&self, queue: &Queue) -> Result<Vec<LogError>>;
    /// How many groups stand how; those merged into others are left out.
    async fn count_queue(&self) -> Result<Vec<QueueCount>>;
    /// Changes where a group stands, if it still stands where it did; false where it does not.
    async fn change_standing(&self, id: &GroupId, was: &Standing, is: &Standing) -> Result<bool>;
    /// When the group came how often, as [`super::LogErrorStore::recount_log_errors`] counted it last.
    async fn find_times(&self, id: &GroupId) -> Result<Times>;
}

/// What was done and said.
#[async_trait]
pub trait ActivityStore {
    /// Notes activities; those that are noted already stay as they are.
    async fn insert_activities(&self, activities: &[Activity]) -> Result<()>;
    /// The latest activities of a group, the latest first.
    async fn list_activities(&self, group: &GroupId, limit: usize) -> Result<Vec<Activity>>;
    /// Keeps a change of many groups, replacing the one with its id.
    async fn save_bulk(&self, bulk: &Bulk) -> Result<()>;
    /// The change with this id.
    async fn find_bulk(&self, id: &BulkId) -> Result<Option<Bulk>>;
}
