//! Taking a file back. There is no transaction: a Log is changed only as it was read, and before what is noted of it, so that whoever begins
//! again finds what is left to do.

use std::collections::HashSet;

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{
    MongoStore,
    as_read::{as_read, filter, halves_as_read},
    fault,
};
use crate::{
    domain::{EncodedLog, LogFileId, Remains, given_to, remains},
    store::{RemovalStore, Removed, Result},
};

/// Logs deleted by one command.
const DELETED: usize = 1000;

impl MongoStore {
    /// Logs that a file brought, or where there are none, those that it completed or repeated.
    async fn given_by(&self, file: LogFileId, limit: usize) -> Result<Vec<ObjectId>> {
        let collection = self.collection::<Document>("Log");
        let find = collection.find(doc! { "log_file_id": file.0 }).limit(i64::try_from(limit).unwrap_or(i64::MAX));
        let logs: Vec<Document> = find.projection(doc! { "_id": 1 }).await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let own: Vec<ObjectId> = logs.iter().filter_map(|log| log.get_object_id("_id").ok()).collect();
        if own.is_empty() { self.noted_logs(doc! { "log_file_id": file.0 }, limit).await } else { Ok(own) }
    }

    /// Puts a Log in the place of the one that was read; false when that has changed.
    pub(super) async fn replace_log(&self, before: &RawDocument, after: &EncodedLog) -> Result<bool> {
        let same = filter(after.id().0, as_read(after.id().0, before))?;
        let done = self.collection::<RawDocumentBuf>("Log").replace_one(same, after.document().to_owned()).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    /// Deletes the Logs that are as they were read, and gives these; one that got its other half meanwhile stays.
    async fn delete_logs_as_read<'l>(&self, logs: &[&'l RawDocumentBuf]) -> Result<Vec<(ObjectId, &'l RawDocumentBuf)>> {
        let named: Vec<_> = logs.iter().filter_map(|log| Some((log.get_object_id("_id").ok()?, *log))).collect();
        for logs in named.chunks(DELETED) {
            let statement = |(id, log): &(ObjectId, &RawDocumentBuf)| Ok(doc! { "q": filter(*id, halves_as_read(*id, log))?, "limit": 1 });
            self.write_all(doc! { "delete": "Log", "deletes": logs.iter().map(statement).collect::<Result<Vec<_>>>()? }).await?;
        }
        let ids: Vec<ObjectId> = named.iter().map(|(id, _)| *id).collect();
        let left = self.logs_of(&ids).await?;
        let left: HashSet<ObjectId> = left.iter().filter_map(|log| log.get_object_id("_id").ok()).collect();
        Ok(named.into_iter().filter(|(id, _)| !left.contains(id)).collect())
    }
}

#[async_trait]
impl RemovalStore for MongoStore {
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed> {
        let ids = self.given_by(*id, limit).await?;
        let mut removed = Removed { n_looked_at: ids.len(), ..Removed::default() };
        let (mut unwanted, mut given) = (Vec::new(), Vec::new());
        let logs = self.logs_of(&ids).await?;
        // After the Logs: a half is noted before it completes one, so the notes of whatever is read as whole are there.
        let noted = self.noted(&ids).await?;
        for log in &logs {
            let Ok(log_id) = log.get_object_id("_id") else { continue };
            match remains(log, *id, noted.get(&log_id).map_or(&[], Vec::as_slice)) {
                Remains::Nothing => unwanted.push(log),
                Remains::All(to) => {
                    if log.get_object_id("log_file_id").is_ok_and(|owner| owner == to.0)
                        || self.replace_log(log, &given_to(log, to)).await?
                    {
                        given.push((log_id, to));
                    }
                }
                Remains::Half(half) => {
                    if self.replace_log(log, &half).await? {
                        removed.n_halved += 1;
                        removed.counted(log);
                        given.push((log_id, half.document().get_object_id("log_file_id").map_or(*id, LogFileId)));
                    }
                }
            }
        }
        let mut gone = Vec::with_capacity(unwanted.len());
        for (id, log) in self.delete_logs_as_read(&unwanted).await? {
            removed.n_logs += 1;
            removed.counted(log);
            gone.push(id);
        }
        // Notes of Logs that are not there any more go, too.
        let there: HashSet<ObjectId> = logs.iter().filter_map(|log| log.get_object_id("_id").ok()).collect();
        gone.extend(ids.into_iter().filter(|id| !there.contains(id)));
        self.forget_notes(&gone).await?;
        self.hand_over(*id, &given).await?;
        Ok(removed)
    }

    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool> {
        self.collection::<Document>("Quarantine").delete_many(doc! { "log_file_id": id.0 }).await.map_err(fault)?;
        Ok(self.collection::<Document>("LogFile").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?.deleted_count > 0)
    }
}
