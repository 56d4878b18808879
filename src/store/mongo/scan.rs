//! Many Logs without their bodies, and Logs in the order in which they came.

use async_trait::async_trait;
use bson::{RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    filter::{Translated, translate},
    moments,
    pages::{LONGEST_SEARCH, Order},
};
use crate::store::{
    LogPage, LogsFound, Moment, MomentsFound, Outcome, Result, ScanStore,
    plan::{Asks, plan},
};

/// What a document says of its exchange. Every error has a verdict, and every verdict a score.
fn moment(log: &RawDocument) -> Moment {
    let verdict = log.get_document("verdict");
    let outcome = match &verdict {
        Ok(verdict) if verdict.get_str("known_error_id").is_ok() => Outcome::Known,
        Ok(verdict) if verdict.get_f64("score").is_ok() => Outcome::Unknown,
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
        // Where all that is read fits, one more than is wanted tells whether there are more.
        let all_fit = exact && fit.is_empty();
        let most = u32::try_from(page.limit.min(page.scan_limit)).ok().filter(|most| *most > 0);
        if let (Some(index), Some(most), true) = (moments::index(&plan), most, all_fit && page.after.is_none()) {
            return self.moments_of_index(read, index, most).await;
        }
        let asks = plan.asks_of_errors().filter(|asks| *asks != Asks::Nothing && page.after.is_none());
        if let (Some(index), Some(asks)) = (moments::index(&plan), asks) {
            return self.moments_of_errors(read, index, asks, page).await;
        }
        let scanned = if all_fit { page.limit.min(page.scan_limit).saturating_add(1) } else { page.scan_limit };
        let wanted = page.limit.min(if all_fit { page.scan_limit } else { usize::MAX });
        let mut stages = vec![doc! { "$match": &read }, doc! { "$sort": Order::NewestFirst.sort() }];
        stages.extend(limit(scanned).map(|limit| doc! { "$limit": limit }));
        if !all_fit {
            stages.push(doc! { "$match": fit });
        }
        if exact {
            stages.extend(limit(page.limit.saturating_add(1)).filter(|_| !all_fit).map(|limit| doc! { "$limit": limit }));
            stages.push(doc! { "$project": { "_id": 0, "date": 1, "state": 1, "verdict.known_error_id": 1, "verdict.score": 1 } });
        }
        let collection = self.collection::<RawDocumentBuf>("Log");
        let find = collection.aggregate(stages).max_time(LONGEST_SEARCH).with_type::<RawDocumentBuf>();
        let mut documents = find.await.map_err(fault)?;
        let mut found = MomentsFound::default();
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            if found.moments.len() == wanted {
                found.incomplete = true;
                return Ok(found);
            }
            if exact || page.filter.accepts(&log) {
                found.moments.push(moment(&log));
            }
        }
        if let Some(skipped) = u64::try_from(page.scan_limit).ok().filter(|_| !all_fit && limit(page.scan_limit).is_some()) {
            let next = collection.find(read).sort(Order::NewestFirst.sort()).skip(skipped).limit(-1).projection(doc! { "date": 1 });
            let next = next.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
            found.incomplete = next.is_some();
        }
        Ok(found)
    }

    async fn list_later_logs(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        self.read_logs(page, Order::OldestFirst, &[]).await
    }

    async fn list_log_parts(&self, page: &LogPage<'_>, paths: &[&str]) -> Result<LogsFound> {
        self.read_logs(page, Order::NewestFirst, paths).await
    }
}
