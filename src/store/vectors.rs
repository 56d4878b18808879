//! What known errors mean to an embedding model.

use async_trait::async_trait;

use super::Result;
use crate::domain::{KnownErrorId, KnownErrorVectors};

/// Vectors of known errors. They are made from knowledge, so that losing them costs time and nothing else; changing them is no change of
/// knowledge.
#[async_trait]
pub trait VectorStore {
    /// Saves vectors, each in the place of those of its known error by its model.
    async fn save_known_error_vectors(&self, vectors: &[KnownErrorVectors]) -> Result<()>;
    /// Vectors of these known errors by this model, in no order; those that there are.
    async fn find_known_error_vectors(&self, model: &str, ids: &[KnownErrorId]) -> Result<Vec<KnownErrorVectors>>;
    /// Known errors that have vectors by any model, by id: at most `limit` after this one.
    async fn list_known_errors_with_vectors(&self, after: Option<&KnownErrorId>, limit: usize) -> Result<Vec<KnownErrorId>>;
    /// Removes the vectors of these known errors by every model.
    async fn delete_known_error_vectors(&self, ids: &[KnownErrorId]) -> Result<()>;
}
