//! MongoDB, the store of record: collections under the paper's names, every write acknowledged by a majority and journalled.
//!
//! Needs no transactions, so that a single server works as well as a replica set or a sharded cluster: each document is written
//! whole, and changes of Logs are conditional on what was read.

mod activity;
mod admin;
mod advice;
mod agents;
mod as_read;
mod audit;
mod bulk;
mod complete;
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
mod logs;
mod marks;
mod meeting;
mod methods;
mod moments;
mod notices;
mod open_halves;
mod pages;
mod people;
mod quarantine_pages;
mod raw;
mod removal;
mod scan;
mod small;
mod sources;
mod steps;
mod stored;
mod suggestions;
mod triage;
mod usage;
mod vectors;
mod versions;

use std::time::Duration;

use bson::{Bson, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::{
    Client, Collection, Database,
    error::WriteFailure,
    options::{Acknowledgment, ClientOptions, WriteConcern},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Result};

/// The production store.
#[derive(Clone)]
pub struct MongoStore {
    database: Database,
    /// Hosts and database, without secrets.
    place: String,
}

impl MongoStore {
    /// Connects to the database that the URI names (`loghelper` where it names none); `migrate` has to follow.
    ///
    /// # Errors
    /// When the URI is none. An unreachable server is told by the first call.
    pub async fn connect(uri: &str, timeout: Duration) -> Result<Self> {
        // The URI may hold a password: it is never repeated.
        let mut options = ClientOptions::parse(uri).await.map_err(|error| Error::Refused(format!("not a MongoDB URI: {}", error.kind)))?;
        options.app_name = Some("loghelper".to_owned());
        options.server_selection_timeout = Some(timeout);
        options.connect_timeout = Some(timeout);
        if let Some(asked) = options.write_concern.replace(majority()).filter(|asked| *asked != majority()) {
            tracing::warn!(
                ?asked,
                "the URI asks for other writes than those that a majority has on disk: what is acknowledged must not be lost, so it is not followed"
            );
        }
        let hosts: Vec<String> = options.hosts.iter().map(ToString::to_string).collect();
        let name = options.default_database.clone().unwrap_or_else(|| "loghelper".to_owned());
        let client = Client::with_options(options).map_err(fault)?;
        Ok(Self { database: client.database(&name), place: format!("MongoDB at {}/{name}", hosts.join(",")) })
    }

    fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.database.collection(name)
    }

    /// Saves a document, replacing the one with its id.
    async fn save<T: Serialize>(&self, name: &'static str, document: &T) -> Result<()> {
        let document = encode(name, document)?;
        let id = document.get("_id").cloned().unwrap_or(Bson::Null);
        self.collection::<Document>(name).replace_one(doc! { "_id": id }, document).upsert(true).await.map_err(fault)?;
        Ok(())
    }

    /// The document with this id.
    async fn one<T: DeserializeOwned>(&self, name: &'static str, filter: Document) -> Result<Option<T>> {
        let found = self.collection::<RawDocumentBuf>(name).find_one(filter).await.map_err(fault)?;
        found.map(|document| decode(name, &document)).transpose()
    }

    /// Documents that satisfy a filter, in this order.
    async fn many<T: DeserializeOwned>(&self, name: &'static str, filter: Document, sort: Document, limit: usize) -> Result<Vec<T>> {
        let limit = i64::try_from(limit).ok().filter(|limit| *limit < i64::from(i32::MAX)).unwrap_or(0);
        let collection = self.collection::<RawDocumentBuf>(name);
        let find = collection.find(filter).sort(sort).limit(limit);
        let documents: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        documents.iter().map(|document| decode(name, document)).collect()
    }

    /// Runs a command that writes several documents; how many it matched.
    async fn write_all(&self, command: Document) -> Result<u64> {
        let reply = self.write_some(command, &[]).await?;
        Ok(reply.get_i32("n").ok().and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
    }

    /// Runs a command that writes several documents; the places of the statements whose ids were taken.
    async fn write_all_but_taken(&self, command: Document) -> Result<Vec<usize>> {
        let reply = self.write_some(command, &[small::DUPLICATE_KEY]).await?;
        let errors = reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document);
        Ok(errors.filter_map(|error| usize::try_from(error.get_i32("index").ok()?).ok()).collect())
    }

    /// Runs a command that writes several documents, of which some may be refused with an expected code; the reply.
    async fn write_some(&self, mut command: Document, expected: &[i32]) -> Result<Document> {
        command.insert("ordered", false);
        command.insert("writeConcern", doc! { "w": "majority", "j": true });
        let reply = self.database.run_command(command).await.map_err(fault)?;
        for error in reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document) {
            let code = error.get_i32("code").unwrap_or_default();
            if !expected.contains(&code) {
                return Err(refused(code, error.get_str("errmsg").unwrap_or("a document was refused")));
            }
        }
        match reply.get_document("writeConcernError") {
            Ok(concern) => Err(unacknowledged(concern)),
            Err(_) => Ok(reply),
        }
    }

    /// Rows of an aggregation.
    async fn aggregate(&self, name: &str, pipeline: Vec<Document>) -> Result<Vec<Document>> {
        self.collection::<Document>(name).aggregate(pipeline).await.map_err(fault)?.try_collect().await.map_err(fault)
    }
}

/// Acknowledged by a majority, and on their disks.
fn majority() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build()
}

/// What a driver's error means to the caller.
fn fault(error: mongodb::error::Error) -> Error {
    use mongodb::error::ErrorKind;
    let reason = match error.kind.as_ref() {
        // The driver lists its whole view of the servers: their addresses and errors are what a person needs.
        ErrorKind::ServerSelection { message, .. } => short(message),
        kind => kind.to_string(),
    };
    match error.kind.as_ref() {
        ErrorKind::ServerSelection { .. } => Error::Unavailable { reason, source: None },
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::DnsResolve { .. } => {
            Error::Unavailable { reason, source: Some(Box::new(error)) }
        }
        ErrorKind::Authentication { .. } => Error::Refused(format!("the database refuses the sign-in: {reason}")),
        ErrorKind::Command(command) if TRY_AGAIN.contains(&command.code) => Error::Unavailable { reason, source: Some(Box::new(error)) },
        ErrorKind::Command(command) => refused(command.code, &command.message),
        ErrorKind::Write(WriteFailure::WriteError(error)) => refused(error.code, &error.message),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Error::Unavailable { reason: error.message.clone(), source: None },
        ErrorKind::InsertMany(many) => match (&many.write_concern_error, many.write_errors.as_deref().unwrap_or_default()) {
            (Some(concern), _) => Error::Unavailable { reason: concern.message.clone(), source: None },
            (None, [first, ..]) => refused(first.code, &first.message),
            (None, []) => Error::Backend { reason, source: Some(Box::new(error)) },
        },
        _ => Error::Backend { reason, source: Some(Box::new(error)) },
    }
}

/// HostUnreachable, HostNotFound, WriteConcernFailed, NetworkTimeout, ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit, SocketException,
/// NotWritablePrimary, the interruptions by an election, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary: another attempt finds the new primary.
const TRY_AGAIN: [i32; 13] = [6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/// What a code that the server gives for a command or a document means to the caller.
fn refused(code: i32, message: &str) -> Error {
    match code {
        // MaxTimeMSExpired.
        50 => Error::Refused("the search took too long: narrow it by date, branch or method".to_owned()),
        // OutOfDiskSpace; the storage engine's own error carries the system's words.
        14031 => Error::Refused("the database's disk is full".to_owned()),
        _ if message.contains("No space left on device") => Error::Refused("the database's disk is full".to_owned()),
        // DocumentValidationFailure.
        121 => Error::Refused(format!("the database's schema refuses the document: {message}")),
        _ => Error::Backend { reason: format!("{message} (code {code})"), source: None },
    }
}

/// A write that a majority has not acknowledged in time.
fn unacknowledged(concern: &Document) -> Error {
    let reason = concern.get_str("errmsg").unwrap_or("the write was not acknowledged by a majority").to_owned();
    Error::Unavailable { reason, source: None }
}

/// The servers' addresses and what is wrong with each.
fn short(message: &str) -> String {
    let servers = message.split("{ Address: ").skip(1).map(|server| {
        let address = server.split(',').next().unwrap_or_default();
        let error = server.split("Error: Kind: ").nth(1).and_then(|error| error.split(", labels").next()).unwrap_or("no answer");
        format!("{address} ({error})")
    });
    let servers: Vec<String> = servers.collect();
    if servers.is_empty() { message.to_owned() } else { format!("no server can be reached: {}", servers.join(", ")) }
}

fn encode<T: Serialize>(collection: &'static str, document: &T) -> Result<Document> {
    bson::serialize_to_document(document).map_err(|error| Error::Corrupt { collection, id: String::new(), reason: error.to_string() })
}

fn decode<T: DeserializeOwned>(collection: &'static str, document: &bson::RawDocument) -> Result<T> {
    bson::deserialize_from_slice(document.as_bytes()).map_err(|error| {
        let id = document.get("_id").ok().flatten().map(|id| format!("{id:?}")).unwrap_or_default();
        Error::Corrupt { collection, id, reason: error.to_string() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn writes_are_those_of_a_majority_whatever_the_uri_says() {
        for uri in ["mongodb://127.0.0.1:9/logs", "mongodb://127.0.0.1:9/logs?w=1&journal=false", "mongodb://127.0.0.1:9/?w=0"] {
            let store = MongoStore::connect(uri, Duration::from_secs(1)).await.unwrap();
            assert_eq!(store.database.write_concern(), Some(&majority()), "{uri}");
        }
    }
}
