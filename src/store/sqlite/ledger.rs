//! Records of files and streams, many at a time.

use async_trait::async_trait;
use bson::{DateTime, RawDocument};
use rusqlite::{Connection, Row};

use super::{SqliteStore, fault, log_files, select};
use crate::{
    domain::{BranchCode, Brought, FirstBrought, Ledger, LedgerCounts, LogFile, LogFileId},
    store::{Error, LedgerStore, Result},
};

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()> {
        let rows: Vec<_> = files.iter().map(log_files::Row::of).collect::<Result<_>>()?;
        self.write(move |tx| rows.into_iter().try_for_each(|row| row.save(tx))).await
    }

    async fn sum_ledger(&self, branches: Option<&[BranchCode]>, since: DateTime) -> Result<Ledger> {
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let since = since.timestamp_millis();
        self.read(move |tx| sum(tx, branches.as_deref(), since)).await
    }

    async fn count_brought(&self, id: &LogFileId) -> Result<Brought> {
        let id = *id;
        self.read(move |tx| brought(tx, id)).await
    }

    async fn list_left_log_files(&self, before: DateTime, limit: usize) -> Result<Vec<LogFile>> {
        let key = (before.timestamp_millis(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"LogFile\" WHERE open_at < ?1 ORDER BY open_at, _id LIMIT ?2";
        self.read(move |tx| select(tx, "LogFile", sql, key)).await
    }

    async fn close_left_log_file(&self, file: &LogFile, written: DateTime) -> Result<bool> {
        let (row, key) = (log_files::Row::of(file)?, (file.id.bytes(), written.timestamp_millis()));
        let sql = "SELECT EXISTS (SELECT 1 FROM \"LogFile\" WHERE _id = ?1 AND open_at = ?2)";
        self.write(move |tx| {
            let is_left: bool = tx.query_row(sql, key, |row| row.get(0)).map_err(fault)?;
            if is_left {
                row.save(tx)?;
            }
            Ok(is_left)
        })
        .await
    }
}

/// Logs of which the columns say all: they carry no error, and are not whole or could not have been completed, as events are.
const PLAIN: &str = "has_error = 0 AND known_error_id IS NULL
    AND (state <> 'complete' OR message_id IS NULL AND pairing_key IS NULL AND response_half IS NULL)";

/// Counts the Logs that the file brought, and those of others that it gave a half. Documents are read where the columns do not say enough.
fn brought(connection: &Connection, id: LogFileId) -> Result<Brought> {
    let sql = format!("SELECT COUNT(*), COUNT(*) FILTER (WHERE state = 'complete') FROM \"Log\" WHERE log_file_id = ?1 AND ({PLAIN})");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let (new, complete) = statement.query_row([id.bytes()], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fault)?;
    let mut brought = Brought { new, completed: 0, first: FirstBrought { complete, ..FirstBrought::default() } };
    let sql = format!(
        "SELECT doc FROM \"Log\" WHERE log_file_id = ?1 AND NOT ({PLAIN}) UNION ALL SELECT doc FROM \"Log\" WHERE log_file_id <> ?1
        AND NOT ({PLAIN}) AND _id IN (SELECT log_id FROM \"LogSource\" WHERE log_file_id = ?1)"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query([id.bytes()]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        let bytes = row.get_ref(0).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?;
        // A document that is damaged is told of by whoever reads it.
        if let Ok(log) = RawDocument::from_bytes(bytes) {
            brought.add(log, id);
        }
    }
    Ok(brought)
}

/// A sum for each branch and day.
fn sum(connection: &Connection, branches: Option<&str>, since: i64) -> Result<Ledger> {
    let sql = "SELECT branch, created_at / 86400000, MAX(arrived_at), SUM(bytes), SUM(received), SUM(parsed), SUM(paired), SUM(duplicate),
            SUM(quarantined), SUM(known), SUM(unknown), SUM(lost)
        FROM \"LogFile\" WHERE created_at >= ?2 AND (?1 IS NULL OR branch IN (SELECT value FROM json_each(?1))) GROUP BY 1, 2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query((branches, since)).map_err(fault)?;
    let mut ledger = Ledger::default();
    while let Some(row) = rows.next().map_err(fault)? {
        let (branch, day, last, counts) = day(row).map_err(fault)?;
        let code = branch.parse().map_err(|_| Error::Corrupt { collection: "LogFile", id: branch, reason: "no branch code".to_owned() })?;
        ledger.add(code, day, DateTime::from_millis(last), &counts);
    }
    Ok(ledger)
}

fn day(row: &Row<'_>) -> rusqlite::Result<(String, i64, i64, LedgerCounts)> {
    let counts = LedgerCounts {
        bytes: row.get(3)?,
        received: row.get(4)?,
        parsed: row.get(5)?,
        paired: row.get(6)?,
        duplicate: row.get(7)?,
        quarantined: row.get(8)?,
        known: row.get(9)?,
        unknown: row.get(10)?,
        lost: row.get(11)?,
    };
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, counts))
}
