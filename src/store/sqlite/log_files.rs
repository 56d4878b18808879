//! Uploaded files.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, select, select_one};
use crate::{
    domain::{BranchCode, LedgerCounts, LogFile, LogFileId},
    store::{LogFileStore, Result},
};

/// A record as it is stored: its document, and beside it by what it is found and what the ledger sums up.
pub(super) struct Row {
    id: [u8; 12],
    document: Vec<u8>,
    branch: String,
    /// When it began, when something of it arrived last, and when it was written last if it is not closed.
    times: (i64, i64, Option<i64>),
    counts: LedgerCounts,
}

impl Row {
    /// The row of a record.
    pub(super) fn of(file: &LogFile) -> Result<Self> {
        Ok(Self {
            id: file.id.bytes(),
            document: encode("LogFile", file)?,
            branch: file.branch.to_string(),
            times: (
                file.created_at.timestamp_millis(),
                file.arrived_at().timestamp_millis(),
                file.open_at().map(bson::DateTime::timestamp_millis),
            ),
            counts: LedgerCounts::of(file),
        })
    }

    /// Saves it, replacing the one with its id.
    pub(super) fn save(self, connection: &Connection) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO \"LogFile\" (_id, doc, branch, created_at, arrived_at, open_at, bytes, received, parsed, paired,
                duplicate, quarantined, known, unknown, lost)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        let Self { id, document, branch, times: (created_at, arrived_at, open_at), counts } = self;
        let LedgerCounts { bytes, received, parsed, paired, duplicate, quarantined, known, unknown, lost } = counts;
        let row = rusqlite::params![
            id,
            document,
            branch,
            created_at,
            arrived_at,
            open_at,
            bytes,
            received,
            parsed,
            paired,
            duplicate,
            quarantined,
            known,
            unknown,
            lost
        ];
        execute(connection, sql, row).map(drop)
    }
}

/// Fills the columns beside all documents.
pub(super) fn rewrite(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("SELECT _id FROM \"LogFile\"").map_err(fault)?;
    let ids: Vec<[u8; 12]> = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(fault)?;
    ids.into_iter().try_for_each(|id| match select_one::<LogFile>(connection, "LogFile", BY_ID, [id])? {
        Some(file) => Row::of(&file)?.save(connection),
        None => Ok(()),
    })
}

const BY_ID: &str = "SELECT doc FROM \"LogFile\" WHERE _id = ?1";

#[async_trait]
impl LogFileStore for SqliteStore {
    async fn save_log_file(&self, file: &LogFile) -> Result<()> {
        let row = Row::of(file)?;
        self.write(move |tx| row.save(tx)).await
    }

    async fn find_log_file(&self, id: &LogFileId) -> Result<Option<LogFile>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "LogFile", BY_ID, [id])).await
    }

    async fn list_log_files(&self, branches: Option<&[BranchCode]>, limit: usize) -> Result<Vec<LogFile>> {
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT doc FROM \"LogFile\" WHERE ?1 IS NULL OR branch IN (SELECT value FROM json_each(?1)) ORDER BY created_at DESC, _id LIMIT ?2";
        self.read(move |tx| select(tx, "LogFile", sql, (branches, limit))).await
    }
}
