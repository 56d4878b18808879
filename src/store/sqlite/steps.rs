//! What processes learn of groups, in order: the table `GroupStep`.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select};
use crate::{
    domain::GroupStep,
    store::{GroupStepStore, Result},
};

#[async_trait]
impl GroupStepStore for SqliteStore {
    async fn insert_group_step(&self, step: &GroupStep) -> Result<bool> {
        let row = (step.number, encode("GroupStep", step)?);
        let sql = "INSERT INTO \"GroupStep\" (_id, doc) VALUES (?1, ?2) ON CONFLICT (_id) DO NOTHING";
        self.write(move |tx| Ok(execute(tx, sql, row)? > 0)).await
    }

    async fn list_group_steps(&self, after: i64, limit: usize) -> Result<Vec<GroupStep>> {
        let sql = "SELECT doc FROM \"GroupStep\" WHERE _id > ?1 ORDER BY _id LIMIT ?2";
        let key = (after, i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(move |tx| select(tx, "GroupStep", sql, key)).await
    }
}
