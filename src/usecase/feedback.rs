//! What people say of answers after trying them: one word a person and answer, of which the latest counts.

use bson::{DateTime, doc};

use super::{
    Services,
    audit::{self, AuditAction, Deed},
};
use crate::{
    domain::{AnswerId, Feedback, KnownErrorId},
    store::Result,
};

/// Keeps what a person says of an answer, and counts it; false where the known error has no such answer.
///
/// # Errors
/// When the store fails.
pub async fn say(services: &Services, known_error: &KnownErrorId, answer: AnswerId, worked: bool, by: &str, now: DateTime) -> Result<bool> {
    let store = &services.store;
    if !store.list_answers(Some(known_error)).await?.iter().any(|known| known.id == answer) {
        return Ok(false);
    }
    let before = store.list_feedback(known_error, Some(by)).await?.into_iter().find(|said| said.answer_id == answer);
    store.save_feedback(&Feedback::new(answer, known_error.clone(), by, worked, now)).await?;
    store.recount_answers(known_error).await?;
    let told = |worked: bool| doc! { "answer": answer.0, "worked": worked };
    let deed = Deed::new(AuditAction::AnswerFeedback, known_error).after(&told(worked));
    audit::record(services, deed.before(&before.map(|said| told(said.worked)))).await?;
    Ok(true)
}
