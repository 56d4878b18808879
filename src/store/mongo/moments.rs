//! What came of many Logs, told by the indexes of their dates alone.
//!
//! The server gives a field of a document's own from an index at once, and one of an object within it at three times the price. Most Logs have no
//! error: date and state are read of all, and what the verdict says only of those that have one.

use std::collections::HashMap;

use bson::{DateTime, Document, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;
use mongodb::options::Hint;

use super::{
    MongoStore, fault,
    pages::{LONGEST_SEARCH, Order},
};
use crate::store::{
    LogPage, Moment, MomentsFound, Outcome, Result,
    plan::{Asks, Plan},
};

/// The index that holds all that is asked of the Logs of a plan.
pub(super) fn index(plan: &Plan<'_>) -> Option<&'static str> {
    match plan.lead.map(|lead| lead.path.as_str()) {
        None => Some("date_outcome"),
        Some("branch") => Some("branch_date_outcome"),
        Some("request.method") => Some("method_date_outcome"),
        Some(_) => None,
    }
}

/// What names an error in an index. Every error has a verdict, and every verdict a score.
fn is_error() -> Document {
    doc! { "verdict.score": { "$gte": 0.0 } }
}

/// Whether an error is known.
fn is_known(log: &RawDocumentBuf) -> bool {
    log.get_document("verdict").is_ok_and(|verdict| verdict.get_str("known_error_id").is_ok())
}

/// The place of a Log in the order of the dates; one without a date comes last.
fn place(log: &RawDocumentBuf) -> (DateTime, Option<ObjectId>) {
    (log.get_datetime("date").unwrap_or(DateTime::MIN), log.get_object_id("_id").ok())
}

impl MongoStore {
    /// What came of the errors among the newest Logs that this index gives; no Log is read.
    pub(super) async fn moments_of_errors(
        &self,
        read: Document,
        index: &'static str,
        asks: Asks,
        page: &LogPage<'_>,
    ) -> Result<MomentsFound> {
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = |filter: Document, fields: Document| {
            let sorted = logs.find(filter).sort(Order::NewestFirst.sort()).hint(Hint::Name(index.to_owned()));
            sorted.projection(fields).max_time(LONGEST_SEARCH)
        };
        // The first that is not looked at any more.
        let beyond = match u64::try_from(page.scan_limit).ok().filter(|limit| i64::try_from(*limit).is_ok()) {
            Some(skipped) => {
                let beyond = find(read.clone(), doc! { "date": 1 }).skip(skipped).limit(-1);
                beyond.await.map_err(fault)?.try_next().await.map_err(fault)?
            }
            None => None,
        };
        let mut errors = vec![read, is_error()];
        let oldest = beyond.as_ref().and_then(|log| log.get_datetime("date").ok());
        errors.extend(oldest.map(|oldest| doc! { "date": { "$gte": oldest } }));
        let mut errors = find(doc! { "$and": errors }, doc! { "date": 1, "verdict.known_error_id": 1 }).await.map_err(fault)?;
        let (beyond, mut found) = (beyond.as_ref().map(place), MomentsFound::default());
        while let Some(log) = errors.try_next().await.map_err(fault)? {
            if beyond.is_some_and(|beyond| place(&log) <= beyond) {
                break;
            }
            let outcome = if is_known(&log) { Outcome::Known } else { Outcome::Unknown };
            if (asks == Asks::Known && outcome != Outcome::Known) || (asks == Asks::Unknown && outcome != Outcome::Unknown) {
                continue;
            }
            if found.moments.len() == page.limit {
                found.incomplete = true;
                return Ok(found);
            }
            found.moments.push(Moment { date: log.get_datetime("date").ok(), outcome });
        }
        found.incomplete = beyond.is_some();
        Ok(found)
    }

    /// The newest Logs that satisfy a query which this index answers, at most so many.
    pub(super) async fn moments_of_index(&self, read: Document, index: &'static str, most: u32) -> Result<MomentsFound> {
        let hint = Hint::Name(index.to_owned());
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = |filter: Document, fields: Document| {
            let sorted = logs.find(filter).sort(Order::NewestFirst.sort()).hint(hint.clone());
            sorted.projection(fields).max_time(LONGEST_SEARCH)
        };
        // Where there are more, the first of them bounds what is read.
        let beyond = find(read.clone(), doc! { "_id": 0, "date": 1 }).skip(most.into()).limit(-1);
        let beyond = beyond.await.map_err(fault)?.try_next().await.map_err(fault)?;
        let oldest = beyond.as_ref().and_then(|log| log.get_datetime("date").ok());
        let mut error = vec![read.clone(), is_error()];
        error.extend(oldest.map(|oldest| doc! { "date": { "$gte": oldest } }));
        let all = async { find(read, doc! { "date": 1, "state": 1 }).limit(most.into()).await?.try_collect::<Vec<RawDocumentBuf>>().await };
        let errors = async {
            let found = find(doc! { "$and": error }, doc! { "verdict.known_error_id": 1 });
            let note = |mut known: HashMap<ObjectId, bool>, log: RawDocumentBuf| async move {
                if let Ok(id) = log.get_object_id("_id") {
                    known.insert(id, is_known(&log));
                }
                Ok(known)
            };
            found.await?.try_fold(HashMap::new(), note).await
        };
        let (all, errors) = tokio::try_join!(all, errors).map_err(fault)?;
        Ok(MomentsFound { moments: all.iter().map(|log| moment(log, &errors)).collect(), incomplete: beyond.is_some() })
    }
}

/// What came of a Log; `errors` says of those with an error whether it is known.
fn moment(log: &RawDocumentBuf, errors: &HashMap<ObjectId, bool>) -> Moment {
    let outcome = match log.get_object_id("_id").ok().and_then(|id| errors.get(&id)) {
        Some(true) => Outcome::Known,
        Some(false) => Outcome::Unknown,
        None if log.get_str("state").is_ok_and(|state| state == "complete") => Outcome::Normal,
        None => Outcome::Half,
    };
    let date: Option<DateTime> = log.get_datetime("date").ok();
    Moment { date, outcome }
}
