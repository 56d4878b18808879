//! Taking a file back.

use std::collections::BTreeSet;

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    SqliteStore,
    counts::{self, Counts, counted},
    execute, fault, insert, row, sources,
};
use crate::{
    domain::{LogFileId, LogId, Remains, given_to, remains},
    store::{RemovalStore, Removed, Result},
};

/// Logs that a file brought, or completed or repeated; those that it brought come first.
fn given_by(connection: &Connection, file: LogFileId, limit: i64) -> Result<Vec<LogId>> {
    let sql = "SELECT _id FROM \"Log\" WHERE log_file_id = ?1 UNION ALL SELECT log_id FROM \"LogSource\" WHERE log_file_id = ?1 LIMIT ?2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let ids = statement.query_map((file.bytes(), limit), |row| row.get::<_, [u8; 12]>(0));
    let ids: BTreeSet<_> = ids.and_then(Iterator::collect).map_err(fault)?;
    Ok(ids.into_iter().map(|id| LogId(id.into())).collect())
}

fn take_back(connection: &Connection, counts: &mut Counts, id: LogId, file: LogFileId, removed: &mut Removed) -> Result<()> {
    let Some(bytes) = sources::find(connection, id)? else { return sources::forget(connection, id) };
    let log = insert::document(&bytes, id)?;
    match remains(log, file, &sources::noted(connection, id)?) {
        Remains::Nothing => {
            removed.n_logs += 1;
            removed.counted(log);
            counts::delete(connection, counts, &id.bytes())?;
            sources::forget(connection, id)
        }
        Remains::All(to) => {
            if log.get_object_id("log_file_id").is_ok_and(|owner| owner == file.0) {
                row::update(connection, counts, id, log, given_to(log, to).document())?;
            }
            sources::hand_over(connection, id, file, to)
        }
        Remains::Half(half) => {
            removed.n_halved += 1;
            removed.counted(log);
            row::update(connection, counts, id, log, half.document())?;
            let to = half.document().get_object_id("log_file_id").map_or(file, LogFileId);
            sources::hand_over(connection, id, file, to)
        }
    }
}

#[async_trait]
impl RemovalStore for SqliteStore {
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed> {
        let (file, limit) = (*id, i64::try_from(limit).unwrap_or(i64::MAX));
        self.write(move |tx| {
            counted(tx, |counts| {
                let mut removed = Removed::default();
                for id in given_by(tx, file, limit)? {
                    removed.n_looked_at += 1;
                    take_back(tx, counts, id, file, &mut removed)?;
                }
                Ok(removed)
            })
        })
        .await
    }

    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| {
            execute(tx, "DELETE FROM \"Quarantine\" WHERE log_file_id = ?1", [id])?;
            Ok(execute(tx, "DELETE FROM \"LogFile\" WHERE _id = ?1", [id])? > 0)
        })
        .await
    }
}
