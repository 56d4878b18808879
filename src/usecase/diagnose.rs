//! Advice and explanations: what a person is shown for an error.

pub use crate::inference::Reason;

use crate::{
    domain::{Answer, ErrorCode, KnownError, Log, Method, StatusError},
    inference::{Match, Verdict},
    store,
};

use super::{Services, meanings};

/// What is known of an error, and why it is taken for that.
#[derive(Debug, Clone)]
pub struct Advice {
    /// The known error.
    pub known_error: KnownError,
    /// Its status and those above it, root first.
    pub status_path: Vec<StatusError>,
    /// Remedies, those that worked more often first.
    pub answers: Vec<Answer>,
    /// Logs with the same known error.
    pub n_similar: i64,
    /// How it was recognised.
    pub method: Method,
    /// Calibrated confidence, 0 to 1.
    pub score: f64,
    /// What decided.
    pub reasons: Vec<Why>,
}

/// Why an error is taken for a known one.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// This person explained the group that it belongs to.
    Explained(String),
    /// The text speaks for it.
    Text(Reason),
}

/// The advice for a Log's error; `None` when it has none or nobody knows it.
///
/// # Errors
/// When the store does not answer.
pub async fn advice(services: &Services, log: &Log) -> store::Result<Option<Advice>> {
    let Some((verdict, fault)) = log.verdict.as_ref().zip(log.error.as_ref()) else { return Ok(None) };
    let Some(id) = &verdict.known_error_id else { return Ok(None) };
    let Some(known_error) = services.store.find_known_error(id).await? else { return Ok(None) };
    let raw = bson::serialize_to_raw_document_buf(log).ok();
    let code = fault.code.as_ref().map(ErrorCode::to_string);
    let now = services.knowledge.classify(&fault.message, code.as_deref(), raw.as_deref());
    let explained = (verdict.method == Some(Method::Approved)).then(|| Why::Explained(known_error.approved_by.clone()));
    let found = now.ranking().find(|found| found.id == *id).into_iter().flat_map(|found| found.reasons.iter().cloned().map(Why::Text));
    let reasons = explained.into_iter().chain(found).collect();
    let mut answers = services.store.list_answers(Some(id)).await?;
    Answer::sort_by_success(&mut answers);
    Ok(Some(Advice {
        status_path: known_error.status.map(|code| services.knowledge.status_path(code)).unwrap_or_default(),
        answers,
        n_similar: known_error.count,
        method: verdict.method.unwrap_or(Method::Exact),
        score: verdict.score,
        reasons,
        known_error,
    }))
}

/// As [`nearest`], by meaning as well where an embedding model is ready in time.
pub async fn nearest_in_meaning(services: &Services, text: &str) -> Vec<Match> {
    let Some(meaning) = meanings::meaning(services, text).await else { return nearest(services, text) };
    let (knowledge, owned) = (services.knowledge.clone(), text.to_owned());
    let verdict = tokio::task::spawn_blocking(move || knowledge.classify_by_meaning(&owned, &meaning)).await;
    verdict.map_or_else(|_| nearest(services, text), |verdict| verdict.ranking().cloned().collect())
}

/// The nearest known errors for a text that nobody knows: hints for whoever explains it.
pub fn nearest(services: &Services, text: &str) -> Vec<Match> {
    match services.knowledge.classify(text, None, None) {
        Verdict::Known { best, alternatives } => std::iter::once(best).chain(alternatives).collect(),
        Verdict::Unknown { nearest, .. } => nearest,
    }
}
