//! What other processes changed, read from where one stopped: so that following a store costs what changes, not what it holds.

use async_trait::async_trait;

use super::Result;
use crate::domain::LogError;

/// Where a reader of changes stopped; only the store that gave it knows what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace(pub(super) i64);

/// Groups that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedGroups {
    /// The groups as they are now, in no order.
    pub groups: Vec<LogError>,
    /// Where to read on.
    pub place: ChangePlace,
}

/// Following the changes of others.
#[async_trait]
pub trait FollowStore {
    /// Groups that are new, or whose pattern or decision was written since the place, or (`None`) all. Each change is told at least once; one may be told again.
    async fn list_changed_groups(&self, after: Option<ChangePlace>) -> Result<ChangedGroups>;
}
