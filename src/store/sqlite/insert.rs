//! Storing a batch of Logs: halves meet, replays change nothing, exchanges under a message id that was used before stand beside it.

use bson::{RawDocument, oid::ObjectId};
use rusqlite::{Connection, Params};

use super::{counts::Counts, fault, row, sources};
use crate::{
    domain::{EncodedLog, Halves, LogId, LogOutcome, LogState, Merged, merge_halves, pair_by_order},
    store::{Error, Result},
};

/// Open halves that are compared with an incoming one.
const COMPARED: usize = 64;

/// Stores one Log of a batch.
pub(super) fn store(connection: &Connection, counts: &mut Counts, log: &EncodedLog) -> Result<LogOutcome> {
    let key = log.pairing_key();
    if key.is_none() && row::insert(connection, counts, log.id(), log.document())? {
        return Ok(LogOutcome::New);
    }
    // The first exchange of the message id, or what has the id of its content, may be this one, or lack its half.
    let is_first_there = log.message_id().is_some() || key.is_none();
    let key = key.unwrap_or(log.id().0);
    let mut completes = None;
    if is_first_there && let Some((id, bytes)) = find(connection, "_id = ?1", [key.bytes()])?.pop() {
        let stored = document(&bytes, id)?;
        match merge_halves(stored, log.document()) {
            Merged::AlreadyThere => return repeated(connection, id, stored, log),
            Merged::Completed(whole) => completes = Some((id, bytes, whole)),
            Merged::Occupied => {}
        }
    }
    let log = log.as_later();
    for (id, bytes) in with_print(connection, key, log.halves())? {
        let stored = document(&bytes, id)?;
        match merge_halves(stored, log.document()) {
            Merged::AlreadyThere => return repeated(connection, id, stored, &log),
            Merged::Completed(whole) => completes = Some((id, bytes, whole)),
            Merged::Occupied => {}
        }
    }
    if completes.is_none() {
        completes = open_partner(connection, key, &log)?;
    }
    if let Some((id, bytes, whole)) = completes {
        let stored = document(&bytes, id)?;
        sources::note(connection, id, stored, &log, true)?;
        row::update(connection, counts, id, stored, whole.document())?;
        return Ok(LogOutcome::completing(stored));
    }
    // Its request may have come before, with another response.
    let log = if row::insert(connection, counts, log.id(), log.document())? { return Ok(LogOutcome::New) } else { log.as_beside() };
    Ok(if row::insert(connection, counts, log.id(), log.document())? { LogOutcome::New } else { LogOutcome::AlreadyStored })
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

/// The oldest open Log of this key that the half completes, as it is stored, and what they make together.
fn open_partner(connection: &Connection, key: ObjectId, log: &EncodedLog) -> Result<Option<(LogId, Vec<u8>, EncodedLog)>> {
    let wanted = match log.state() {
        LogState::RequestOnly => LogState::ResponseOnly,
        LogState::ResponseOnly => LogState::RequestOnly,
        LogState::Complete => return Ok(None),
    };
    let (from, to) = log.partner_window().map_or((i64::MIN, i64::MAX), |(from, to)| (from.timestamp_millis(), to.timestamp_millis()));
    let sql = format!("pairing_key = ?1 AND state = ?2 AND date BETWEEN ?3 AND ?4 ORDER BY date, _id LIMIT {COMPARED}");
    for (id, bytes) in find(connection, &sql, (key.bytes(), wanted.as_str(), from, to))? {
        if let Some(whole) = pair_by_order(document(&bytes, id)?, log.document()) {
            return Ok(Some((id, bytes, whole)));
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
