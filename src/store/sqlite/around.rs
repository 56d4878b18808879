//! What happened after a Log.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use super::{
    SqliteStore, fault,
    filter::{Translated, translate},
    insert, logs,
};
use crate::{
    domain::LogId,
    query::Filter,
    store::{AroundStore, LogCursor, LogPage, LogsFound, Result, plan::plan},
};

/// Steps through the rows that the plan's index gives, the oldest first, and takes those that fit.
fn later(connection: &Connection, filter: &Filter, after: Option<LogCursor>, limit: usize, scan_limit: usize) -> Result<LogsFound> {
    let plan = plan(filter);
    let only_texts = !plan.asks("request.method") || logs::only_text_methods(connection)?;
    let Translated { read, .. } = translate(&plan, only_texts);
    let mut sql = "SELECT _id, date, doc FROM \"Log\" WHERE date > ?".to_owned();
    let mut parameters = vec![Sql::Integer(i64::MIN)];
    if !read.sql.is_empty() {
        sql.push_str(" AND ");
        sql.push_str(&read.sql);
        parameters.extend(read.parameters);
    }
    if let Some(after) = after {
        sql.push_str(" AND date >= ? AND (date, _id) > (?, ?)");
        let date = Sql::Integer(after.date.timestamp_millis());
        parameters.extend([date.clone(), date, Sql::Blob(after.id.bytes().to_vec())]);
    }
    sql.push_str(" ORDER BY date, _id");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
    let (mut found, mut scanned, mut last) = (LogsFound::default(), 0, None);
    while let Some(row) = rows.next().map_err(fault)? {
        let is_full = found.logs.len() == limit;
        if is_full || scanned == scan_limit {
            (found.next, found.incomplete) = (last, !is_full);
            break;
        }
        scanned += 1;
        let read = || -> rusqlite::Result<([u8; 12], i64)> { Ok((row.get(0)?, row.get(1)?)) };
        let (id, date) = read().map_err(fault)?;
        let id = LogId(id.into());
        last = Some(LogCursor { date: DateTime::from_millis(date), id });
        let document = insert::document(row.get_ref(2).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?, id)?;
        if filter.accepts(document) {
            found.logs.push(document.to_owned());
        }
    }
    Ok(found)
}

#[async_trait]
impl AroundStore for SqliteStore {
    async fn list_logs_later(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let &LogPage { filter, limit, after, scan_limit } = page;
        let filter = filter.clone();
        self.read(move |tx| later(tx, &filter, after, limit, scan_limit)).await
    }
}
