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

/// How many Logs are looked at at first for each that is wanted, and how many times more each time after.
const GROWTH: usize = 8;

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

/// What is read of a page's Logs in one go.
struct Window<'a> {
    read: Document,
    fit: &'a Document,
    /// Nothing has to be looked at again.
    exact: bool,
    /// Most Logs that are looked at; none where all are.
    n: Option<i64>,
    /// Most Logs that are sent where all of them fit, and what of each, or all.
    most: usize,
    paths: &'a [&'a str],
}

impl Window<'_> {
    fn stages(&self, order: Order) -> Vec<Document> {
        let mut stages = vec![doc! { "$match": &self.read }, doc! { "$sort": order.sort() }];
        stages.extend(self.n.map(|n| doc! { "$limit": n }));
        if !self.fit.is_empty() {
            stages.push(doc! { "$match": self.fit });
        }
        if self.exact {
            stages.extend(i64::try_from(self.most).ok().map(|most| doc! { "$limit": most }));
        }
        if self.exact && !self.paths.is_empty() {
            // The place of the last Log is told by its date.
            let paths: Vec<&str> = self.paths.iter().copied().chain(["_id", "date"]).collect();
            let parts: Document = outermost(&paths).map(|path| (path.to_owned(), Bson::Int32(1))).collect();
            stages.push(doc! { "$project": parts });
        }
        stages
    }
}

impl MongoStore {
    /// Reads a page. Where the scan limit ended it, the next one begins behind the last Log that was looked at. Where `paths` are given, no more
    /// than these of each Log has to be sent.
    ///
    /// The server loads some megabytes of Logs before it looks at the first of them, so it is given few at first, and more where these do not
    /// fill the page.
    pub(super) async fn read_logs(&self, page: &LogPage<'_>, order: Order, paths: &[&str]) -> Result<LogsFound> {
        let plan = plan(page.filter);
        let Translated { read, fit, exact } = translate(&plan);
        let all_fit = exact && fit.is_empty();
        let (mut found, mut after, mut left) = (LogsFound::default(), page.after, page.scan_limit);
        let mut size = if all_fit { page.scan_limit } else { page.limit.saturating_add(1).saturating_mul(GROWTH) };
        loop {
            let n = size.min(left);
            let read = order.read(read.clone(), after);
            let most = page.limit.saturating_sub(found.logs.len()).saturating_add(1);
            let window = Window { read: read.clone(), fit: &fit, exact, n: i64::try_from(n).ok(), most, paths };
            if self.fill(&mut found, page, order, &window).await? || (all_fit && found.logs.len() < page.scan_limit) {
                return Ok(found);
            }
            // The page is not full: because there are no more, or because no more were looked at.
            let Some(last) = self.place_of(read, order, window.n).await? else { return Ok(found) };
            left -= n;
            if left == 0 {
                (found.next, found.incomplete) = (Some(last), true);
                return Ok(found);
            }
            (after, size) = (Some(last), size.saturating_mul(GROWTH));
        }
    }

    /// Adds the Logs of a window to a page; whether it is full and there are more.
    async fn fill(&self, found: &mut LogsFound, page: &LogPage<'_>, order: Order, window: &Window<'_>) -> Result<bool> {
        // With room for one more than can come, the server knows in the same answer that it is done.
        let batch = u32::try_from(window.most.clamp(1, 1000) + 1).unwrap_or(1000);
        let collection = self.collection::<RawDocumentBuf>("Log");
        let find = collection.aggregate(window.stages(order)).batch_size(batch).max_time(LONGEST_SEARCH).with_type::<RawDocumentBuf>();
        let mut documents = find.await.map_err(fault)?;
        while let Some(log) = documents.try_next().await.map_err(fault)? {
            if found.logs.len() == page.limit {
                found.next = found.logs.last().map(cursor_of);
                return Ok(true);
            }
            if window.exact || page.filter.accepts(&log) {
                found.logs.push(log);
            }
        }
        Ok(false)
    }

    /// The place of the nth Log of a query, if there are as many; it is told by the index.
    async fn place_of(&self, read: Document, order: Order, n: Option<i64>) -> Result<Option<LogCursor>> {
        let Some(skipped) = n.and_then(|n| u64::try_from(n).ok()?.checked_sub(1)) else { return Ok(None) };
        let collection = self.collection::<RawDocumentBuf>("Log");
        let last = collection.find(read).sort(order.sort()).skip(skipped).limit(-1).projection(doc! { "date": 1 });
        let last: Option<RawDocumentBuf> = last.max_time(LONGEST_SEARCH).await.map_err(fault)?.try_next().await.map_err(fault)?;
        Ok(last.map(|log| cursor_of(&log)))
    }
}
