//! The outbox.

use async_trait::async_trait;
use bson::{DateTime, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;

use super::{MongoStore, decode, encode, fault, small::is_duplicate};
use crate::{
    domain::{BranchCode, Delivery, DeliveryId, SubscriptionId},
    store::{DeliveryStore, Result},
};

#[async_trait]
impl DeliveryStore for MongoStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<bool> {
        match self.collection::<Document>("Delivery").insert_one(encode("Delivery", delivery)?).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    async fn find_delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>> {
        self.one("Delivery", doc! { "_id": id.0 }).await
    }

    async fn list_deliveries(&self, branch: &BranchCode, limit: usize) -> Result<Vec<Delivery>> {
        self.many("Delivery", doc! { "branch": branch.as_str() }, doc! { "created_at": -1, "_id": -1 }, limit).await
    }

    async fn take_delivery(&self, holder: &str, now: DateTime, until: DateTime) -> Result<Option<Delivery>> {
        let taken = doc! {
            "$set": { "state": "sending", "due": until, "lease": { "holder": holder, "until": until } },
            "$inc": { "attempts": 1_i64 },
        };
        let collection = self.collection::<RawDocumentBuf>("Delivery");
        let take = collection.find_one_and_update(doc! { "due": { "$lte": now } }, taken).sort(doc! { "due": 1, "_id": 1 });
        let found = take.return_document(ReturnDocument::After).await.map_err(fault)?;
        found.map(|found| decode("Delivery", &found)).transpose()
    }

    async fn update_delivery(&self, delivery: &Delivery, holder: &str) -> Result<bool> {
        let held = doc! { "_id": delivery.id.0, "state": "sending", "lease.holder": holder };
        let done = self.collection::<Document>("Delivery").replace_one(held, encode("Delivery", delivery)?).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    async fn delete_waiting_deliveries(&self, subscription: &SubscriptionId) -> Result<u64> {
        let waiting = doc! { "subscription": subscription.0, "due": { "$type": "date" } };
        Ok(self.collection::<Document>("Delivery").delete_many(waiting).await.map_err(fault)?.deleted_count)
    }

    async fn delete_settled_deliveries(&self, before: DateTime) -> Result<u64> {
        let settled = doc! { "settled_at": { "$lt": before } };
        Ok(self.collection::<Document>("Delivery").delete_many(settled).await.map_err(fault)?.deleted_count)
    }
}
