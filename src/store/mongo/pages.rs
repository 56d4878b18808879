//! Pages of Logs, in both orders.

use std::time::Duration;

use bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    filter::{Translated, translate},
};
use crate::{
    domain::LogId,
    store::{LogCursor, LogPage, LogsFound, Result, plan::plan},
};

/// How long the server may search for one page.
pub(super) const LONGEST_SEARCH: Duration = Duration::from_secs(30);

/// The order of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Logs without a date come last: they stand under the least one.
    NewestFirst,
    /// Logs without a date are left out.
    OldestFirst,
}

impl Order {
    pub(super) fn sort(self) -> Document {
        match self {
            Self::NewestFirst => doc! { "date": -1, "_id": -1 },
            Self::OldestFirst => doc! { "date": 1, "_id": 1 },
        }
    }

    /// What comes after a place.
    pub(super) fn after(self, cursor: LogCursor) -> Document {
        let (date, id) = (cursor.date, cursor.id.0);
        match self {
            Self::NewestFirst if date == DateTime::MIN => doc! { "date": null, "_id": { "$lt": id } },
            Self::NewestFirst => doc! { "$or": [{ "date": { "$lt": date } }, { "date": null }, { "date": date, "_id": { "$lt": id } }] },
            Self::OldestFirst => doc! { "$or": [{ "date": { "$gt": date } }, { "date": date, "_id": { "$gt": id } }] },
        }
    }

    /// What a page reads, of what its filter's plan reads.
    fn read(self, read: Document, after: Option<LogCursor>) -> Document {
        let mut parts = vec![read];
        if self == Self::OldestFirst {
            parts.push(doc! { "date": { "$gt": DateTime::MIN } });
        }
        parts.extend(after.map(|cursor| self.after(cursor)));
        match parts.len() {
            1 => parts.remove(0),
            _ => doc! { "$and": parts },
        }
    }
}

/// Paths that lead through no other of them: the server takes none that does.
fn outermost<'p>(paths: &'p [&'p str]) -> impl Iterator<Item = &'p str> {
    let leads_through = |path: &str, other: &str| path.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'));
    paths.iter().copied().filter(move |path| !paths.iter().any(|other| leads_through(path, other)))
}

/// The place of a Log.
fn cursor_of(log: &RawDocumentBuf) -> LogCursor {
    LogCursor {
        date: log.get_datetime("date").unwrap_or(DateTime::MIN),
        id: LogId(log.get_object_id("_id").unwrap_or(bson::oid::ObjectId::from_bytes([0; 12]))),
    }
}

impl MongoStore {
    /// Reads a page. Where the scan limit ended it, the next one begins behind the last Log that was looked at. Where `paths` are given, no more
    /// than these of each Log has to be sent.
    pub(super) async fn read_logs(&self, page: &LogPage<'_>, order: Order, paths: &[&str]) -> Result<LogsFound> {
        let plan = plan(page.filter);
        let Translated { read, fit, exact } = translate(&plan);
        let read = order.read(read, page.after);
        let scan_limit = i64::try_from(page.scan_limit).ok();
        let all_fit = exact && fit.is_empty();
        let mut stages = vec![doc! { "$match": &read }, doc! { "$sort": order.sort() }];
        stages.extend(scan_limit.map(|limit| doc! { "$limit": limit }));
        if !fit.is_empty() {
            stages.push(doc! { "$match": fit });
        }
        if exact {
            // The one behind the page tells that there are more; the server looks no further.
            stages.extend(i64::try_from(page.limit).ok().and_then(|limit| limit.checked_add(1)).map(|limit| doc! { "$limit": limit }));
        }
        if exact && !paths.is_empty() {
            // The place of the last Log is told by its date.
            let paths: Vec<&str> = paths.iter().copied().chain(["_id", "date"]).collect();
            let parts: Document = outermost(&paths).map(|path| (path.to_owned(), Bson::Int32(1))).collect();
            stages.push(doc! { "$project": parts });
        }
        // With room for one more than can come, the server knows in the same answer that it is done.
        let batch = u32::try_from(page.limit.clamp(1, 1000) + 2).unwrap_or(1000);
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
        // The page is not full: because there are no more, or because the limit ended the scan.
        if all_fit && found.logs.len() < page.scan_limit {
            return Ok(found);
        }
        if let Some(skipped) = page.scan_limit.checked_sub(1).and_then(|last| u64::try_from(last).ok()).filter(|_| scan_limit.is_some()) {
            let last = collection.find(read).sort(order.sort()).skip(skipped).limit(-1).projection(doc! { "date": 1 });
            let last: Option<RawDocumentBuf> = last.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
            found.next = last.map(|log| cursor_of(&log));
            found.incomplete = found.next.is_some();
        }
        Ok(found)
    }
}
