//! What branches were told.

use async_trait::async_trait;
use bson::{Bson, Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::{BranchAdvice, BranchCode, KnownErrorId},
    store::{AdviceStore, Error, Result},
};

/// Attempts to take a place that other processes want too.
const MAX_ATTEMPTS: u32 = 100;

#[async_trait]
impl AdviceStore for MongoStore {
    async fn list_known_of_branch(&self, branch: &BranchCode) -> Result<Vec<KnownErrorId>> {
        // Asked for in this way, the index of the branch's errors leaps from one known error to the next.
        let filter = doc! { "branch": branch.as_str(), "error": { "$type": "object" }, "verdict.known_error_id": { "$gt": "" } };
        let found = self.collection::<Document>("Log").distinct("verdict.known_error_id", filter).await.map_err(fault)?;
        let mut known: Vec<KnownErrorId> = found.iter().filter_map(Bson::as_str).map(|id| KnownErrorId(id.to_owned())).collect();
        known.sort();
        Ok(known)
    }

    async fn insert_advice(&self, branch: &BranchCode, known_errors: &[KnownErrorId]) -> Result<()> {
        for known in known_errors {
            self.tell(branch, known).await?;
        }
        Ok(())
    }

    async fn list_advice(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<BranchAdvice>> {
        self.many("Advice", doc! { "branch": branch.as_str(), "seq": { "$gt": after } }, doc! { "seq": 1 }, limit).await
    }
}

impl MongoStore {
    /// Gives one known error the next place. The place before it is there, so that nobody reads past a place that is still to come.
    async fn tell(&self, branch: &BranchCode, known: &KnownErrorId) -> Result<()> {
        for _ in 0..MAX_ATTEMPTS {
            let last: Vec<BranchAdvice> = self.many("Advice", doc! { "branch": branch.as_str() }, doc! { "seq": -1 }, 1).await?;
            let advice = BranchAdvice::new(branch, known, last.first().map_or(0, |last| last.seq) + 1);
            if self.one::<BranchAdvice>("Advice", doc! { "_id": &advice.id }).await?.is_some() {
                return Ok(());
            }
            match self.collection::<Document>("Advice").insert_one(encode("Advice", &advice)?).await {
                Ok(_) => return Ok(()),
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(fault(error)),
            }
        }
        Err(Error::Unavailable { reason: format!("other processes keep advising {branch}"), source: None })
    }
}
