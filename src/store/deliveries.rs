//! Messages on their way to branches.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, Delivery, DeliveryId, SubscriptionId};

/// The outbox: what was written down to be sent, and what became of it.
#[async_trait]
pub trait DeliveryStore {
    /// Adds a delivery; false when there is one with its id, which stays as it is.
    async fn insert_delivery(&self, delivery: &Delivery) -> Result<bool>;
    /// The delivery with this id.
    async fn find_delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>>;
    /// The latest deliveries of a branch, the latest first.
    async fn list_deliveries(&self, branch: &BranchCode, limit: usize) -> Result<Vec<Delivery>>;
    /// Takes the delivery that has been due for longest at `now`. It is in `Sending` then, and this holder's until then; taken by one
    /// caller only, however many ask at once.
    async fn take_delivery(&self, holder: &str, now: DateTime, until: DateTime) -> Result<Option<Delivery>>;
    /// Replaces a delivery if it still is this holder's; false where not.
    async fn update_delivery(&self, delivery: &Delivery, holder: &str) -> Result<bool>;
    /// Removes what a subscription has not sent yet; the number removed.
    async fn delete_waiting_deliveries(&self, subscription: &SubscriptionId) -> Result<u64>;
    /// Removes deliveries that were settled before this moment; the number removed.
    async fn delete_settled_deliveries(&self, before: DateTime) -> Result<u64>;
}
