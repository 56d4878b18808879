//! Advice and explanations: what a person is shown for an error.

pub use crate::inference::{Match, Reason};

use bson::RawDocumentBuf;

use crate::{
    domain::{Answer, ErrorCode, KnownError, Log, LogError, Method, StatusError},
    inference::Verdict,
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
    /// It was weighed against this other known error.
    Against(Reason, Box<KnownError>),
}

/// A reason with the known error that it speaks of, where it speaks of one.
pub fn why(services: &Services, reason: Reason) -> Why {
    let other = match &reason {
        Reason::RunnerUp { id, .. } | Reason::MoreSpecific { id } => services.knowledge.entry(id),
        _ => None,
    };
    match other {
        Some(other) => Why::Against(reason, Box::new(other)),
        None => Why::Text(reason),
    }
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
    let found = now.ranking().find(|found| found.id == *id).into_iter().flat_map(|found| found.reasons.iter().cloned());
    let found = found.map(|reason| why(services, reason));
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

/// An error that is to be explained: its text, and what else known errors may ask for.
#[derive(Debug, Clone, Default)]
pub struct Unexplained {
    /// The text.
    pub text: String,
    /// The server's code for it.
    pub code: Option<String>,
    /// An encoded Log that carries it; without one no condition holds.
    pub log: Option<RawDocumentBuf>,
}

impl Unexplained {
    /// A text of which nothing else is known.
    pub fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// The error that a Log carries.
    pub fn of_log(log: &Log) -> Option<Self> {
        let fault = log.error.as_ref()?;
        let code = fault.code.as_ref().map(ErrorCode::to_string);
        Some(Self { text: fault.message.clone(), code, log: bson::serialize_to_raw_document_buf(log).ok() })
    }

    /// What a group's errors say, as they do in an example.
    pub fn of_group(group: &LogError, example: Option<&Log>) -> Self {
        Self {
            text: group.message.clone(),
            code: group.code.as_ref().map(ErrorCode::to_string),
            log: example.and_then(|log| bson::serialize_to_raw_document_buf(log).ok()),
        }
    }
}

/// As [`nearest`], by meaning as well where an embedding model is ready in time.
pub async fn nearest_in_meaning(services: &Services, error: Unexplained) -> Vec<Match> {
    let meaning = meanings::meaning(services, &error.text).await;
    let knowledge = services.knowledge.clone();
    let verdict = tokio::task::spawn_blocking(move || match meaning {
        Some(meaning) => knowledge.classify_by_meaning(&error.text, error.code.as_deref(), error.log.as_deref(), &meaning),
        None => knowledge.classify(&error.text, error.code.as_deref(), error.log.as_deref()),
    });
    verdict.await.map(ranked).unwrap_or_default()
}

/// The nearest known errors for an error that nobody knows: hints for whoever explains it.
pub fn nearest(services: &Services, error: &Unexplained) -> Vec<Match> {
    ranked(services.knowledge.classify(&error.text, error.code.as_deref(), error.log.as_deref()))
}

fn ranked(verdict: Verdict) -> Vec<Match> {
    match verdict {
        Verdict::Known { best, alternatives } => std::iter::once(best).chain(alternatives).collect(),
        Verdict::Unknown { nearest, .. } => nearest,
    }
}
