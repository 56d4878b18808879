//! Exchanges.

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, encode, fault,
    filter::{Translated, translate},
};
use crate::{
    domain::{EncodedLog, GroupId, KnownErrorId, Log, LogFileId, LogId, LogOutcome, Verdict},
    query::Filter,
    store::{FileTally, LogCursor, LogPage, LogStore, LogsFound, Result, StateCount},
};

/// Logs without a date come last: they stand under the least one.
fn cursor_of(log: &RawDocumentBuf) -> LogCursor {
    LogCursor {
        date: log.get_datetime("date").unwrap_or(DateTime::MIN),
        id: LogId(log.get_object_id("_id").unwrap_or(bson::oid::ObjectId::from_bytes([0; 12]))),
    }
}

/// What comes after a place in the order of pages.
fn after(cursor: LogCursor) -> Document {
    if cursor.date == DateTime::MIN {
        return doc! { "date": null, "_id": { "$lt": cursor.id.0 } };
    }
    doc! { "$or": [{ "date": { "$lt": cursor.date } }, { "date": null }, { "date": cursor.date, "_id": { "$lt": cursor.id.0 } }] }
}

#[async_trait]
impl LogStore for MongoStore {
    async fn insert_logs(&self, logs: &[EncodedLog]) -> Result<Vec<LogOutcome>> {
        self.store_logs(logs).await
    }

    async fn find_log(&self, id: &LogId) -> Result<Option<Log>> {
        self.one("Log", doc! { "_id": id.0 }).await
    }

    async fn list_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let Translated { query, exact } = translate(page.filter);
        let query = match page.after {
            Some(cursor) => doc! { "$and": [query, after(cursor)] },
            None => query,
        };
        let batch = u32::try_from(page.limit.clamp(1, 1000) + 1).unwrap_or(1000);
        let collection = self.collection::<RawDocumentBuf>("Log");
        let find = collection.find(query).sort(doc! { "date": -1, "_id": -1 }).batch_size(batch);
        let mut documents = find.await.map_err(fault)?;
        let (mut found, mut scanned, mut last) = (LogsFound::default(), 0, None);
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            if found.logs.len() == page.limit {
                found.next = last;
                break;
            }
            if scanned == page.scan_limit {
                (found.next, found.incomplete) = (last, true);
                break;
            }
            scanned += 1;
            last = Some(cursor_of(&log));
            if exact || page.filter.accepts(&log) {
                found.logs.push(log);
            }
        }
        Ok(found)
    }

    async fn count_logs(&self, filter: &Filter, limit: usize) -> Result<usize> {
        let Translated { query, exact } = translate(filter);
        let collection = self.collection::<RawDocumentBuf>("Log");
        if exact {
            let mut count = collection.count_documents(query);
            if limit < i32::MAX as usize {
                count = count.limit(limit as u64);
            }
            return Ok(usize::try_from(count.await.map_err(fault)?).unwrap_or(usize::MAX));
        }
        let mut documents = collection.find(query).await.map_err(fault)?;
        let mut n = 0;
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            n += usize::from(filter.accepts(&log));
            if n >= limit {
                break;
            }
        }
        Ok(n)
    }

    async fn tally_log_file(&self, id: &LogFileId) -> Result<FileTally> {
        let own = doc! { "$match": { "log_file_id": id.0 } };
        let has_error = doc! { "$cond": [{ "$eq": [{ "$type": "$error" }, "object"] }, 1_i64, 0_i64] };
        let all = vec![own.clone(), doc! { "$group": { "_id": null, "logs": { "$sum": 1_i64 }, "errors": { "$sum": has_error } } }];
        let total = self.aggregate("Log", all).await?.into_iter().next().unwrap_or_default();
        let by = |field: &str, only: Document| {
            vec![
                own.clone(),
                doc! { "$match": only },
                doc! { "$group": { "_id": format!("${field}"), "n": { "$sum": 1_i64 } } },
                doc! { "$sort": { "n": -1, "_id": 1 } },
            ]
        };
        let known = self.aggregate("Log", by("verdict.known_error_id", doc! { "verdict.known_error_id": { "$type": "string" } })).await?;
        let only = doc! { "verdict.known_error_id": null, "verdict.group_id": { "$type": "objectId" } };
        let unknown = self.aggregate("Log", by("verdict.group_id", only)).await?;
        let n = |row: &Document| row.get_i64("n").unwrap_or_default();
        Ok(FileTally {
            logs: total.get_i64("logs").unwrap_or_default(),
            errors: total.get_i64("errors").unwrap_or_default(),
            known: known.iter().filter_map(|row| Some((KnownErrorId(row.get_str("_id").ok()?.to_owned()), n(row)))).collect(),
            unknown: unknown.iter().filter_map(|row| Some((GroupId(row.get_object_id("_id").ok()?), n(row)))).collect(),
        })
    }

    async fn update_verdicts(&self, group: &GroupId, verdict: &Verdict) -> Result<u64> {
        let known = verdict.known_error_id.as_ref().map_or(Bson::Null, |known| Bson::String(known.to_string()));
        let others = doc! { "verdict.group_id": group.0, "verdict.known_error_id": { "$ne": known } };
        let change = doc! { "$set": { "verdict": encode("Log", verdict)? } };
        Ok(self.collection::<Document>("Log").update_many(others, change).await.map_err(fault)?.modified_count)
    }

    async fn count_states(&self) -> Result<Vec<StateCount>> {
        let error = doc! { "$eq": [{ "$type": "$error" }, "object"] };
        let known = doc! { "$eq": [{ "$type": "$verdict.known_error_id" }, "string"] };
        let count = |condition: Document| doc! { "$sum": { "$cond": [condition, 1_i64, 0_i64] } };
        let pipeline = vec![
            doc! { "$group": {
                "_id": "$branch",
                "normal": count(doc! { "$not": [error.clone()] }),
                "known": count(doc! { "$and": [error.clone(), known.clone()] }),
                "unknown": count(doc! { "$and": [error, { "$not": [known] }] }),
            } },
            doc! { "$sort": { "_id": 1 } },
        ];
        let rows = self.aggregate("Log", pipeline).await?;
        let n = |row: &Document, name: &str| row.get_i64(name).unwrap_or_default();
        let state = |row: &Document| {
            let branch = row.get_str("_id").ok()?.parse().ok()?;
            Some(StateCount { branch, normal: n(row, "normal"), known: n(row, "known"), unknown: n(row, "unknown") })
        };
        Ok(rows.iter().filter_map(state).collect())
    }
}
