//! What branches were told.

use async_trait::async_trait;

use super::Result;
use crate::domain::{BranchAdvice, BranchCode, KnownErrorId};

/// What branches were told.
#[async_trait]
pub trait AdviceStore {
    /// Known errors that the branch's Logs have, by id.
    async fn list_known_of_branch(&self, branch: &BranchCode) -> Result<Vec<KnownErrorId>>;
    /// Gives the known errors that the branch was not told of the next places, in this order; the others keep theirs. Whoever reads a
    /// place has been able to read all before it.
    async fn insert_advice(&self, branch: &BranchCode, known_errors: &[KnownErrorId]) -> Result<()>;
    /// What the branch is told after this place, in order.
    async fn list_advice(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<BranchAdvice>>;
}
