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
use crate::store::{Moment, MomentsFound, Outcome, Result, plan::Plan};

/// The index that holds all that is asked of the Logs of a plan.
pub(super) fn index(plan: &Plan<'_>) -> Option<&'static str> {
    match plan.lead.map(|lead| lead.path.as_str()) {
        None => Some("date_outcome"),
        Some("branch") => Some("branch_date_outcome"),
        Some("request.method") => Some("method_date_outcome"),
        Some(_) => None,
    }
}

impl MongoStore {
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
        let mut error = vec![read.clone(), doc! { "verdict.score": { "$gte": 0.0 } }];
        error.extend(oldest.map(|oldest| doc! { "date": { "$gte": oldest } }));
        let all = async { find(read, doc! { "date": 1, "state": 1 }).limit(most.into()).await?.try_collect::<Vec<RawDocumentBuf>>().await };
        let errors = async {
            let found = find(doc! { "$and": error }, doc! { "verdict.known_error_id": 1 });
            let note = |mut known: HashMap<ObjectId, bool>, log: RawDocumentBuf| async move {
                if let Ok(id) = log.get_object_id("_id") {
                    known.insert(id, log.get_document("verdict").is_ok_and(|verdict| verdict.get_str("known_error_id").is_ok()));
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
