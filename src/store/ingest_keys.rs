//! Ingestion keys of branches.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{BranchCode, IngestKey};

/// Ingestion keys of branches.
#[async_trait]
pub trait IngestKeyStore {
    /// Adds a key; `Conflict` when its visible part is taken.
    async fn insert_ingest_key(&self, key: &IngestKey) -> Result<()>;
    /// The key with this visible part.
    async fn find_ingest_key(&self, id: &str) -> Result<Option<IngestKey>>;
    /// Keys of a branch or (`None`) of all, by branch, the oldest first.
    async fn list_ingest_keys(&self, branch: Option<&BranchCode>) -> Result<Vec<IngestKey>>;
    /// Has a key end at this moment, unless it ends earlier; false when there is none.
    async fn end_ingest_key(&self, id: &str, at: DateTime) -> Result<bool>;
    /// Notes when keys were used last; an earlier moment changes nothing.
    async fn touch_ingest_keys(&self, used: &[(String, DateTime)]) -> Result<()>;
}
