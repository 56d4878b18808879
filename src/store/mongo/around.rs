//! What happened after a Log.

use async_trait::async_trait;
use bson::{DateTime, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    filter::{Translated, translate},
    logs::LONGEST_SEARCH,
};
use crate::{
    domain::LogId,
    store::{AroundStore, LogCursor, LogPage, LogsFound, Result, plan::plan},
};

#[async_trait]
impl AroundStore for MongoStore {
    async fn list_logs_later(&self, page: &LogPage<'_>) -> Result<LogsFound> {
        let Translated { read, .. } = translate(&plan(page.filter));
        let mut all = vec![doc! { "date": { "$gt": DateTime::MIN } }, read];
        if let Some(LogCursor { date, id }) = page.after {
            all.push(doc! { "$or": [{ "date": { "$gt": date } }, { "date": date, "_id": { "$gt": id.0 } }] });
        }
        // One more than may be looked at, to know whether there is more.
        let most = i64::try_from(page.scan_limit.saturating_add(1)).unwrap_or(i64::MAX);
        let batch = u32::try_from(page.limit.clamp(1, 1000) + 1).unwrap_or(1000);
        let stages = [doc! { "$match": { "$and": all } }, doc! { "$sort": { "date": 1, "_id": 1 } }, doc! { "$limit": most }];
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = logs.aggregate(stages).batch_size(batch).max_time(LONGEST_SEARCH).with_type::<RawDocumentBuf>();
        let mut documents = find.await.map_err(fault)?;
        let (mut found, mut scanned, mut last) = (LogsFound::default(), 0, None);
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            let is_full = found.logs.len() == page.limit;
            if is_full || scanned == page.scan_limit {
                (found.next, found.incomplete) = (last, !is_full);
                break;
            }
            scanned += 1;
            if let (Ok(date), Ok(id)) = (log.get_datetime("date"), log.get_object_id("_id")) {
                last = Some(LogCursor { date, id: LogId(id) });
            }
            if page.filter.accepts(&log) {
                found.logs.push(log);
            }
        }
        Ok(found)
    }
}
