//! What people did with groups of unknown errors and said of them.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{Activity, Bulk, BulkId, GroupId},
    store::{ActivityStore, Result},
};

#[async_trait]
impl ActivityStore for SqliteStore {
    async fn insert_activities(&self, activities: &[Activity]) -> Result<()> {
        let row = |activity: &Activity| {
            Ok((activity.id.bytes(), encode("Activity", activity)?, activity.group.bytes(), activity.at.timestamp_millis()))
        };
        let rows = activities.iter().map(row).collect::<Result<Vec<_>>>()?;
        let sql = "INSERT INTO \"Activity\" (_id, doc, group_id, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (_id) DO NOTHING";
        self.write(move |tx| rows.into_iter().try_for_each(|row| execute(tx, sql, row).map(drop))).await
    }

    async fn list_activities(&self, group: &GroupId, limit: usize) -> Result<Vec<Activity>> {
        let key = (group.bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Activity\" WHERE group_id = ?1 ORDER BY at DESC, _id LIMIT ?2";
        self.read(move |tx| select(tx, "Activity", sql, key)).await
    }

    async fn save_bulk(&self, bulk: &Bulk) -> Result<()> {
        let row = (bulk.id.bytes(), encode("Bulk", bulk)?);
        self.write(move |tx| execute(tx, "INSERT OR REPLACE INTO \"Bulk\" (_id, doc) VALUES (?1, ?2)", row).map(drop)).await
    }

    async fn find_bulk(&self, id: &BulkId) -> Result<Option<Bulk>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "Bulk", "SELECT doc FROM \"Bulk\" WHERE _id = ?1", [id])).await
    }
}
