//! Feedback: what a person said of an answer after trying it.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{AnswerId, FeedbackId, KnownErrorId};

/// Whether an answer worked for somebody; a second word of the same person takes the place of the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// From the answer and the person.
    #[serde(rename = "_id")]
    pub id: FeedbackId,
    /// The answer.
    pub answer_id: AnswerId,
    /// The known error that it answers.
    pub known_error_id: KnownErrorId,
    /// Who said it.
    pub user: String,
    /// What was said.
    pub worked: bool,
    /// When.
    pub at: DateTime,
}

impl Feedback {
    /// What this person says of an answer.
    pub fn new(answer_id: AnswerId, known_error_id: KnownErrorId, user: &str, worked: bool, at: DateTime) -> Self {
        let id = FeedbackId::from_content(&[&answer_id.bytes(), user.as_bytes()]);
        Self { id, answer_id, known_error_id, user: user.to_owned(), worked, at }
    }
}
