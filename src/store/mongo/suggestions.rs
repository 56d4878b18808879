//! Drafts of answers for unknown errors.

use async_trait::async_trait;
use bson::{DateTime, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;

use super::{MongoStore, decode, encode, fault, small::is_duplicate};
use crate::{
    domain::{DAY_MS, GroupId, Suggestion, SuggestionId, SuggestionState},
    store::{Error, Result, SuggestionPlace, SuggestionQueue, SuggestionStore, SuggestionTally},
};

/// The state that a row of an aggregation names.
fn state(row: &Document) -> Result<SuggestionState> {
    let word = row.get_str("state").unwrap_or_default();
    let unknown = || Error::Corrupt { collection: "Suggestion", id: String::new(), reason: format!("there is no state `{word}`") };
    SuggestionState::named(word).ok_or_else(unknown)
}

/// A sum or a count, which the server gives in the smallest type that holds it.
fn number(row: &Document, name: &str) -> i64 {
    row.get_i64(name).or_else(|_| row.get_i32(name).map(i64::from)).unwrap_or_default()
}

/// A suggestion that this holder writes.
fn held(id: &SuggestionId, holder: &str) -> Document {
    doc! { "_id": id.0, "state": "drafting", "lease.holder": holder }
}

#[async_trait]
impl SuggestionStore for MongoStore {
    async fn insert_suggestion(&self, suggestion: &Suggestion) -> Result<bool> {
        match self.collection::<Document>("Suggestion").insert_one(encode("Suggestion", suggestion)?).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    async fn find_suggestion(&self, id: &SuggestionId) -> Result<Option<Suggestion>> {
        self.one("Suggestion", doc! { "_id": id.0 }).await
    }

    async fn list_suggestions(&self, group: &GroupId, limit: usize) -> Result<Vec<Suggestion>> {
        self.many("Suggestion", doc! { "group": group.0 }, doc! { "asked_at": -1, "_id": -1 }, limit).await
    }

    async fn list_suggestions_in(&self, queue: &SuggestionQueue) -> Result<Vec<Suggestion>> {
        let order = doc! { "urgent": -1, "asked_at": 1, "_id": 1 };
        let mut filter = doc! { "state": queue.state.as_str() };
        if let Some(SuggestionPlace { urgent, asked_at, id }) = queue.after {
            let behind = [
                doc! { "urgent": { "$lt": urgent } },
                doc! { "urgent": urgent, "asked_at": { "$gt": asked_at } },
                doc! { "urgent": urgent, "asked_at": asked_at, "_id": { "$gt": id.0 } },
            ];
            filter.insert("$or", behind.to_vec());
        }
        self.many("Suggestion", filter, order, queue.limit).await
    }

    async fn count_suggestions(&self) -> Result<Vec<(SuggestionState, i64)>> {
        let group = doc! { "$group": { "_id": "$state", "n": { "$sum": 1_i64 } } };
        let rows = self.aggregate("Suggestion", vec![group, doc! { "$set": { "state": "$_id" } }, doc! { "$sort": { "_id": 1 } }]).await?;
        rows.iter().map(|row| Ok((state(row)?, number(row, "n")))).collect()
    }

    async fn count_made_ahead(&self, since: DateTime) -> Result<i64> {
        let filter = doc! { "urgent": false, "asked_at": { "$gte": since } };
        let n = self.collection::<Document>("Suggestion").count_documents(filter).await.map_err(fault)?;
        Ok(i64::try_from(n).unwrap_or(i64::MAX))
    }

    async fn tally_suggestions(&self, since: DateTime) -> Result<Vec<SuggestionTally>> {
        let settled = doc! { "settled_at": { "$gte": since }, "state": { "$nin": ["queued", "drafting"] } };
        let day = doc! { "$toLong": { "$floor": { "$divide": [{ "$toLong": "$settled_at" }, DAY_MS] } } };
        let by = doc! { "day": day, "state": "$state", "edited": { "$gt": ["$edit_distance", 0.0] } };
        let sums = doc! {
            "_id": by,
            "n": { "$sum": 1_i64 },
            "reply_tokens": { "$sum": "$cost.reply_tokens" },
            "decode_ms": { "$sum": "$cost.decode_ms" },
        };
        let sort = doc! { "$sort": { "_id.day": 1, "_id.state": 1, "_id.edited": 1 } };
        let rows = self.aggregate("Suggestion", vec![doc! { "$match": settled }, doc! { "$group": sums }, sort]).await?;
        let tally = |row: &Document| {
            let by = row.get_document("_id").cloned().unwrap_or_default();
            Ok(SuggestionTally {
                day: number(&by, "day"),
                state: state(&by)?,
                edited: by.get_bool("edited").unwrap_or_default(),
                n: number(row, "n"),
                reply_tokens: number(row, "reply_tokens"),
                decode_ms: number(row, "decode_ms"),
            })
        };
        rows.iter().map(tally).collect()
    }

    async fn take_suggestion(&self, holder: &str, urgent: bool, now: DateTime, until: DateTime) -> Result<Option<Suggestion>> {
        let taken = doc! {
            "$set": { "state": "drafting", "lease": { "holder": holder, "until": until }, "so_far": "" },
            "$inc": { "n_begun": 1 },
        };
        let collection = self.collection::<RawDocumentBuf>("Suggestion");
        for free in [doc! { "state": "drafting", "lease.until": { "$lt": now } }, doc! { "state": "queued" }] {
            let mut filter = free;
            filter.insert("urgent", urgent);
            let take = collection.find_one_and_update(filter, taken.clone()).sort(doc! { "asked_at": 1, "_id": 1 });
            if let Some(found) = take.return_document(ReturnDocument::After).await.map_err(fault)? {
                return decode("Suggestion", &found).map(Some);
            }
        }
        Ok(None)
    }

    async fn touch_suggestion(&self, id: &SuggestionId, holder: &str, until: DateTime, so_far: &str) -> Result<bool> {
        let change = doc! { "$set": { "lease.until": until, "so_far": so_far } };
        let done = self.collection::<Document>("Suggestion").update_one(held(id, holder), change).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    async fn update_suggestion(&self, suggestion: &Suggestion, was: SuggestionState, holder: Option<&str>) -> Result<bool> {
        let filter = match holder {
            Some(holder) if was == SuggestionState::Drafting => held(&suggestion.id, holder),
            Some(_) => return Ok(false),
            None => doc! { "_id": suggestion.id.0, "state": was.as_str() },
        };
        let done = self.collection::<Document>("Suggestion").replace_one(filter, encode("Suggestion", suggestion)?).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }
}
