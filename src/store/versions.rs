//! Versions of known errors.

use async_trait::async_trait;

use super::Result;
use crate::domain::{KnownErrorId, KnownErrorVersion};

/// Every state that known errors had. Versions are added, never changed and never removed.
#[async_trait]
pub trait VersionStore {
    /// Keeps versions; false for each whose number its known error has already.
    async fn insert_known_error_versions(&self, versions: &[KnownErrorVersion]) -> Result<Vec<bool>>;
    /// The version of this number.
    async fn find_known_error_version(&self, known_error: &KnownErrorId, number: i64) -> Result<Option<KnownErrorVersion>>;
    /// Versions of a known error, the latest first; only those before a number, if there is one.
    async fn list_known_error_versions(
        &self,
        known_error: &KnownErrorId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<KnownErrorVersion>>;
}
