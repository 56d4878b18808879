//! Storing a batch of Logs: halves meet, replays change nothing, exchanges under a message id that was used before stand beside it.

use bson::{RawBsonRef, RawDocument, oid::ObjectId};
use rusqlite::{Connection, Params};

use super::{
    counts::{self, Counts, Known},
    execute, fault, sources,
};
use crate::{
    domain::{EncodedLog, Halves, LogId, LogOutcome, LogState, Merged, merge_halves, pair_by_order},
    store::{Error, Result},
};

/// Open halves that are compared with an incoming one.
const COMPARED: usize = 64;

/// The columns of a Log, read off its document.
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
}

/// What stands in the column of a method that is no text: only the document tells whether it is the one asked for.
pub(super) const OTHER_METHOD: &str = "\0";

fn method(request: &RawDocument) -> Option<&str> {
    match request.get("method") {
        Ok(Some(RawBsonRef::String(text))) => Some(text),
        Ok(None | Some(RawBsonRef::Null)) => None,
        _ => Some(OTHER_METHOD),
    }
}

/// Writes a Log; false when its id is taken.
fn insert(connection: &Connection, counts: &mut Counts, id: LogId, document: &RawDocument) -> Result<bool> {
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
        row.date.unwrap_or(i64::MIN),
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
        counts.add(row.branch, Known::of(row.has_error, row.known_error_id.is_some()));
    }
    Ok(is_new)
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

/// Replaces the Log with this id.
pub(super) fn replace(connection: &Connection, counts: &mut Counts, id: LogId, document: &RawDocument) -> Result<()> {
    counts::delete(connection, counts, &id.bytes())?;
    insert(connection, counts, id, document).map(drop)
}

/// Stores one Log of a batch.
pub(super) fn store(connection: &Connection, counts: &mut Counts, log: &EncodedLog) -> Result<LogOutcome> {
    let key = log.pairing_key();
    if key.is_none() && insert(connection, counts, log.id(), log.document())? {
        return Ok(LogOutcome::New);
    }
    let has_message_id = log.message_id().is_some();
    let key = key.unwrap_or(log.id().0);
    // The first exchange of the message id may be this one, or lack its half.
    let mut completes = None;
    if has_message_id && let Some(first) = find(connection, "_id = ?1", [key.bytes()])?.pop() {
        let stored = document(&first.1, first.0)?;
        match merge_halves(stored, log.document()) {
            Merged::AlreadyThere => return repeated(connection, first.0, stored, log),
            Merged::Completed(whole) => completes = Some((first.0, whole)),
            Merged::Occupied => {}
        }
    } else if log.pairing_key().is_none() {
        // Neither message id nor client: the id is the content's.
        let Some(stored) = sources::find(connection, log.id())? else { return Ok(LogOutcome::AlreadyStored) };
        return repeated(connection, log.id(), document(&stored, log.id())?, log);
    }
    let log = log.as_later();
    for (id, stored) in with_print(connection, key, log.halves())? {
        let stored = document(&stored, id)?;
        match merge_halves(stored, log.document()) {
            Merged::AlreadyThere => return repeated(connection, id, stored, &log),
            Merged::Completed(whole) => completes = Some((id, whole)),
            Merged::Occupied => {}
        }
    }
    if completes.is_none() {
        completes = open_partner(connection, key, &log)?;
    }
    if let Some((id, whole)) = completes {
        if let Some(stored) = sources::find(connection, id)? {
            sources::note(connection, id, document(&stored, id)?, &log, true)?;
        }
        replace(connection, counts, id, whole.document())?;
        return Ok(LogOutcome::Completed);
    }
    insert(connection, counts, log.id(), log.document())?;
    Ok(LogOutcome::New)
}

/// Notes that a Log came again, by another file perhaps.
fn repeated(connection: &Connection, id: LogId, stored: &RawDocument, log: &EncodedLog) -> Result<LogOutcome> {
    sources::note(connection, id, stored, log, false)?;
    Ok(LogOutcome::AlreadyStored)
}

/// Later Logs of this key that have one of these halves.
fn with_print(connection: &Connection, key: ObjectId, halves: Halves) -> Result<Vec<(LogId, Vec<u8>)>> {
    let mut found = Vec::new();
    for (column, print) in [("request_half", halves.request), ("response_half", halves.response)] {
        if let Some(print) = print {
            let sql = format!("pairing_key IS NOT NULL AND {column} = ?1 AND pairing_key = ?2 LIMIT 4");
            found.extend(find(connection, &sql, (print, key.bytes()))?);
        }
    }
    Ok(found)
}

/// The oldest open Log of this key that the half completes, and what they make together.
fn open_partner(connection: &Connection, key: ObjectId, log: &EncodedLog) -> Result<Option<(LogId, EncodedLog)>> {
    let wanted = match log.state() {
        LogState::RequestOnly => LogState::ResponseOnly,
        LogState::ResponseOnly => LogState::RequestOnly,
        LogState::Complete => return Ok(None),
    };
    let (from, to) = log.partner_window().map_or((i64::MIN, i64::MAX), |(from, to)| (from.timestamp_millis(), to.timestamp_millis()));
    let sql = format!("pairing_key = ?1 AND state = ?2 AND date BETWEEN ?3 AND ?4 ORDER BY date, _id LIMIT {COMPARED}");
    for (id, stored) in find(connection, &sql, (key.bytes(), wanted.as_str(), from, to))? {
        if let Some(whole) = pair_by_order(document(&stored, id)?, log.document()) {
            return Ok(Some((id, whole)));
        }
    }
    Ok(None)
}

/// Ids and documents of the Logs of which this holds.
fn find(connection: &Connection, condition: &str, params: impl Params) -> Result<Vec<(LogId, Vec<u8>)>> {
    let read = |row: &rusqlite::Row<'_>| Ok((LogId(row.get::<_, [u8; 12]>(0)?.into()), row.get(1)?));
    let mut statement = connection.prepare_cached(&format!("SELECT _id, doc FROM \"Log\" WHERE {condition}")).map_err(fault)?;
    statement.query_map(params, read).and_then(Iterator::collect).map_err(fault)
}

/// A stored Log.
pub(super) fn document(bytes: &[u8], id: LogId) -> Result<&RawDocument> {
    RawDocument::from_bytes(bytes).map_err(|error| Error::Corrupt { collection: "Log", id: id.to_string(), reason: error.to_string() })
}
