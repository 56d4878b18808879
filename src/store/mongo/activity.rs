//! What people did with groups of unknown errors and said of them.

use async_trait::async_trait;
use bson::{Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::{Activity, Bulk, BulkId, GroupId},
    store::{ActivityStore, Result},
};

#[async_trait]
impl ActivityStore for MongoStore {
    async fn insert_activities(&self, activities: &[Activity]) -> Result<()> {
        if activities.is_empty() {
            return Ok(());
        }
        let documents = activities.iter().map(|activity| encode("Activity", activity)).collect::<Result<Vec<_>>>()?;
        match self.collection::<Document>("Activity").insert_many(documents).ordered(false).await {
            Err(error) if !is_duplicate(&error) => Err(fault(error)),
            _ => Ok(()),
        }
    }

    async fn list_activities(&self, group: &GroupId, limit: usize) -> Result<Vec<Activity>> {
        self.many("Activity", doc! { "group": group.0 }, doc! { "at": -1, "_id": 1 }, limit).await
    }

    async fn save_bulk(&self, bulk: &Bulk) -> Result<()> {
        self.save("Bulk", bulk).await
    }

    async fn find_bulk(&self, id: &BulkId) -> Result<Option<Bulk>> {
        self.one("Bulk", doc! { "_id": id.0 }).await
    }
}
