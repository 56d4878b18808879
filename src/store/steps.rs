//! What processes learn of groups, in an order that all of them agree on.

use async_trait::async_trait;

use super::Result;
use crate::domain::GroupStep;

/// Steps in the learning of groups.
#[async_trait]
pub trait GroupStepStore {
    /// Keeps a step; false when its number is taken, and nothing is changed. Of processes that try one number at the same moment, one has it.
    async fn insert_group_step(&self, step: &GroupStep) -> Result<bool>;
    /// Steps after this number, in their order, the first so many of them. A step that an insertion found taken, or that was kept before a group was stored which is
    /// seen, is among them at the latest a moment later.
    async fn list_group_steps(&self, after: i64, limit: usize) -> Result<Vec<GroupStep>>;
}
