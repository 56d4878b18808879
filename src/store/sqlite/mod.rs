//! SQLite, the embedded store: one file, write-ahead log, every acknowledged write on disk.
//!
//! Documents are kept whole as BSON; the columns beside them serve queries. One connection writes, several read; every call runs
//! on a blocking thread. Each method of the traits is one transaction.

mod activity;
mod admin;
mod advice;
mod agents;
mod audit;
mod branches;
mod counts;
mod deliveries;
mod facets;
mod feedback;
mod figures;
mod files;
mod filter;
mod follow;
mod groups;
mod ingest_keys;
mod insert;
mod knowledge;
mod ledger;
mod log_files;
mod logs;
mod methods;
mod notices;
mod people;
mod properties;
mod quarantine;
mod quarantine_pages;
mod query_configs;
mod raw;
mod removal;
mod row;
mod scan;
mod sources;
mod steps;
mod suggestions;
mod triage;
mod usage;
mod users;
mod vectors;
mod versions;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Params, Transaction, TransactionBehavior};
use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Result};

/// Pages of the write-ahead log that are brought into the file at once: small batches change the same pages again and again, and each is
/// then written once for many of them.
const CHECKPOINT: u32 = 8192;
/// Connections that read.
const READERS: usize = 3;

/// The embedded store.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
    /// Folder of the files that are kept as they came.
    raw: PathBuf,
    /// Logs are not kept.
    forgets_logs: bool,
}

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
}

impl SqliteStore {
    /// Opens the file, making it and its folder where they are not there; `migrate` has to follow.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or is held by others for longer than `busy_timeout`.
    pub fn open(path: &Path, busy_timeout: Duration) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::Refused(format!("cannot make the folder {}: {error}", folder.display())))?;
        }
        let named = |error: rusqlite::Error| match fault(error) {
            Error::Refused(reason) | Error::Backend { reason, .. } => Error::Refused(format!("cannot open {}: {reason}", path.display())),
            other => other,
        };
        let open = |flags| -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(busy_timeout)?;
            connection.pragma_update(None, "cache_size", -32_000)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        };
        let write = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // A file that cannot be written is opened all the same, and would be told of by whatever needs to write first.
        if Connection::open_with_flags(path, write).and_then(|file| file.is_readonly(c"main")).map_err(named)? {
            return Err(Error::Refused(format!("{} cannot be written: it is read-only, or the disk that it is on", path.display())));
        }
        let writer = open(write).map_err(named)?;
        let mode: String = writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(named)?;
        if mode != "wal" {
            return Err(Error::Refused(format!("{} cannot keep a write-ahead log (its journal mode is `{mode}`)", path.display())));
        }
        // FULL: the log is on disk before a write is acknowledged.
        writer.pragma_update(None, "synchronous", "FULL").map_err(named)?;
        writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT).map_err(named)?;
        writer.execute_batch("CREATE TABLE IF NOT EXISTS \"Meta\" (_id TEXT PRIMARY KEY, value INTEGER NOT NULL)").map_err(named)?;
        let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let readers = (0..READERS).map(|_| open(read).map(Mutex::new)).collect::<rusqlite::Result<_>>().map_err(named)?;
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers, next_reader: AtomicUsize::new(0) };
        Ok(Self { inner: Arc::new(inner), raw: path.with_extension("raw"), forgets_logs: false })
    }

    /// The same store, which says of every Log that it is new and keeps none, so that what comes before the store can be measured.
    #[must_use]
    pub fn forgetting_logs(self) -> Self {
        Self { forgets_logs: true, ..self }
    }

    /// Runs a transaction that writes, on a blocking thread.
    async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.inner.clone();
        blocking(move || {
            let mut connection = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
            let done = work(&transaction)?;
            transaction.commit().map_err(fault)?;
            Ok(done)
        })
        .await
    }

    /// Runs reads that see one state of the store, on a blocking thread.
    async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.inner.clone();
        blocking(move || {
            let turn = inner.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
            let reader = inner.readers.iter().find_map(|reader| reader.try_lock().ok());
            let mut reader = match (reader, inner.readers.get(turn)) {
                (Some(reader), _) => reader,
                (None, Some(reader)) => reader.lock().unwrap_or_else(PoisonError::into_inner),
                (None, None) => inner.writer.lock().unwrap_or_else(PoisonError::into_inner),
            };
            let transaction = reader.transaction().map_err(fault)?;
            work(&transaction)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Backend { reason: "a store call was interrupted".to_owned(), source: Some(Box::new(error)) }),
    }
}

/// What a driver's error means to the caller.
fn fault(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::Unavailable { reason: "another process holds the database".to_owned(), source: Some(Box::new(error)) }
        }
        Some(ErrorCode::DiskFull) => Error::Refused("the disk is full".to_owned()),
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::PermissionDenied,
        ) => Error::Refused(reason),
        _ => Error::Backend { reason, source: Some(Box::new(error)) },
    }
}

/// Encodes a document.
fn encode<T: Serialize>(collection: &'static str, document: &T) -> Result<Vec<u8>> {
    bson::serialize_to_vec(document).map_err(|error| Error::Corrupt { collection, id: String::new(), reason: error.to_string() })
}

/// Decodes a stored document.
fn decode<T: DeserializeOwned>(collection: &'static str, bytes: &[u8]) -> Result<T> {
    bson::deserialize_from_slice(bytes).map_err(|error| {
        let id = bson::RawDocument::from_bytes(bytes).ok().and_then(|document| document.get("_id").ok().flatten());
        Error::Corrupt { collection, id: id.map(|id| format!("{id:?}")).unwrap_or_default(), reason: error.to_string() }
    })
}

/// Documents in the first column of a query's rows.
fn select<T: DeserializeOwned>(connection: &Connection, collection: &'static str, sql: &str, params: impl Params) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params).map_err(fault)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        found.push(decode(collection, row.get_ref(0).and_then(|value| Ok(value.as_blob()?)).map_err(fault)?)?);
    }
    Ok(found)
}

/// The first of [`select`].
fn select_one<T: DeserializeOwned>(connection: &Connection, collection: &'static str, sql: &str, params: impl Params) -> Result<Option<T>> {
    Ok(select(connection, collection, sql, params)?.into_iter().next())
}

/// Runs a statement; the number of rows it changed.
fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    connection.prepare_cached(sql).map_err(fault)?.execute(params).map_err(fault)
}
