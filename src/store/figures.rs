//! Known errors as pages show them: those of a page and no others, so that a page costs what it shows however many there are.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusCode};

/// A page of known errors to read, by id.
#[derive(Debug, Clone, Default)]
pub struct KnownErrorPage<'a> {
    /// Only those in this state.
    pub state: Option<LifeCycle>,
    /// Only what comes after this id.
    pub after: Option<&'a str>,
    /// At most this many.
    pub limit: usize,
}

/// Parts of the knowledge base, and figures about it.
#[async_trait]
pub trait FigureStore {
    /// Those of these known errors that there are, in no order.
    async fn find_known_errors(&self, ids: &[KnownErrorId]) -> Result<Vec<KnownError>>;
    /// A page of known errors, by id.
    async fn list_known_error_page(&self, page: &KnownErrorPage<'_>) -> Result<Vec<KnownError>>;
    /// The known errors that came most often, the most frequent first; none that never came.
    async fn list_top_known_errors(&self, limit: usize) -> Result<Vec<KnownError>>;
    /// How often known errors of each status came, by status; those without one first. Statuses whose errors never came are left out.
    async fn count_by_status(&self) -> Result<Vec<(Option<StatusCode>, i64)>>;
    /// The answers of these known errors, in the order of known error and position.
    async fn find_answers(&self, ids: &[KnownErrorId]) -> Result<Vec<Answer>>;
}
