//! Which file gave which Log: the collection `LogSource`, and what follows from it.
//!
//! A note is written before what it tells of, so that a process that dies in between leaves a note too many, never one too few; what a note
//! says of a half counts only where the Log has that very half.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{MongoStore, fault};
use crate::{
    domain::{EncodedLog, GroupId, Halves, LogError, LogFileId, LogId, LogSource},
    store::{LogErrorStore, Result, SourceStore, Weighed},
};

/// Logs asked for at once.
const ASKED: usize = 1000;

/// Notes that are to be written.
#[derive(Default)]
pub(super) struct Notes(Vec<Note>);

struct Note {
    /// Place in its batch of what came.
    index: usize,
    /// The Log that it is about.
    log: ObjectId,
    statement: Document,
}

impl Notes {
    /// A file gave halves of a Log that is there, by what has this place in its batch; `completes` when the Log waited for one of them.
    pub(super) fn add(&mut self, index: usize, id: ObjectId, stored: &RawDocument, incoming: &EncodedLog, completes: bool) {
        let (Some(owner), Some(file)) = (LogSource::owner(stored), LogSource::owner(incoming.document())) else { return };
        let mut add = |statement| self.0.push(Note { index, log: id, statement });
        if owner.file == file.file {
            // The file that the Log names gave all of it, unless something else is noted.
            let update = update(id, &file, owner.file);
            add(doc! { "q": { "_id": key(id, file.file) }, "u": update });
            return;
        }
        if completes {
            add(doc! { "q": { "_id": key(id, owner.file) }, "u": update(id, &owner, owner.file), "upsert": true });
        }
        add(doc! { "q": { "_id": key(id, file.file) }, "u": update(id, &file, owner.file), "upsert": true });
    }

    /// Leaves out what is about a Log that is not stored after all; the places of what it was about.
    pub(super) fn forget(&mut self, id: ObjectId) -> impl Iterator<Item = usize> + use<> {
        let (forgotten, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0).into_iter().partition(|note| note.log == id);
        self.0 = kept;
        forgotten.into_iter().map(|note| note.index)
    }
}

fn key(log: ObjectId, file: LogFileId) -> Document {
    doc! { "log": log, "file": file.0 }
}

fn update(log: ObjectId, source: &LogSource, owner: LogFileId) -> Document {
    let mut set = doc! { "log_id": log, "log_file_id": source.file.0 };
    for (name, print) in [("request_half", source.halves.request), ("response_half", source.halves.response)] {
        if let Some(print) = print {
            set.insert(name, print);
        }
    }
    doc! { "$set": set, "$setOnInsert": { "owner": owner.0 } }
}

impl MongoStore {
    /// Writes notes.
    pub(super) async fn write_notes(&self, notes: Notes) -> Result<()> {
        let mut statements = notes.0.into_iter().map(|note| note.statement).peekable();
        while statements.peek().is_some() {
            let updates: Vec<Document> = statements.by_ref().take(ASKED).collect();
            self.write_all(doc! { "update": "LogSource", "updates": updates }).await?;
        }
        Ok(())
    }

    /// What is noted of these Logs.
    pub(super) async fn noted(&self, logs: &[ObjectId]) -> Result<HashMap<ObjectId, Vec<LogSource>>> {
        let mut noted = HashMap::<ObjectId, Vec<LogSource>>::new();
        for logs in logs.chunks(ASKED) {
            let collection = self.collection::<Document>("LogSource");
            let mut found = collection.find(doc! { "log_id": { "$in": logs.to_vec() } }).await.map_err(fault)?;
            while let Some(note) = found.try_next().await.map_err(fault)? {
                let (Ok(log), Ok(file)) = (note.get_object_id("log_id"), note.get_object_id("log_file_id")) else { continue };
                let halves = Halves { request: note.get_i64("request_half").ok(), response: note.get_i64("response_half").ok() };
                noted.entry(log).or_default().push(LogSource { file: LogFileId(file), halves });
            }
        }
        Ok(noted)
    }

    /// Notes of the Log that takes a half over who gave that half, and which file the Log names from then on.
    pub(super) async fn hand_notes(&self, giving: &RawDocument, into: &RawDocument, owner: LogFileId) -> Result<()> {
        let (Ok(id), Ok(target)) = (giving.get_object_id("_id"), into.get_object_id("_id")) else { return Ok(()) };
        let mut sources = self.noted(&[id]).await?.remove(&id).unwrap_or_default();
        for half in [giving, into] {
            // Of a Log that is whole it stands there already.
            let gave_all = LogSource::owner(half).filter(|own| own.halves.request.is_none() || own.halves.response.is_none());
            sources.extend(gave_all.filter(|own| sources.iter().all(|source| *source != *own)));
        }
        let note =
            |source: &LogSource| doc! { "q": { "_id": key(target, source.file) }, "u": update(target, source, owner), "upsert": true };
        let mut updates: Vec<Document> = sources.iter().map(note).collect();
        updates.push(doc! { "q": { "log_id": target, "owner": { "$ne": owner.0 } }, "u": { "$set": { "owner": owner.0 } }, "multi": true });
        self.write_all(doc! { "update": "LogSource", "updates": updates }).await.map(drop)
    }

    /// Forgets what is noted of Logs that are gone.
    pub(super) async fn forget_notes(&self, logs: &[ObjectId]) -> Result<()> {
        self.collection::<Document>("LogSource").delete_many(doc! { "log_id": { "$in": logs.to_vec() } }).await.map_err(fault).map(drop)
    }

    /// Forgets what a file gave of Logs, of which each names the file beside it now.
    pub(super) async fn hand_over(&self, from: LogFileId, logs: &[(ObjectId, LogFileId)]) -> Result<()> {
        if logs.is_empty() {
            return Ok(());
        }
        let owners: Vec<Document> =
            logs.iter().map(|(log, to)| doc! { "q": { "log_id": *log }, "u": { "$set": { "owner": to.0 } }, "multi": true }).collect();
        self.write_all(doc! { "update": "LogSource", "updates": owners }).await?;
        let ids: Vec<Document> = logs.iter().map(|(log, _)| key(*log, from)).collect();
        self.collection::<Document>("LogSource").delete_many(doc! { "_id": { "$in": ids } }).await.map_err(fault).map(drop)
    }

    /// Logs by their ids.
    pub(super) async fn logs_of(&self, ids: &[ObjectId]) -> Result<Vec<RawDocumentBuf>> {
        let mut logs = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ASKED) {
            let collection = self.collection::<RawDocumentBuf>("Log");
            let find = collection.find(doc! { "_id": { "$in": ids.to_vec() } });
            logs.extend(find.await.map_err(fault)?.try_collect::<Vec<_>>().await.map_err(fault)?);
        }
        Ok(logs)
    }

    /// Logs that satisfy a condition on their notes.
    pub(super) async fn noted_logs(&self, condition: Document, limit: usize) -> Result<Vec<ObjectId>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let collection = self.collection::<Document>("LogSource");
        let find = collection.find(condition).projection(doc! { "log_id": 1 }).limit(limit);
        let notes: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let ids: BTreeSet<ObjectId> = notes.iter().filter_map(|note| note.get_object_id("log_id").ok()).collect();
        Ok(ids.into_iter().collect())
    }
}

#[async_trait]
impl SourceStore for MongoStore {
    async fn find_logs(&self, ids: &[LogId]) -> Result<Vec<RawDocumentBuf>> {
        self.logs_of(&ids.iter().map(|id| id.0).collect::<Vec<_>>()).await
    }

    async fn weigh_log_file(&self, id: &LogFileId, limit: usize) -> Result<Weighed> {
        let of_file = doc! { "$or": [{ "owner": id.0 }, { "log_file_id": id.0 }] };
        let mut ids = self.noted_logs(of_file, limit.saturating_add(1)).await?;
        let mut weighed = Weighed { incomplete: ids.len() > limit, ..Weighed::default() };
        ids.truncate(limit);
        for ids in ids.chunks(ASKED) {
            let noted = self.noted(ids).await?;
            for log in self.logs_of(ids).await? {
                let Ok(log_id) = log.get_object_id("_id") else { continue };
                weighed.add(&log, *id, noted.get(&log_id).map_or(&[], Vec::as_slice));
            }
        }
        Ok(weighed)
    }

    async fn delete_quarantined_of_file(&self, id: &LogFileId) -> Result<()> {
        self.collection::<Document>("Quarantine").delete_many(doc! { "log_file_id": id.0 }).await.map_err(fault).map(drop)
    }

    async fn delete_empty_log_errors(&self, ids: &[GroupId]) -> Result<usize> {
        let mut n_deleted = 0;
        for group in self.find_log_errors(ids).await?.iter().filter(|group| group.count == 0 && group.is_untouched()) {
            let is_used = self.collection::<Document>("Log").find_one(doc! { "verdict.group_id": group.id.0 }).await.map_err(fault)?;
            let is_discussed = self.collection::<Document>("Activity").find_one(doc! { "group": group.id.0 }).await.map_err(fault)?;
            if is_used.is_none() && is_discussed.is_none() {
                n_deleted += self.delete_unchanged(group).await?;
            }
        }
        Ok(n_deleted)
    }
}

impl MongoStore {
    /// Deletes a group that still is as it was read; 1 when it was there.
    async fn delete_unchanged(&self, group: &LogError) -> Result<usize> {
        let same = doc! { "_id": group.id.0, "count": group.count, "state": group.state.as_str(), "triage.assignee": Bson::Null };
        let done = self.collection::<Document>("Error").delete_one(same).await.map_err(fault)?;
        Ok(usize::try_from(done.deleted_count).unwrap_or_default())
    }
}
