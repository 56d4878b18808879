//! Many Logs without their bodies, and Logs in the order in which they came.

use async_trait::async_trait;
use bson::{DateTime, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    filter::{Translated, translate},
    logs::{LONGEST_SEARCH, after, cursor_of, newest_first},
};
use crate::store::{LogCursor, LogPage, LogsFound, Moment, MomentsFound, Outcome, Result, ScanStore, plan::plan};

/// What a document says of its exchange.
fn moment(log: &RawDocument) -> Moment {
    let is_known = log.get_document("verdict").is_ok_and(|verdict| verdict.get_str("known_error_id").is_ok());
    let outcome = match log.get("error") {
        Ok(Some(RawBsonRef::Document(_) | RawBsonRef::Boolean(true))) if is_known => Outcome::Known,
        Ok(Some(RawBsonRef::Document(_) | RawBsonRef::Boolean(true))) => Outcome::Unknown,
        _ if log.get_str("state").is_ok_and(|state| state == "complete") => Outcome::Normal,
        _ => Outcome::Half,
    };
    Moment { date: log.get_datetime("date").ok(), outcome }
}

/// What comes after a place, oldest first.
fn later(cursor: LogCursor) -> Document {
    doc! { "$or": [{ "date": { "$gt": cursor.date } }, { "date": cursor.date, "_id": { "$gt": cursor.id.0 } }] }
}

/// A limit as the server takes it; 0 is none.
fn limit(n: usize) -> Option<i64> {
    i64::try_from(n).ok().filter(|n| *n > 0)
}

#[async_trait]
impl ScanStore for MongoStore {
    async fn list_moments(&self, page: &LogPage<'_>) -> Result<MomentsFound> {
        let plan = plan(page.filter);
        let Translated { read, fit, exact } = translate(&plan);
        let read = page.after.map_or_else(|| read.clone(), |cursor| doc! { "$and": [read.clone(), after(cursor)] });
        let mut stages = vec![doc! { "$match": &read }, doc! { "$sort": newest_first() }];
        stages.extend(limit(page.scan_limit).map(|limit| doc! { "$limit": limit }));
        stages.push(doc! { "$match": fit });
        if exact {
            let is_error = doc! { "$eq": [{ "$type": "$error" }, "object"] };
            stages.extend(limit(page.limit.saturating_add(1)).map(|limit| doc! { "$limit": limit }));
            stages.push(doc! { "$project": { "_id": 0, "date": 1, "state": 1, "verdict.known_error_id": 1, "error": is_error } });
        }
        let collection = self.collection::<RawDocumentBuf>("Log");
        let find = collection.aggregate(stages).max_time(LONGEST_SEARCH).with_type::<RawDocumentBuf>();
        let mut documents = find.await.map_err(fault)?;
        let mut found = MomentsFound::default();
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            if found.moments.len() == page.limit {
                found.incomplete = true;
                return Ok(found);
            }
            if exact || page.filter.accepts(&log) {
                found.moments.push(moment(&log));
            }
        }
        if let Some(skipped) = u64::try_from(page.scan_limit).ok().filter(|_| limit(page.scan_limit).is_some()) {
            let next = collection.find(read).sort(newest_first()).skip(skipped).limit(-1).projection(doc! { "date": 1 });
            let next = next.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
            found.incomplete = next.is_some();
        }
        Ok(found)
    }

    async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let plan = plan(page.filter);
        let Translated { read, fit, exact } = translate(&plan);
        let mut parts = vec![read, doc! { "date": { "$gt": DateTime::MIN } }];
        parts.extend(page.after.map(later));
        let oldest_first = doc! { "date": 1, "_id": 1 };
        let mut stages = vec![doc! { "$match": { "$and": &parts } }, doc! { "$sort": &oldest_first }];
        stages.extend(limit(page.scan_limit).map(|limit| doc! { "$limit": limit }));
        stages.push(doc! { "$match": fit });
        let batch = u32::try_from(page.limit.clamp(1, 1000) + 1).unwrap_or(1000);
        let collection = self.collection::<RawDocumentBuf>("Log");
        let find = collection.aggregate(stages).batch_size(batch).max_time(LONGEST_SEARCH).with_type::<RawDocumentBuf>();
        let mut documents = find.await.map_err(fault)?;
        let mut found = LogsFound::default();
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            if found.logs.len() == page.limit {
                found.next = found.logs.last().map(cursor_of);
                return Ok(found);
            }
            if exact || page.filter.accepts(&log) {
                found.logs.push(log);
            }
        }
        if let Some(skipped) = u64::try_from(page.scan_limit).ok().filter(|_| limit(page.scan_limit).is_some()) {
            let next = collection.find(doc! { "$and": parts }).sort(oldest_first).skip(skipped).limit(-1).projection(doc! { "date": 1 });
            let next = next.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
            found.incomplete = next.is_some();
            found.next = found.logs.last().map(cursor_of).filter(|_| found.incomplete);
        }
        Ok(found)
    }
}
