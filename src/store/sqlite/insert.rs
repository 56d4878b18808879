//! Storing a batch of Logs: halves meet, replays change nothing, reused message ids get another slot.

use bson::{RawBsonRef, RawDocument};
use rusqlite::{Connection, OptionalExtension};

use super::{execute, fault};
use crate::{
    domain::{EncodedLog, LogId, LogOutcome, LogState, Merged, merge_halves, pair_by_order},
    store::{Error, Result},
};

/// Exchanges that may share one message id.
const MAX_SLOTS: u32 = 10_000;

/// The columns of a Log, read off its document.
struct Row<'a> {
    branch: &'a str,
    server: &'a str,
    message_id: Option<&'a str>,
    state: &'a str,
    date: i64,
    method: Option<&'a str>,
    log_file_id: [u8; 12],
    has_error: bool,
    known_error_id: Option<&'a str>,
    group_id: Option<[u8; 12]>,
    session_key: Option<&'a str>,
    halves: (Option<i64>, Option<i64>),
}

impl<'a> Row<'a> {
    /// Reads all columns in one pass over the document.
    fn of(document: &'a RawDocument) -> Self {
        let mut row = Self {
            branch: "",
            server: "",
            message_id: None,
            state: "",
            date: i64::MIN,
            method: None,
            log_file_id: [0; 12],
            has_error: false,
            known_error_id: None,
            group_id: None,
            session_key: None,
            halves: (None, None),
        };
        for (name, value) in document.iter().flatten() {
            match (name.as_str(), value) {
                ("branch", RawBsonRef::String(text)) => row.branch = text,
                ("server", RawBsonRef::String(text)) => row.server = text,
                ("message_id", RawBsonRef::String(text)) => row.message_id = Some(text),
                ("state", RawBsonRef::String(text)) => row.state = text,
                ("date", RawBsonRef::DateTime(date)) => row.date = date.timestamp_millis(),
                ("request", RawBsonRef::Document(request)) => row.method = request.get_str("method").ok(),
                ("log_file_id", RawBsonRef::ObjectId(id)) => row.log_file_id = id.bytes(),
                ("error", RawBsonRef::Document(_)) => row.has_error = true,
                ("verdict", RawBsonRef::Document(verdict)) => {
                    row.known_error_id = verdict.get_str("known_error_id").ok();
                    row.group_id = verdict.get_object_id("group_id").ok().map(|id| id.bytes());
                }
                ("session_key", RawBsonRef::String(text)) => row.session_key = Some(text),
                ("halves", RawBsonRef::Document(halves)) => {
                    row.halves = (halves.get_i64("request").ok(), halves.get_i64("response").ok());
                }
                _ => {}
            }
        }
        row
    }
}

const COLUMNS: &str = "doc, branch, server, message_id, state, date, method, log_file_id, has_error, known_error_id, group_id, session_key, request_half, response_half";

/// Writes a Log under an id; false when the id is taken.
fn insert(connection: &Connection, id: LogId, document: &RawDocument) -> Result<bool> {
    let row = Row::of(document);
    let sql = insert_sql();
    let values = rusqlite::params![
        id.bytes(),
        document.as_bytes(),
        row.branch,
        row.server,
        row.message_id,
        row.state,
        row.date,
        row.method,
        row.log_file_id,
        row.has_error,
        row.known_error_id,
        row.group_id,
        row.session_key,
        row.halves.0,
        row.halves.1,
    ];
    Ok(execute(connection, sql, values)? > 0)
}

/// The statement that inserts a Log.
fn insert_sql() -> &'static str {
    static SQL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SQL.get_or_init(|| {
        format!("INSERT INTO \"Log\" (_id, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT (_id) DO NOTHING")
    })
}

/// Replaces the Log with this id.
pub(super) fn replace(connection: &Connection, id: LogId, document: &RawDocument) -> Result<()> {
    execute(connection, "DELETE FROM \"Log\" WHERE _id = ?1", [id.bytes()])?;
    insert(connection, id, document).map(drop)
}

/// Stores one Log of a batch.
pub(super) fn store(connection: &Connection, log: &EncodedLog) -> Result<LogOutcome> {
    if log.message_id().is_none()
        && let Some(session) = log.session_key()
        && let Some(outcome) = meet_by_session(connection, log, session)?
    {
        return Ok(outcome);
    }
    // Only the first exchange of a message id may be new without a look at the others.
    let is_first = log.message_id().is_none() || log.in_slot(0).id() == log.id();
    if is_first && insert(connection, log.id(), log.document())? {
        return Ok(LogOutcome::New);
    }
    let mut completes: Option<(LogId, EncodedLog)> = None;
    for slot in 0..MAX_SLOTS {
        let candidate = if log.message_id().is_some() { log.in_slot(slot) } else { log.clone() };
        let stored: Option<Vec<u8>> = connection
            .prepare_cached("SELECT doc FROM \"Log\" WHERE _id = ?1")
            .and_then(|mut sql| sql.query_row([candidate.id().bytes()], |row| row.get(0)).optional())
            .map_err(fault)?;
        let Some(stored) = stored else {
            // No exchange of this message id has the record: it completes the first that lacks it, or is a new one.
            if let Some((id, whole)) = completes {
                replace(connection, id, whole.document())?;
                return Ok(LogOutcome::Completed);
            }
            insert(connection, candidate.id(), candidate.document())?;
            return Ok(LogOutcome::New);
        };
        match merge_halves(document(&stored, candidate.id())?, candidate.document()) {
            Merged::AlreadyThere => return Ok(LogOutcome::AlreadyStored),
            Merged::Completed(whole) if log.message_id().is_none() => {
                replace(connection, candidate.id(), whole.document())?;
                return Ok(LogOutcome::Completed);
            }
            Merged::Completed(whole) => completes = completes.or(Some((candidate.id(), whole))),
            // Events and halves without message id have no further slots: the id is their content's.
            Merged::Occupied if log.message_id().is_none() => return Ok(LogOutcome::AlreadyStored),
            Merged::Occupied => {}
        }
    }
    Err(Error::Refused(format!("more than {MAX_SLOTS} exchanges share the message id `{}`", log.message_id().unwrap_or_default())))
}

/// A half without message id: stored before, or the partner of the oldest open half of its session.
fn meet_by_session(connection: &Connection, log: &EncodedLog, session: &str) -> Result<Option<LogOutcome>> {
    let row = Row::of(log.document());
    let key = (row.branch, row.server, session);
    let stored = "SELECT 1 FROM \"Log\" WHERE branch = ?1 AND server = ?2 AND session_key = ?3 AND message_id IS NULL
        AND (?4 IS NULL OR request_half = ?4) AND (?5 IS NULL OR response_half = ?5) LIMIT 1";
    let there = connection
        .prepare_cached(stored)
        .and_then(|mut sql| sql.query_row((key.0, key.1, key.2, row.halves.0, row.halves.1), |_| Ok(())).optional())
        .map_err(fault)?;
    if there.is_some() {
        return Ok(Some(LogOutcome::AlreadyStored));
    }
    let wanted = match log.state() {
        LogState::RequestOnly => LogState::ResponseOnly,
        LogState::ResponseOnly => LogState::RequestOnly,
        LogState::Complete => return Ok(None),
    };
    let open = "SELECT _id, doc FROM \"Log\" WHERE branch = ?1 AND server = ?2 AND session_key = ?3 AND message_id IS NULL AND state = ?4
        AND (?5 IS NULL OR date BETWEEN ?5 AND ?6) ORDER BY date, _id LIMIT 64";
    let mut statement = connection.prepare_cached(open).map_err(fault)?;
    let (from, to) = log.partner_window().map(|(from, to)| (from.timestamp_millis(), to.timestamp_millis())).unzip();
    let mut rows = statement.query((key.0, key.1, key.2, wanted.as_str(), from, to)).map_err(fault)?;
    while let Some(found) = rows.next().map_err(fault)? {
        let read = || -> rusqlite::Result<([u8; 12], Vec<u8>)> { Ok((found.get(0)?, found.get(1)?)) };
        let (id, bytes) = read().map_err(fault)?;
        let id = LogId(id.into());
        if let Some(whole) = pair_by_order(document(&bytes, id)?, log.document()) {
            drop(rows);
            replace(connection, id, whole.document())?;
            return Ok(Some(LogOutcome::Completed));
        }
    }
    Ok(None)
}

/// A stored Log.
pub(super) fn document(bytes: &[u8], id: LogId) -> Result<&RawDocument> {
    RawDocument::from_bytes(bytes).map_err(|error| Error::Corrupt { collection: "Log", id: id.to_string(), reason: error.to_string() })
}
