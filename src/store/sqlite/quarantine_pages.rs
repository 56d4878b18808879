//! Quarantine across files, newest first.

use async_trait::async_trait;
use bson::RawDocument;

use super::{SqliteStore, execute, fault, select, select_one};
use crate::{
    domain::{BranchCode, LogFileId, QuarantineId, Quarantined},
    store::{QuarantineCursor, QuarantinePageStore, Result},
};

/// No piece is cut to less than this: documents that are shorter need not be read to know that they hold a whole one.
const SHORTEST_CUT: usize = 16 << 10;

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

    async fn has_cut_quarantined(&self, file: &LogFileId) -> Result<bool> {
        let file = file.bytes();
        let sql = format!("SELECT doc FROM \"Quarantine\" WHERE log_file_id = ?1 AND LENGTH(doc) > {SHORTEST_CUT}");
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(&sql).map_err(fault)?;
            let mut rows = statement.query([file]).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                let bytes: Vec<u8> = row.get(0).map_err(fault)?;
                let Ok(piece) = RawDocument::from_bytes(&bytes) else { continue };
                let n_kept = piece.get_binary("raw").map_or(0, |raw| raw.bytes.len());
                if piece.get_i64("size_bytes").is_ok_and(|size| size > i64::try_from(n_kept).unwrap_or(i64::MAX)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }

    async fn delete_quarantined(&self, id: &QuarantineId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Quarantine\" WHERE _id = ?1", [id])? > 0)).await
    }
}
