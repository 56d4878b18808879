//! What people said of answers.

use async_trait::async_trait;

use super::Result;
use crate::domain::{Feedback, KnownErrorId};

/// Feedback about answers: one word a person and answer.
#[async_trait]
pub trait FeedbackStore {
    /// Keeps what a person says of an answer, in the place of what they said before.
    async fn save_feedback(&self, feedback: &Feedback) -> Result<()>;
    /// What was said of a known error's answers, by one person or by all.
    async fn list_feedback(&self, known_error: &KnownErrorId, user: Option<&str>) -> Result<Vec<Feedback>>;
    /// Recounts how often the answers of a known error worked and did not; this is no change of knowledge.
    async fn recount_answers(&self, known_error: &KnownErrorId) -> Result<()>;
}
