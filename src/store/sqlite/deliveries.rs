//! The outbox.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{BranchCode, Delivery, DeliveryId, DeliveryState, Lease, SubscriptionId},
    store::{DeliveryStore, Result},
};

fn find(tx: &Connection, id: &DeliveryId) -> Result<Option<Delivery>> {
    select_one(tx, "Delivery", "SELECT doc FROM \"Delivery\" WHERE _id = ?1", [id.bytes()])
}

/// Writes a delivery with what it is asked for by; `verb` says what becomes of one that is there.
fn save(tx: &Connection, verb: &str, delivery: &Delivery) -> Result<usize> {
    let columns = "_id, doc, branch, subscription, due, created_at, settled_at";
    let row = (
        delivery.id.bytes(),
        encode("Delivery", delivery)?,
        delivery.branch.as_str(),
        delivery.subscription.bytes(),
        delivery.due.map(DateTime::timestamp_millis),
        delivery.created_at.timestamp_millis(),
        delivery.settled_at.map(DateTime::timestamp_millis),
    );
    execute(tx, &format!("{verb} INTO \"Delivery\" ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"), row)
}

#[async_trait]
impl DeliveryStore for SqliteStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<bool> {
        let delivery = delivery.clone();
        self.write(move |tx| Ok(save(tx, "INSERT OR IGNORE", &delivery)? > 0)).await
    }

    async fn find_delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>> {
        let id = *id;
        self.read(move |tx| find(tx, &id)).await
    }

    async fn list_deliveries(&self, branch: &BranchCode, limit: usize) -> Result<Vec<Delivery>> {
        let key = (branch.to_string(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Delivery\" WHERE branch = ?1 ORDER BY created_at DESC, _id DESC LIMIT ?2";
        self.read(move |tx| select(tx, "Delivery", sql, key)).await
    }

    async fn take_delivery(&self, holder: &str, now: DateTime, until: DateTime) -> Result<Option<Delivery>> {
        let (holder, now) = (holder.to_owned(), now.timestamp_millis());
        let sql = "SELECT doc FROM \"Delivery\" WHERE due <= ?1 ORDER BY due, _id LIMIT 1";
        // An empty outbox is asked often: it must not keep writers waiting.
        if self.read(move |tx| select_one::<Delivery>(tx, "Delivery", sql, [now])).await?.is_none() {
            return Ok(None);
        }
        self.write(move |tx| {
            let Some(mut next) = select_one::<Delivery>(tx, "Delivery", sql, [now])? else { return Ok(None) };
            next.state = DeliveryState::Sending;
            next.attempts = next.attempts.saturating_add(1);
            (next.due, next.lease) = (Some(until), Some(Lease { holder, until }));
            save(tx, "INSERT OR REPLACE", &next)?;
            Ok(Some(next))
        })
        .await
    }

    async fn update_delivery(&self, delivery: &Delivery, holder: &str) -> Result<bool> {
        let (delivery, holder) = (delivery.clone(), holder.to_owned());
        self.write(move |tx| {
            let held = |found: &Delivery| found.state == DeliveryState::Sending && found.lease.as_ref().is_some_and(|l| l.holder == holder);
            if find(tx, &delivery.id)?.is_some_and(|found| held(&found)) {
                return Ok(save(tx, "INSERT OR REPLACE", &delivery)? > 0);
            }
            Ok(false)
        })
        .await
    }

    async fn delete_waiting_deliveries(&self, subscription: &SubscriptionId) -> Result<u64> {
        let id = subscription.bytes();
        let sql = "DELETE FROM \"Delivery\" WHERE subscription = ?1 AND due IS NOT NULL";
        self.write(move |tx| Ok(execute(tx, sql, [id])? as u64)).await
    }

    async fn delete_settled_deliveries(&self, before: DateTime) -> Result<u64> {
        let before = before.timestamp_millis();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Delivery\" WHERE settled_at < ?1", [before])? as u64)).await
    }
}
