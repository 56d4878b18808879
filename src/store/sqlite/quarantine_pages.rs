//! Quarantine across files, newest first.

use async_trait::async_trait;

use super::{SqliteStore, execute, select, select_one};
use crate::{
    domain::{BranchCode, QuarantineId, Quarantined},
    store::{QuarantineCursor, QuarantinePageStore, Result},
};

#[async_trait]
impl QuarantinePageStore for SqliteStore {
    async fn list_quarantine_page(
        &self,
        branch: Option<&BranchCode>,
        after: Option<QuarantineCursor>,
        limit: usize,
    ) -> Result<Vec<Quarantined>> {
        let (date, id) = after.map_or((i64::MAX, [0xFF; 12]), |after| (after.date.timestamp_millis(), after.id.bytes()));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let end = "(created_at, _id) < (?1, ?2) ORDER BY created_at DESC, _id DESC LIMIT ?3";
        match branch.map(ToString::to_string) {
            Some(branch) => {
                let sql = format!("SELECT doc FROM \"Quarantine\" WHERE branch = ?4 AND {end}");
                self.read(move |tx| select(tx, "Quarantine", &sql, (date, id, limit, branch))).await
            }
            None => {
                let sql = format!("SELECT doc FROM \"Quarantine\" WHERE {end}");
                self.read(move |tx| select(tx, "Quarantine", &sql, (date, id, limit))).await
            }
        }
    }

    async fn find_quarantined(&self, id: &QuarantineId) -> Result<Option<Quarantined>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "Quarantine", "SELECT doc FROM \"Quarantine\" WHERE _id = ?1", [id])).await
    }

    async fn delete_quarantined(&self, id: &QuarantineId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Quarantine\" WHERE _id = ?1", [id])? > 0)).await
    }
}
