//! Subscriptions and notices.

use std::collections::HashSet;

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::{BranchCode, Notice, Subject, Subscription, SubscriptionId},
    store::{Error, NoticeStore, Result, SubscriptionStore, notices::latest},
};

/// Attempts to take places that other processes want too.
const MAX_ATTEMPTS: u32 = 100;
/// Notices written at once.
const WRITTEN: usize = 500;

#[async_trait]
impl SubscriptionStore for MongoStore {
    async fn insert_subscription(&self, subscription: &Subscription) -> Result<()> {
        match self.collection::<Document>("Subscription").insert_one(encode("Subscription", subscription)?).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(Error::Conflict { collection: "Subscription", key: subscription.id.to_string() }),
            Err(error) => Err(fault(error)),
        }
    }

    async fn find_subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>> {
        self.one("Subscription", doc! { "_id": id.0 }).await
    }

    async fn list_subscriptions(&self, branch: Option<&BranchCode>, limit: usize) -> Result<Vec<Subscription>> {
        let filter = branch.map_or_else(Document::new, |branch| doc! { "branch": branch.as_str() });
        self.many("Subscription", filter, doc! { "branch": 1, "created_at": 1, "_id": 1 }, limit).await
    }

    async fn advance_subscription(&self, id: &SubscriptionId, from: i64, to: i64, at: DateTime) -> Result<bool> {
        let change = doc! { "$set": { "told": to, "told_at": at } };
        let done = self.collection::<Document>("Subscription").update_one(doc! { "_id": id.0, "told": from }, change).await;
        Ok(done.map_err(fault)?.matched_count > 0)
    }

    async fn update_subscription(&self, subscription: &Subscription, seen: i64) -> Result<bool> {
        let mut wanted = encode("Subscription", subscription)?;
        for name in ["_id", "told", "told_at"] {
            wanted.remove(name);
        }
        // What was written before there were versions is at the first.
        let version = if seen == 0 {
            doc! { "$in": [0_i64, Bson::Null] }
        } else {
            doc! { "$eq": seen }
        };
        let filter = doc! { "_id": subscription.id.0, "version": version };
        let done = self.collection::<Document>("Subscription").update_one(filter, doc! { "$set": wanted }).await;
        Ok(done.map_err(fault)?.matched_count > 0)
    }

    async fn delete_subscription(&self, id: &SubscriptionId) -> Result<bool> {
        let done = self.collection::<Document>("Subscription").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}

#[async_trait]
impl NoticeStore for MongoStore {
    async fn insert_notices(&self, branch: &BranchCode, notices: &[Notice]) -> Result<()> {
        for chunk in notices.chunks(WRITTEN) {
            self.place_notices(branch, chunk).await?;
        }
        Ok(())
    }

    async fn list_notices(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<Notice>> {
        self.many("Notice", doc! { "branch": branch.as_str(), "seq": { "$gt": after } }, doc! { "seq": 1 }, limit).await
    }

    async fn last_notice(&self, branch: &BranchCode) -> Result<i64> {
        let last: Vec<Notice> = self.many("Notice", doc! { "branch": branch.as_str() }, doc! { "seq": -1 }, 1).await?;
        Ok(last.first().map_or(0, |last| last.seq))
    }

    async fn find_notices(&self, branch: &BranchCode, subjects: &[Subject]) -> Result<Vec<Notice>> {
        let keys: Vec<String> = subjects.iter().map(Subject::key).collect();
        let filter = doc! { "branch": branch.as_str(), "key": { "$in": keys } };
        self.many("Notice", filter, doc! {}, usize::MAX).await.map(latest)
    }

    async fn count_by_branch(&self, subject: &Subject, from: DateTime, to: DateTime, limit: usize) -> Result<Vec<(BranchCode, i64)>> {
        let (field, id): (&str, Bson) = match subject {
            Subject::Known(id) => ("verdict.known_error_id", id.as_str().into()),
            Subject::Group(id) => ("verdict.group_id", id.0.into()),
        };
        let stages = vec![
            doc! { "$match": { field: id, "date": { "$gte": from, "$lt": to } } },
            doc! { "$sort": { "date": -1, "_id": -1 } },
            doc! { "$limit": i64::try_from(limit).unwrap_or(i64::MAX).max(1) },
            doc! { "$group": { "_id": "$branch", "n": { "$sum": 1_i64 } } },
            doc! { "$sort": { "_id": 1 } },
        ];
        let rows = self.aggregate("Log", stages).await?;
        let count = |row: &Document| Some((row.get_str("_id").ok()?.parse().ok()?, row.get_i64("n").ok()?));
        Ok(rows.iter().filter_map(count).collect())
    }
}

impl MongoStore {
    /// Gives notices the next places, one after the other. The place before each is there, so that nobody reads past one that is still
    /// to come.
    async fn place_notices(&self, branch: &BranchCode, notices: &[Notice]) -> Result<()> {
        let collection = self.collection::<Document>("Notice");
        for _ in 0..MAX_ATTEMPTS {
            let ids: Vec<&str> = notices.iter().map(|notice| notice.id.as_str()).collect();
            let there: Vec<Notice> = self.many("Notice", doc! { "_id": { "$in": ids } }, doc! {}, usize::MAX).await?;
            let there: HashSet<&str> = there.iter().map(|notice| notice.id.as_str()).collect();
            let last = self.last_notice(branch).await?;
            let missing = notices.iter().filter(|notice| !there.contains(notice.id.as_str()));
            let placed = missing.zip(last + 1..).map(|(notice, seq)| encode("Notice", &Notice { seq, ..notice.clone() }));
            let placed = placed.collect::<Result<Vec<Document>>>()?;
            if placed.is_empty() {
                return Ok(());
            }
            match collection.insert_many(placed).ordered(true).await {
                Ok(_) => return Ok(()),
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(fault(error)),
            }
        }
        Err(Error::Unavailable { reason: format!("other processes keep noting what {branch} had"), source: None })
    }
}
