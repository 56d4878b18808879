//! Exchanges.

use std::sync::Arc;

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use super::{
    SqliteStore,
    counts::{Counts, Known, counted},
    execute, fault,
    filter::{Translated, translate},
    insert, row, select_one,
};
use crate::{
    domain::{EncodedLog, GroupId, KnownErrorId, Log, LogFileId, LogId, LogOutcome, Verdict},
    query::Filter,
    store::{FileTally, LogCursor, LogPage, LogStore, LogsFound, Result, StateCount, VerdictChange, plan::plan},
};

/// Logs that are told of their group's verdict in one transaction.
const VERDICTS: usize = 1000;

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

/// Reads a page: steps through the rows that the plan's index gives, and takes those that fit.
fn page(connection: &Connection, wanted: &Wanted) -> Result<LogsFound> {
    let plan = plan(&wanted.filter);
    let asks_method = plan.asks("request.method");
    let Translated { read, fit, exact } = translate(&plan, !asks_method || only_text_methods(connection)?);
    let (mut sql, mut parameters) = ("SELECT _id, date, ".to_owned(), Vec::new());
    if fit.sql.is_empty() {
        sql.push_str("doc");
    } else {
        // A row that does not fit is counted without its document being read.
        sql.push_str(&format!("CASE WHEN {} THEN doc END", fit.sql));
        parameters.extend(fit.parameters);
    }
    sql.push_str(" FROM \"Log\" WHERE ");
    sql.push_str(if read.sql.is_empty() { "1" } else { &read.sql });
    parameters.extend(read.parameters);
    if let Some(after) = wanted.after {
        sql.push_str(" AND date <= ? AND (date, _id) < (?, ?)");
        let date = Sql::Integer(after.date.timestamp_millis());
        parameters.extend([date.clone(), date, Sql::Blob(after.id.bytes().to_vec())]);
    }
    sql.push_str(" ORDER BY date DESC, _id DESC");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
    let (mut found, mut scanned, mut last) = (LogsFound::default(), 0, None);
    while let Some(row) = rows.next().map_err(fault)? {
        let is_full = found.logs.len() == wanted.limit;
        if is_full || scanned == wanted.scan_limit {
            (found.next, found.incomplete) = (last, !is_full);
            break;
        }
        scanned += 1;
        let read = || -> rusqlite::Result<([u8; 12], i64)> { Ok((row.get(0)?, row.get(1)?)) };
        let (id, date) = read().map_err(fault)?;
        let id = LogId(id.into());
        last = Some(LogCursor { date: DateTime::from_millis(date), id });
        let Some(bytes) = row.get_ref(2).and_then(|value| Ok(value.as_blob_or_null()?)).map_err(fault)? else { continue };
        let document = insert::document(bytes, id)?;
        if exact || wanted.filter.accepts(document) {
            found.logs.push(document.to_owned());
        }
    }
    Ok(found)
}

/// Whether no Log has something else than a text as its method.
pub(super) fn only_text_methods(connection: &Connection) -> Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM \"Log\" WHERE method = ?1)";
    connection.prepare_cached(sql).and_then(|mut sql| sql.query_row([row::OTHER_METHOD], |row| row.get(0))).map_err(fault)
}

/// A page that is asked for, owned.
pub(super) struct Wanted {
    pub(super) filter: Filter,
    pub(super) limit: usize,
    pub(super) after: Option<LogCursor>,
    pub(super) scan_limit: usize,
}

impl Wanted {
    pub(super) fn of(page: &LogPage<'_>) -> Self {
        let &LogPage { filter, limit, after, scan_limit } = page;
        Self { filter: filter.clone(), limit, after, scan_limit }
    }
}

#[async_trait]
impl LogStore for SqliteStore {
    async fn insert_logs(&self, logs: &Arc<[EncodedLog]>) -> Result<Vec<LogOutcome>> {
        if self.forgets_logs {
            return Ok(vec![LogOutcome::New; logs.len()]);
        }
        let logs = logs.clone();
        self.write(move |tx| counted(tx, |counts| logs.iter().map(|log| insert::store(tx, counts, log)).collect())).await
    }

    async fn find_log(&self, id: &LogId) -> Result<Option<Log>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "Log", "SELECT doc FROM \"Log\" WHERE _id = ?1", [id])).await
    }

    async fn list_logs(&self, wanted: &LogPage<'_>) -> Result<LogsFound> {
        let wanted = Wanted::of(wanted);
        self.read(move |tx| page(tx, &wanted)).await
    }

    async fn count_log_file(&self, id: &LogFileId) -> Result<i64> {
        let id = id.bytes();
        let sql = "SELECT COUNT(*) FROM \"Log\" WHERE log_file_id = ?1";
        self.read(move |tx| tx.query_row(sql, [id], |row| row.get(0)).map_err(fault)).await
    }

    async fn tally_log_file(&self, id: &LogFileId) -> Result<FileTally> {
        let id = id.bytes();
        self.read(move |tx| {
            let known = "SELECT known_error_id, COUNT(*) FROM \"Log\" WHERE has_error AND log_file_id = ?1 AND known_error_id IS NOT NULL
                GROUP BY 1 ORDER BY 2 DESC, 1";
            let known = rows(tx, known, [id], |row| Ok((KnownErrorId(row.get(0)?), row.get(1)?)))?;
            let unknown = "SELECT group_id, COUNT(*) FROM \"Log\" WHERE has_error AND log_file_id = ?1 AND known_error_id IS NULL
                AND group_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1";
            let unknown = rows(tx, unknown, [id], |row| Ok((GroupId(row.get::<_, [u8; 12]>(0)?.into()), row.get(1)?)))?;
            Ok(FileTally { known, unknown })
        })
        .await
    }

    async fn update_verdicts(&self, group: &GroupId, verdict: &Verdict) -> Result<u64> {
        let group = group.bytes();
        let known = verdict.known_error_id.as_ref().map(ToString::to_string);
        let mut n_changed = 0;
        loop {
            let (sql, wanted) = ("SELECT _id FROM \"Log\" WHERE group_id = ?1 AND known_error_id IS NOT ?2", (group, known.clone()));
            let others: Vec<[u8; 12]> = self.read(move |tx| rows(tx, sql, wanted, |row| row.get(0))).await?;
            if others.is_empty() {
                return Ok(n_changed);
            }
            // In short transactions, so that ingestion goes on; the group's flag brings a crash's remainder back.
            for ids in others.chunks(VERDICTS) {
                let (ids, known, verdict) = (ids.to_vec(), known.clone(), verdict.clone());
                let give = move |tx: &rusqlite::Transaction<'_>| -> Result<u64> {
                    let give =
                        |counts: &mut Counts, id: [u8; 12]| give_verdict(tx, counts, LogId(id.into()), group, known.as_deref(), &verdict);
                    counted(tx, |counts| ids.iter().map(|id| give(counts, *id)).sum())
                };
                n_changed += self.write(give).await?;
            }
        }
    }

    async fn change_verdicts(&self, changes: &[VerdictChange]) -> Result<u64> {
        let mut n_changed = 0;
        for changes in changes.chunks(VERDICTS) {
            let changes = changes.to_vec();
            let change = move |tx: &rusqlite::Transaction<'_>| -> Result<u64> {
                counted(tx, |counts| changes.iter().map(|change| change_verdict(tx, counts, change)).sum())
            };
            n_changed += self.write(change).await?;
        }
        Ok(n_changed)
    }

    async fn count_states(&self) -> Result<Vec<StateCount>> {
        self.read(|tx| {
            let sql = "SELECT branch, normal, known, unknown FROM \"StateCount\" WHERE normal + known + unknown > 0 ORDER BY branch";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            let state = |(branch, normal, known, unknown): (String, i64, i64, i64)| {
                Some(StateCount { branch: branch.parse().ok()?, normal, known, unknown })
            };
            Ok(rows(tx, sql, [], read)?.into_iter().filter_map(state).collect())
        })
        .await
    }
}

/// A stored Log whose verdict is to change: its document, its branch, and what was known of its error.
fn judged(connection: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<(Vec<u8>, String, Known)>> {
    let sql = format!("SELECT doc, branch, has_error, known_error_id FROM \"Log\" WHERE {condition}");
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, Known::read(row, 2, 3)?));
    Ok(rows(connection, &sql, params, read)?.pop())
}

/// Counts a Log whose verdict changed.
fn recount(counts: &mut Counts, branch: &str, was: Known, is_known: bool) {
    counts.remove(branch, was);
    counts.add(branch, Known::of(was != Known::Normal, is_known));
}

/// Gives one Log of the group this verdict; 1 when it had another.
fn give_verdict(
    connection: &Connection,
    counts: &mut Counts,
    id: LogId,
    group: [u8; 12],
    known: Option<&str>,
    verdict: &Verdict,
) -> Result<u64> {
    let condition = "_id = ?1 AND group_id = ?2 AND known_error_id IS NOT ?3";
    let Some((bytes, branch, was)) = judged(connection, condition, (id.bytes(), group, known))? else { return Ok(0) };
    let changed = EncodedLog::with_verdict(insert::document(&bytes, id)?, verdict);
    let sql = "UPDATE \"Log\" SET known_error_id = ?2, doc = ?3 WHERE _id = ?1";
    execute(connection, sql, (id.bytes(), known, changed.bytes()))?;
    recount(counts, &branch, was, known.is_some());
    Ok(1)
}

/// Gives one Log another verdict; 1 when its known error was the one named.
fn change_verdict(connection: &Connection, counts: &mut Counts, change: &VerdictChange) -> Result<u64> {
    let was = change.was.as_ref().map(|known| known.as_str());
    let condition = "_id = ?1 AND known_error_id IS ?2";
    let Some((bytes, branch, before)) = judged(connection, condition, (change.log.bytes(), was))? else { return Ok(0) };
    let changed = EncodedLog::with_verdict(insert::document(&bytes, change.log)?, &change.verdict);
    let known = change.verdict.known_error_id.as_ref().map(|known| known.as_str());
    let group = change.verdict.group_id.map(|group| group.bytes());
    let sql = "UPDATE \"Log\" SET known_error_id = ?2, group_id = ?3, doc = ?4 WHERE _id = ?1";
    execute(connection, sql, (change.log.bytes(), known, group, changed.bytes()))?;
    recount(counts, &branch, before, known.is_some());
    Ok(1)
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;
    use crate::store::AdminStore;

    #[tokio::test]
    async fn what_is_forgotten_is_new_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), std::time::Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let id = LogId(bson::oid::ObjectId::new());
        let log = rawdoc! { "_id": id.0, "branch": "K1", "state": "complete" };
        let logs: Arc<[EncodedLog]> = vec![EncodedLog::from_document(log).unwrap()].into();
        let forgetful = store.clone().forgetting_logs();
        for _ in 0..2 {
            assert_eq!(forgetful.insert_logs(&logs).await.unwrap(), [LogOutcome::New]);
        }
        assert!(store.find_log(&id).await.unwrap().is_none());
        assert_eq!(store.insert_logs(&logs).await.unwrap(), [LogOutcome::New]);
    }
}
