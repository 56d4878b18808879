//! The columns of a Log beside its document.

use bson::{RawBsonRef, RawDocument};
use rusqlite::{Connection, ToSql};

use super::{
    counts::{Counts, Known},
    execute, fault,
};
use crate::{domain::LogId, store::Result};

/// What stands in the column of a method that is no text: only the document tells whether it is the one asked for.
pub(super) const OTHER_METHOD: &str = "\0";

/// The columns, read off the document.
#[derive(Default)]
struct Row<'a> {
    branch: &'a str,
    server: &'a str,
    message_id: Option<&'a str>,
    state: &'a str,
    date: Option<i64>,
    method: Option<&'a str>,
    log_file_id: [u8; 12],
    has_error: bool,
    known_error_id: Option<&'a str>,
    group_id: Option<[u8; 12]>,
    pairing_key: Option<[u8; 12]>,
    halves: (Option<i64>, Option<i64>),
    session_key: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// Reads all columns in one pass over the document.
    fn of(document: &'a RawDocument) -> Self {
        let mut row = Self::default();
        for (name, value) in document.iter().flatten() {
            match (name.as_str(), value) {
                ("branch", RawBsonRef::String(text)) => row.branch = text,
                ("server", RawBsonRef::String(text)) => row.server = text,
                ("message_id", RawBsonRef::String(text)) => row.message_id = Some(text),
                ("state", RawBsonRef::String(text)) => row.state = text,
                ("date", RawBsonRef::DateTime(date)) => row.date = Some(date.timestamp_millis()),
                ("request", RawBsonRef::Document(request)) => row.method = method(request),
                ("log_file_id", RawBsonRef::ObjectId(id)) => row.log_file_id = id.bytes(),
                ("error", RawBsonRef::Document(_)) => row.has_error = true,
                ("verdict", RawBsonRef::Document(verdict)) => {
                    row.known_error_id = verdict.get_str("known_error_id").ok();
                    row.group_id = verdict.get_object_id("group_id").ok().map(|id| id.bytes());
                }
                ("session_key", RawBsonRef::String(text)) => row.session_key = Some(text),
                ("pairing_key", RawBsonRef::ObjectId(key)) => row.pairing_key = Some(key.bytes()),
                ("halves", RawBsonRef::Document(halves)) => {
                    row.halves = (halves.get_i64("request").ok(), halves.get_i64("response").ok());
                }
                _ => {}
            }
        }
        row
    }

    fn date(&self) -> i64 {
        self.date.unwrap_or(i64::MIN)
    }

    fn known(&self) -> Known {
        Known::of(self.has_error, self.known_error_id.is_some())
    }
}

fn method(request: &RawDocument) -> Option<&str> {
    match request.get("method") {
        Ok(Some(RawBsonRef::String(text))) => Some(text),
        Ok(None | Some(RawBsonRef::Null)) => None,
        _ => Some(OTHER_METHOD),
    }
}

/// Writes a Log; false when its id is taken.
pub(super) fn insert(connection: &Connection, counts: &mut Counts, id: LogId, document: &RawDocument) -> Result<bool> {
    let row = Row::of(document);
    let sql = "INSERT INTO \"Log\" (_id, branch, server, message_id, state, date, method, log_file_id, has_error, known_error_id, group_id,
        pairing_key, request_half, response_half, doc, session_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT (_id) DO NOTHING";
    let values = rusqlite::params![
        id.bytes(),
        row.branch,
        row.server,
        row.message_id,
        row.state,
        row.date(),
        row.method,
        row.log_file_id,
        row.has_error,
        row.known_error_id,
        row.group_id,
        row.pairing_key,
        row.halves.0,
        row.halves.1,
        document.as_bytes(),
        row.session_key,
    ];
    let is_new = execute(connection, sql, values)? > 0;
    if is_new {
        counts.add(row.branch, row.known());
    }
    Ok(is_new)
}

/// Replaces the document of a Log that is there, and the columns that are not as they were: an index that has none of them is not touched,
/// and that is most of them when a Log gets its other half.
pub(super) fn update(connection: &Connection, counts: &mut Counts, id: LogId, before: &RawDocument, after: &RawDocument) -> Result<()> {
    let (old, new) = (Row::of(before), Row::of(after));
    let (id, doc, date) = (id.bytes(), after.as_bytes(), new.date());
    let columns: [(&str, bool, &dyn ToSql); 14] = [
        ("branch", old.branch != new.branch, &new.branch),
        ("server", old.server != new.server, &new.server),
        ("message_id", old.message_id != new.message_id, &new.message_id),
        ("state", old.state != new.state, &new.state),
        ("date", old.date() != date, &date),
        ("method", old.method != new.method, &new.method),
        ("log_file_id", old.log_file_id != new.log_file_id, &new.log_file_id),
        ("has_error", old.has_error != new.has_error, &new.has_error),
        ("known_error_id", old.known_error_id != new.known_error_id, &new.known_error_id),
        ("group_id", old.group_id != new.group_id, &new.group_id),
        ("pairing_key", old.pairing_key != new.pairing_key, &new.pairing_key),
        ("request_half", old.halves.0 != new.halves.0, &new.halves.0),
        ("response_half", old.halves.1 != new.halves.1, &new.halves.1),
        ("session_key", old.session_key != new.session_key, &new.session_key),
    ];
    let mut sql = "UPDATE \"Log\" SET doc = ?2".to_owned();
    let mut values: Vec<&dyn ToSql> = vec![&id, &doc];
    for (name, _, value) in columns.into_iter().filter(|(_, is_changed, _)| *is_changed) {
        values.push(value);
        sql.push_str(&format!(", {name} = ?{}", values.len()));
    }
    sql.push_str(" WHERE _id = ?1");
    if execute(connection, &sql, &*values)? > 0 {
        counts.remove(old.branch, old.known());
        counts.add(new.branch, new.known());
    }
    Ok(())
}

/// Fills the column of the sessions, for a step of the schema that asks for it.
pub(super) fn fill_sessions(connection: &Connection) -> Result<()> {
    let mut last = 0;
    loop {
        let sql = "SELECT rowid, doc FROM \"Log\" WHERE rowid > ?1 ORDER BY rowid LIMIT 1000";
        let mut statement = connection.prepare_cached(sql).map_err(fault)?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows: Vec<(i64, Vec<u8>)> = statement.query_map([last], read).and_then(Iterator::collect).map_err(fault)?;
        let Some((end, _)) = rows.last() else { return Ok(()) };
        last = *end;
        for (row, bytes) in &rows {
            // A document that is damaged is told of by whoever reads it.
            let Ok(key) = RawDocument::from_bytes(bytes).map(|document| document.get_str("session_key").ok()) else { continue };
            if key.is_some() {
                execute(connection, "UPDATE \"Log\" SET session_key = ?2 WHERE rowid = ?1", (row, key))?;
            }
        }
    }
}
