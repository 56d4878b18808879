//! Who is told, and what there is to tell.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, Notice, Subject, Subscription, SubscriptionId};

/// Who is told what fails at a branch.
#[async_trait]
pub trait SubscriptionStore {
    /// Adds a subscription; `Conflict` when the branch tells this target already.
    async fn insert_subscription(&self, subscription: &Subscription) -> Result<()>;
    /// The subscription with this id.
    async fn find_subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>>;
    /// Subscriptions of a branch or (`None`) of all, by branch, the oldest first.
    async fn list_subscriptions(&self, branch: Option<&BranchCode>, limit: usize) -> Result<Vec<Subscription>>;
    /// Notes that everything up to place `to` is in a delivery, if what was noted is `from`; false where it is not.
    async fn advance_subscription(&self, id: &SubscriptionId, from: i64, to: i64, at: DateTime) -> Result<bool>;
    /// Replaces what is wanted of a subscription, and its version, if it is at the version `seen`; how far it was told stays. False where
    /// it is at another one, or gone.
    async fn update_subscription(&self, subscription: &Subscription, seen: i64) -> Result<bool>;
    /// Removes it; false when there is none.
    async fn delete_subscription(&self, id: &SubscriptionId) -> Result<bool>;
}

/// What branches had for the first time, or suddenly more often.
#[async_trait]
pub trait NoticeStore {
    /// Gives the notices of a branch that are not there the next places, in this order; the others keep theirs. Whoever reads a place
    /// has been able to read all before it.
    async fn insert_notices(&self, branch: &BranchCode, notices: &[Notice]) -> Result<()>;
    /// Notices of a branch after this place, in order.
    async fn list_notices(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<Notice>>;
    /// The last place of a branch; 0 where there is none.
    async fn last_notice(&self, branch: &BranchCode) -> Result<i64>;
    /// Of each of these subjects that the branch had, the latest notice; in no order.
    async fn find_notices(&self, branch: &BranchCode, subjects: &[Subject]) -> Result<Vec<Notice>>;
    /// How often a subject came at each branch, from one moment up to before another; of at most `limit` Logs.
    async fn count_by_branch(&self, subject: &Subject, from: DateTime, to: DateTime, limit: usize) -> Result<Vec<(BranchCode, i64)>>;
}

/// The latest notice of each subject.
pub(super) fn latest(notices: Vec<Notice>) -> Vec<Notice> {
    let mut by_key = std::collections::BTreeMap::<String, Notice>::new();
    for notice in notices {
        match by_key.get(&notice.key) {
            Some(later) if later.nth >= notice.nth => {}
            _ => _ = by_key.insert(notice.key.clone(), notice),
        }
    }
    by_key.into_values().collect()
}
