//! Many Logs without their bodies, and Logs in the order in which they came.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::{Connection, Row, params_from_iter, types::Value as Sql};

use super::{
    SqliteStore, fault,
    filter::{Translated, translate},
    insert,
    logs::{Wanted, only_text_methods},
};
use crate::{
    domain::LogId,
    store::{LogCursor, LogPage, LogStore, LogsFound, Moment, MomentsFound, Outcome, Result, ScanStore, plan::plan},
};

/// The order of reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
}

/// A row that fits: where it stands, and the row for what else is wanted of it.
type Visit<'a> = dyn FnMut(LogCursor, &Row<'_>) -> Result<()> + 'a;

/// Steps through the Logs that fit, at most `limit` of them; the last that was looked at, if a limit ended it. `columns` follow the id, the date and the document.
fn scan(connection: &Connection, wanted: &Wanted, order: Order, columns: &str, visit: &mut Visit<'_>) -> Result<Option<LogCursor>> {
    let plan = plan(&wanted.filter);
    let asks_method = plan.asks("request.method");
    let Translated { read, fit, exact } = translate(&plan, !asks_method || only_text_methods(connection)?);
    let fits = if fit.sql.is_empty() { "1" } else { &fit.sql };
    // The document is read only where columns cannot decide, or where it is what is wanted.
    let document = if exact && order == Order::NewestFirst { "NULL" } else { "doc" };
    let mut sql = format!("SELECT _id, date, CASE WHEN {fits} THEN {document} END, {fits}{columns} FROM \"Log\" WHERE ");
    let mut parameters = [fit.parameters.clone(), fit.parameters, read.parameters].concat();
    sql.push_str(if read.sql.is_empty() { "1" } else { &read.sql });
    if order == Order::OldestFirst {
        sql.push_str(" AND date > -9223372036854775808");
    }
    if let Some(after) = wanted.after {
        sql.push_str(match order {
            Order::NewestFirst => " AND date <= ? AND (date, _id) < (?, ?)",
            Order::OldestFirst => " AND date >= ? AND (date, _id) > (?, ?)",
        });
        let date = Sql::Integer(after.date.timestamp_millis());
        parameters.extend([date.clone(), date, Sql::Blob(after.id.bytes().to_vec())]);
    }
    sql.push_str(match order {
        Order::NewestFirst => " ORDER BY date DESC, _id DESC",
        Order::OldestFirst => " ORDER BY date, _id",
    });
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(fault)?;
    let (mut scanned, mut n_found, mut last) = (0, 0, None);
    while let Some(row) = rows.next().map_err(fault)? {
        if n_found == wanted.limit || scanned == wanted.scan_limit {
            return Ok(last);
        }
        scanned += 1;
        let read =
            || -> rusqlite::Result<([u8; 12], i64, bool)> { Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<bool>>(3)? == Some(true))) };
        let (id, date, fits) = read().map_err(fault)?;
        let id = LogId(id.into());
        let at = LogCursor { date: DateTime::from_millis(date), id };
        last = Some(at);
        if fits && !exact {
            let bytes = row.get_ref(2).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?;
            if !wanted.filter.accepts(insert::document(bytes, id)?) {
                continue;
            }
        }
        if fits {
            n_found += 1;
            visit(at, row)?;
        }
    }
    Ok(None)
}

#[async_trait]
impl ScanStore for SqliteStore {
    async fn list_moments(&self, page: &LogPage<'_>) -> Result<MomentsFound> {
        let wanted = Wanted::of(page);
        self.read(move |tx| {
            let mut moments = Vec::new();
            let columns = ", has_error, known_error_id IS NOT NULL, state = 'complete'";
            let ended = scan(tx, &wanted, Order::NewestFirst, columns, &mut |at, row| {
                let read = || -> rusqlite::Result<(bool, bool, bool)> { Ok((row.get(4)?, row.get(5)?, row.get(6)?)) };
                let outcome = match read().map_err(fault)? {
                    (true, true, _) => Outcome::Known,
                    (true, false, _) => Outcome::Unknown,
                    (false, _, true) => Outcome::Normal,
                    (false, _, false) => Outcome::Half,
                };
                let date = Some(at.date).filter(|date| date.timestamp_millis() != i64::MIN);
                moments.push(Moment { date, outcome });
                Ok(())
            })?;
            Ok(MomentsFound { moments, incomplete: ended.is_some() })
        })
        .await
    }

    async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let wanted = Wanted::of(page);
        self.read(move |tx| {
            let mut found = LogsFound::default();
            found.next = scan(tx, &wanted, Order::OldestFirst, "", &mut |at, row| {
                let bytes = row.get_ref(2).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?;
                found.logs.push(insert::document(bytes, at.id)?.to_owned());
                Ok(())
            })?;
            found.incomplete = found.next.is_some() && found.logs.len() < wanted.limit;
            Ok(found)
        })
        .await
    }

    async fn list_log_parts(&self, page: &LogPage<'_>, _paths: &[&str]) -> Result<LogsFound> {
        // A Log lies in one piece.
        self.list_logs(page).await
    }
}
