//! Bytes that could not become Logs.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, fault, select};
use crate::{
    domain::{LogFileId, Quarantined},
    store::{QuarantineStore, Result},
};

#[async_trait]
impl QuarantineStore for SqliteStore {
    async fn insert_quarantined(&self, pieces: &[Quarantined]) -> Result<()> {
        let row = |piece: &Quarantined| {
            let (branch, created_at) = (piece.branch.to_string(), piece.created_at.timestamp_millis());
            Ok((piece.id.bytes(), encode("Quarantine", piece)?, piece.log_file_id.bytes(), piece.offset, branch, created_at))
        };
        let rows: Vec<_> = pieces.iter().map(row).collect::<Result<_>>()?;
        let sql = "INSERT INTO \"Quarantine\" (_id, doc, log_file_id, byte_offset, branch, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (_id) DO NOTHING";
        self.write(move |tx| rows.into_iter().try_for_each(|row| execute(tx, sql, row).map(drop))).await
    }

    async fn list_quarantined(&self, file: &LogFileId, limit: usize) -> Result<Vec<Quarantined>> {
        let key = (file.bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Quarantine\" WHERE log_file_id = ?1 ORDER BY byte_offset LIMIT ?2";
        self.read(move |tx| select(tx, "Quarantine", sql, key)).await
    }

    async fn count_quarantined(&self, file: &LogFileId) -> Result<usize> {
        let file = file.bytes();
        let sql = "SELECT COUNT(*) FROM \"Quarantine\" WHERE log_file_id = ?1";
        let n: i64 = self.read(move |tx| tx.query_row(sql, [file], |row| row.get(0)).map_err(fault)).await?;
        Ok(usize::try_from(n).unwrap_or_default())
    }
}
