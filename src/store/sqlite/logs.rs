//! Exchanges.

use async_trait::async_trait;
use bson::{DateTime, RawDocumentBuf};
use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use super::{
    SqliteStore, decode, fault,
    filter::{Narrowed, narrow},
    insert, select_one,
};
use crate::{
    domain::{EncodedLog, GroupId, KnownErrorId, Log, LogFileId, LogId, LogOutcome, Verdict},
    query::Filter,
    store::{FileTally, LogCursor, LogPage, LogStore, LogsFound, Result, StateCount},
};

/// Rows of a query whose columns are counted.
fn rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    statement.query_map(params, read).and_then(Iterator::collect).map_err(fault)
}

/// A page of Logs and whether the scan limit ended it.
fn page(connection: &Connection, filter: &Filter, limit: usize, after: Option<LogCursor>, scan_limit: usize) -> Result<LogsFound> {
    let Narrowed { sql: conditions, parameters, exact } = narrow(filter);
    let mut sql = format!("SELECT _id, date, doc FROM \"Log\" WHERE 1{conditions}");
    let mut parameters = parameters;
    if let Some(after) = after {
        sql.push_str(" AND (date, _id) < (?, ?)");
        parameters.extend([Sql::Integer(after.date.timestamp_millis()), Sql::Blob(after.id.bytes().to_vec())]);
    }
    sql.push_str(" ORDER BY date DESC, _id DESC");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
    let (mut found, mut scanned, mut last) = (LogsFound::default(), 0, None);
    while let Some(row) = rows.next().map_err(fault)? {
        let read = || -> rusqlite::Result<([u8; 12], i64)> { Ok((row.get(0)?, row.get(1)?)) };
        let (id, date) = read().map_err(fault)?;
        let id = LogId(id.into());
        if found.logs.len() == limit {
            found.next = last;
            return Ok(found);
        }
        if scanned == scan_limit {
            found.next = last;
            found.incomplete = true;
            return Ok(found);
        }
        scanned += 1;
        last = Some(LogCursor { date: DateTime::from_millis(date), id });
        let bytes = row.get_ref(2).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?;
        let document = insert::document(bytes, id)?;
        if exact || filter.accepts(document) {
            found.logs.push(document.to_owned());
        }
    }
    Ok(found)
}

#[async_trait]
impl LogStore for SqliteStore {
    async fn insert_logs(&self, logs: &[EncodedLog]) -> Result<Vec<LogOutcome>> {
        let logs = logs.to_vec();
        self.write(move |tx| logs.iter().map(|log| insert::store(tx, log)).collect()).await
    }

    async fn find_log(&self, id: &LogId) -> Result<Option<Log>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "Log", "SELECT doc FROM \"Log\" WHERE _id = ?1", [id])).await
    }

    async fn list_logs(&self, wanted: &LogPage<'_>) -> Result<LogsFound> {
        let (filter, limit, after, scan_limit) = (wanted.filter.clone(), wanted.limit, wanted.after, wanted.scan_limit);
        self.read(move |tx| page(tx, &filter, limit, after, scan_limit)).await
    }

    async fn count_logs(&self, filter: &Filter, limit: usize) -> Result<usize> {
        let filter = filter.clone();
        self.read(move |tx| {
            let Narrowed { sql, mut parameters, exact } = narrow(&filter);
            if exact {
                parameters.push(Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
                let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM \"Log\" WHERE 1{sql} LIMIT ?)");
                let n: i64 = tx.query_row(&sql, params_from_iter(parameters), |row| row.get(0)).map_err(fault)?;
                return Ok(usize::try_from(n).unwrap_or_default());
            }
            let mut statement = tx.prepare_cached(&format!("SELECT doc FROM \"Log\" WHERE 1{sql}")).map_err(fault)?;
            let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
            let mut n = 0;
            while let Some(row) = rows.next().map_err(fault)? {
                let bytes = row.get_ref(0).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?;
                let document = RawDocumentBuf::from_bytes(bytes.to_vec());
                n += usize::from(document.is_ok_and(|document| filter.accepts(&document)));
                if n >= limit {
                    break;
                }
            }
            Ok(n)
        })
        .await
    }

    async fn tally_log_file(&self, id: &LogFileId) -> Result<FileTally> {
        let id = id.bytes();
        self.read(move |tx| {
            let sql = "SELECT COUNT(*), COALESCE(SUM(has_error), 0) FROM \"Log\" WHERE log_file_id = ?1";
            let (logs, errors) = tx.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fault)?;
            let known = "SELECT known_error_id, COUNT(*) FROM \"Log\" WHERE log_file_id = ?1 AND known_error_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1";
            let known = rows(tx, known, [id], |row| Ok((KnownErrorId(row.get(0)?), row.get(1)?)))?;
            let unknown = "SELECT group_id, COUNT(*) FROM \"Log\" WHERE log_file_id = ?1 AND known_error_id IS NULL AND group_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1";
            let unknown = rows(tx, unknown, [id], |row| Ok((GroupId(row.get::<_, [u8; 12]>(0)?.into()), row.get(1)?)))?;
            Ok(FileTally { logs, errors, known, unknown })
        })
        .await
    }

    async fn update_verdicts(&self, group: &GroupId, verdict: &Verdict) -> Result<u64> {
        let (group, verdict) = (group.bytes(), verdict.clone());
        self.write(move |tx| {
            let known = verdict.known_error_id.as_ref().map(ToString::to_string);
            let sql = "SELECT doc FROM \"Log\" WHERE group_id = ?1 AND known_error_id IS NOT ?2 LIMIT 500";
            let mut changed = 0;
            loop {
                let batch: Vec<Vec<u8>> = rows(tx, sql, (group, &known), |row| row.get(0))?;
                if batch.is_empty() {
                    return Ok(changed);
                }
                for bytes in batch {
                    let mut log: Log = decode("Log", &bytes)?;
                    log.verdict = Some(verdict.clone());
                    let document = RawDocumentBuf::from_bytes(super::encode("Log", &log)?);
                    let document = document.map_err(|error| crate::store::Error::Corrupt {
                        collection: "Log",
                        id: log.id.to_string(),
                        reason: error.to_string(),
                    })?;
                    insert::replace(tx, log.id, &document)?;
                    changed += 1;
                }
            }
        })
        .await
    }

    async fn count_states(&self) -> Result<Vec<StateCount>> {
        self.read(|tx| {
            let sql = "SELECT branch, SUM(NOT has_error), SUM(has_error AND known_error_id IS NOT NULL), SUM(has_error AND known_error_id IS NULL)
                FROM \"Log\" GROUP BY branch ORDER BY branch";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            let counts = rows(tx, sql, [], read)?;
            let state = |(branch, normal, known, unknown): (String, i64, i64, i64)| {
                branch.parse().ok().map(|branch| StateCount { branch, normal, known, unknown })
            };
            Ok(counts.into_iter().filter_map(state).collect())
        })
        .await
    }
}
