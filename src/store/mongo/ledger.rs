//! Records of files and streams, many at a time.

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{MongoStore, encode, fault};
use crate::{
    domain::{BranchCode, Brought, DAY_MS, Ledger, LedgerCounts, LogFile, LogFileId},
    store::{Error, LedgerStore, Result},
};

/// Logs asked for at once.
const ASKED: usize = 1000;

impl MongoStore {
    /// Takes the Logs into account that satisfy a condition.
    async fn add_brought(&self, brought: &mut Brought, id: &LogFileId, condition: Document) -> Result<()> {
        let said = doc! { "log_file_id": 1, "state": 1, "completion": 1, "verdict.known_error_id": 1 };
        let mut logs = self.collection::<RawDocumentBuf>("Log").find(condition).projection(said).await.map_err(fault)?;
        while let Some(log) = logs.try_next().await.map_err(fault)? {
            brought.add(&log, *id);
        }
        Ok(())
    }
}

#[async_trait]
impl LedgerStore for MongoStore {
    async fn save_log_files(&self, files: &[LogFile]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let update = |file: &LogFile| Ok(doc! { "q": { "_id": file.id.0 }, "u": encode("LogFile", file)?, "upsert": true });
        let updates = files.iter().map(update).collect::<Result<Vec<_>>>()?;
        self.write_all(doc! { "update": "LogFile", "updates": updates }).await.map(drop)
    }

    async fn sum_ledger(&self, branches: Option<&[BranchCode]>, since: DateTime) -> Result<Ledger> {
        let mut filter = doc! { "created_at": { "$gte": since } };
        if let Some(branches) = branches {
            filter.insert("branch", doc! { "$in": branches.iter().map(BranchCode::as_str).collect::<Vec<_>>() });
        }
        let mut ledger = Ledger::default();
        for row in self.aggregate("LogFile", vec![doc! { "$match": filter }, doc! { "$group": sums() }]).await? {
            let (branch, day, last, counts) = day(&row).ok_or_else(|| corrupt(&row))?;
            ledger.add(branch, day, last, &counts);
        }
        Ok(ledger)
    }

    async fn count_brought(&self, id: &LogFileId) -> Result<Brought> {
        // Whoever wrote it may have died between storing halves and looking for their partners.
        self.let_meet(id).await?;
        let mut brought = Brought::default();
        self.add_brought(&mut brought, id, doc! { "log_file_id": id.0 }).await?;
        // It is noted before it completes a Log of another.
        let collection = self.collection::<Document>("LogSource");
        let find = collection.find(doc! { "log_file_id": id.0 }).projection(doc! { "log_id": 1 });
        // Whoever sends a day's Logs again leaves a note for each: they are not held all at once.
        let mut notes = find.await.map_err(fault)?.try_chunks(ASKED);
        while let Some(notes) = notes.try_next().await.map_err(|error| fault(error.1))? {
            let ids: Vec<_> = notes.iter().filter_map(|note| note.get_object_id("log_id").ok()).collect();
            let of_others = doc! { "_id": { "$in": ids }, "log_file_id": { "$ne": id.0 }, "completion.file": id.0 };
            self.add_brought(&mut brought, id, of_others).await?;
        }
        Ok(brought)
    }

    async fn list_left_log_files(&self, before: DateTime, limit: usize) -> Result<Vec<LogFile>> {
        let filter = doc! { "state": "processing", "finished_at": { "$lt": before } };
        self.many("LogFile", filter, doc! { "finished_at": 1 }, limit).await
    }

    async fn close_left_log_file(&self, file: &LogFile, written: DateTime) -> Result<bool> {
        let left = doc! { "_id": file.id.0, "state": "processing", "finished_at": written };
        let done = self.collection::<Document>("LogFile").replace_one(left, encode("LogFile", file)?).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }
}

/// What [`LedgerCounts::of`] takes of a record and [`LogFile::arrived_at`] says, for each branch and day.
fn sums() -> Document {
    let sum = |field: &str| doc! { "$sum": { "$ifNull": [format!("${field}"), 0] } };
    let first = |field: &str, all: &str| doc! { "$ifNull": [format!("$outcome.first.{field}"), { "$ifNull": [all, 0] }] };
    let completed = doc! { "$ifNull": ["$outcome.completed_logs", 0] };
    let duplicate = doc! { "$max": [0, { "$subtract": ["$outcome.joined_logs", completed.clone()] }] };
    let is_stream = doc! { "$eq": ["$content_hash", ""] };
    let arrived = doc! { "$cond": [is_stream, { "$ifNull": ["$finished_at", "$created_at"] }, "$created_at"] };
    let day = doc! { "$toLong": { "$floor": { "$divide": [{ "$toLong": "$created_at" }, DAY_MS] } } };
    doc! {
        "_id": { "branch": "$branch", "day": day },
        "last": { "$max": arrived },
        "bytes": sum("size_bytes"),
        "received": sum("counts.records"),
        "parsed": sum("counts.logs"),
        "paired": { "$sum": { "$add": [first("complete", "$counts.complete"), completed] } },
        "duplicate": { "$sum": duplicate },
        "quarantined": sum("outcome.quarantined"),
        "known": { "$sum": first("errors_known", "$outcome.errors_known") },
        "unknown": { "$sum": first("errors_unknown", "$outcome.errors_unknown") },
        "lost": sum("outcome.lost"),
    }
}

fn day(row: &Document) -> Option<(BranchCode, i64, DateTime, LedgerCounts)> {
    let number = |name: &str| match row.get(name)? {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        _ => None,
    };
    let counts = LedgerCounts {
        bytes: number("bytes")?,
        received: number("received")?,
        parsed: number("parsed")?,
        paired: number("paired")?,
        duplicate: number("duplicate")?,
        quarantined: number("quarantined")?,
        known: number("known")?,
        unknown: number("unknown")?,
        lost: number("lost")?,
    };
    let id = row.get_document("_id").ok()?;
    Some((id.get_str("branch").ok()?.parse().ok()?, id.get_i64("day").ok()?, *row.get_datetime("last").ok()?, counts))
}

fn corrupt(row: &Document) -> Error {
    let id = row.get("_id").map(ToString::to_string).unwrap_or_default();
    Error::Corrupt { collection: "LogFile", id, reason: "its counts are no numbers".to_owned() }
}
