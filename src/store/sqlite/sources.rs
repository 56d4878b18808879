//! Which file gave which Log: the table `LogSource`, and what follows from it.

use async_trait::async_trait;
use bson::{RawDocument, RawDocumentBuf};
use rusqlite::Connection;

use super::{SqliteStore, execute, fault, insert, select_one};
use crate::{
    domain::{EncodedLog, GroupId, Halves, LogError, LogFileId, LogId, LogSource},
    store::{Result, SourceStore, Weighed},
};

/// Notes that a file gave halves of a Log that is there; `completes` when the Log waited for one of them.
pub(super) fn note(connection: &Connection, id: LogId, stored: &RawDocument, incoming: &EncodedLog, completes: bool) -> Result<()> {
    let (Some(owner), Some(file)) = (LogSource::owner(stored), LogSource::owner(incoming.document())) else { return Ok(()) };
    if owner.file == file.file {
        // The file that the Log names gave all of it, unless something else is noted.
        let sql = "UPDATE \"LogSource\" SET request_half = COALESCE(?3, request_half), response_half = COALESCE(?4, response_half)
            WHERE log_id = ?1 AND log_file_id = ?2";
        return execute(connection, sql, (id.bytes(), file.file.bytes(), file.halves.request, file.halves.response)).map(drop);
    }
    if completes {
        upsert(connection, id, &owner, owner.file)?;
    }
    upsert(connection, id, &file, owner.file)
}

fn upsert(connection: &Connection, id: LogId, source: &LogSource, owner: LogFileId) -> Result<()> {
    let Halves { request, response } = source.halves;
    let sql = "INSERT INTO \"LogSource\" (log_id, log_file_id, owner, request_half, response_half) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (log_id, log_file_id) DO UPDATE SET request_half = COALESCE(excluded.request_half, request_half),
        response_half = COALESCE(excluded.response_half, response_half)";
    execute(connection, sql, (id.bytes(), source.file.bytes(), owner.bytes(), request, response)).map(drop)
}

/// What is noted of a Log.
pub(super) fn noted(connection: &Connection, id: LogId) -> Result<Vec<LogSource>> {
    let sql = "SELECT log_file_id, request_half, response_half FROM \"LogSource\" WHERE log_id = ?1 ORDER BY log_file_id";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let read = |row: &rusqlite::Row<'_>| {
        let halves = Halves { request: row.get(1)?, response: row.get(2)? };
        Ok(LogSource { file: LogFileId(row.get::<_, [u8; 12]>(0)?.into()), halves })
    };
    statement.query_map([id.bytes()], read).and_then(Iterator::collect).map_err(fault)
}

/// Forgets what is noted of a Log that is gone.
pub(super) fn forget(connection: &Connection, id: LogId) -> Result<()> {
    execute(connection, "DELETE FROM \"LogSource\" WHERE log_id = ?1", [id.bytes()]).map(drop)
}

/// Forgets what a file gave of a Log, which names this file now.
pub(super) fn hand_over(connection: &Connection, id: LogId, from: LogFileId, to: LogFileId) -> Result<()> {
    execute(connection, "DELETE FROM \"LogSource\" WHERE log_id = ?1 AND log_file_id = ?2", (id.bytes(), from.bytes()))?;
    execute(connection, "UPDATE \"LogSource\" SET owner = ?2 WHERE log_id = ?1", (id.bytes(), to.bytes())).map(drop)
}

/// Logs that a file gave beside others: those that name it, and those that it completed or repeated.
fn shared(connection: &Connection, file: LogFileId, limit: usize) -> Result<Vec<LogId>> {
    let sql = "SELECT DISTINCT log_id FROM \"LogSource\" WHERE owner = ?1 OR log_file_id = ?1 ORDER BY log_id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let key = (file.bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
    let ids = statement.query_map(key, |row| row.get::<_, [u8; 12]>(0));
    ids.and_then(|ids| ids.map(|id| id.map(|id| LogId(id.into()))).collect()).map_err(fault)
}

/// The document of a Log.
pub(super) fn find(connection: &Connection, id: LogId) -> Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT doc FROM \"Log\" WHERE _id = ?1").map_err(fault)?;
    let mut rows = statement.query([id.bytes()]).map_err(fault)?;
    rows.next().map_err(fault)?.map(|row| row.get(0)).transpose().map_err(fault)
}

fn weigh(connection: &Connection, file: LogFileId, limit: usize) -> Result<Weighed> {
    let ids = shared(connection, file, limit.saturating_add(1))?;
    let mut weighed = Weighed { incomplete: ids.len() > limit, ..Weighed::default() };
    for id in ids.into_iter().take(limit) {
        let Some(bytes) = find(connection, id)? else { continue };
        let log = insert::document(&bytes, id)?;
        weighed.add(log, file, &noted(connection, id)?);
    }
    Ok(weighed)
}

#[async_trait]
impl SourceStore for SqliteStore {
    async fn find_logs(&self, ids: &[LogId]) -> Result<Vec<RawDocumentBuf>> {
        let ids = ids.to_vec();
        self.read(move |tx| {
            let found = ids.iter().filter_map(|id| Some((*id, find(tx, *id).transpose()?)));
            found.map(|(id, bytes)| Ok(insert::document(&bytes?, id)?.to_owned())).collect()
        })
        .await
    }

    async fn weigh_log_file(&self, id: &LogFileId, limit: usize) -> Result<Weighed> {
        let id = *id;
        self.read(move |tx| weigh(tx, id, limit)).await
    }

    async fn delete_quarantined_of_file(&self, id: &LogFileId) -> Result<()> {
        let id = id.bytes();
        self.write(move |tx| execute(tx, "DELETE FROM \"Quarantine\" WHERE log_file_id = ?1", [id]).map(drop)).await
    }

    async fn delete_empty_log_errors(&self, ids: &[GroupId]) -> Result<usize> {
        let ids = ids.to_vec();
        self.write(move |tx| {
            let mut n_deleted = 0;
            for id in ids {
                let sql =
                    "SELECT doc FROM \"Error\" WHERE _id = ?1 AND count = 0 AND NOT EXISTS (SELECT 1 FROM \"Log\" WHERE group_id = ?1)
                    AND NOT EXISTS (SELECT 1 FROM \"Activity\" WHERE group_id = ?1)";
                let Some(group) = select_one::<LogError>(tx, "Error", sql, [id.bytes()])? else { continue };
                if group.is_untouched() {
                    n_deleted += execute(tx, "DELETE FROM \"Error\" WHERE _id = ?1", [id.bytes()])?;
                }
            }
            Ok(n_deleted)
        })
        .await
    }
}
