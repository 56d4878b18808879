//! Many Logs without their bodies, and Logs in the order in which they came.

use async_trait::async_trait;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    filter::{Translated, translate},
    pages::{LONGEST_SEARCH, Order},
};
use crate::store::{LogPage, LogsFound, Moment, MomentsFound, Outcome, Result, ScanStore, plan::plan};

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

/// A limit as the server takes it; 0 is none.
fn limit(n: usize) -> Option<i64> {
    i64::try_from(n).ok().filter(|n| *n > 0)
}

#[async_trait]
impl ScanStore for MongoStore {
    async fn list_moments(&self, page: &LogPage<'_>) -> Result<MomentsFound> {
        let plan = plan(page.filter);
        let Translated { read, fit, exact } = translate(&plan);
        let read = page.after.map_or_else(|| read.clone(), |cursor| doc! { "$and": [read.clone(), Order::NewestFirst.after(cursor)] });
        let mut stages = vec![doc! { "$match": &read }, doc! { "$sort": Order::NewestFirst.sort() }];
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
            let next = collection.find(read).sort(Order::NewestFirst.sort()).skip(skipped).limit(-1).projection(doc! { "date": 1 });
            let next = next.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
            found.incomplete = next.is_some();
        }
        Ok(found)
    }

    async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        self.read_logs(page, Order::OldestFirst).await
    }
}
