//! Which groups changed when: the server notes its clock at each change.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};

use super::{MongoStore, fault};
use crate::store::{ChangePlace, ChangedGroups, FollowStore, Result};

/// How much further back is read than where the last reader began, in milliseconds: a write may be seen some time after the moment that it bears, and
/// the clock of a new primary may be behind.
const MARGIN_MS: i64 = 10_000;

/// The part of an update that notes the change.
pub(super) fn noted() -> Document {
    doc! { "changed_at": true }
}

#[async_trait]
impl FollowStore for MongoStore {
    async fn list_changed_groups(&self, after: Option<ChangePlace>) -> Result<ChangedGroups> {
        let hello = self.database.run_command(doc! { "hello": 1 }).await.map_err(fault)?;
        let now = hello.get_datetime("localTime").map_or(0, |now| now.timestamp_millis());
        let changed = |ChangePlace(place)| doc! { "changed_at": { "$gte": DateTime::from_millis(place) } };
        let groups = self.many("Error", after.map_or_else(Document::new, changed), Document::new(), usize::MAX).await?;
        Ok(ChangedGroups { groups, place: ChangePlace(now - MARGIN_MS) })
    }
}
