//! A verdict for a text, as it is told: the same on the command line and in the API.

use serde::Serialize;

use super::Services;
use crate::{
    domain::{Answer, KnownError, KnownErrorId, Method, StatusError},
    inference::{Match, Reason, Verdict},
    store,
};

/// A verdict as it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The text.
    pub text: String,
    /// `known` or `unknown`.
    pub verdict: &'static str,
    /// Which known error it is.
    pub known_error_id: Option<KnownErrorId>,
    /// How it was recognised.
    pub method: Option<Method>,
    /// The probability that it is right.
    pub score: f64,
    /// What decided, a sentence a reason.
    pub why: Vec<String>,
    /// The other known error that fits as well and gave way, as it asks for less.
    pub more_specific_than: Option<KnownErrorId>,
    /// The next best, and by how much it lost.
    pub runner_up: Option<RunnerUp>,
    /// The runners-up, best first.
    pub alternatives: Vec<Alternative>,
}

/// The next best known error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunnerUp {
    /// The known error.
    pub id: KnownErrorId,
    /// By how much its probability is less.
    pub by: f64,
}

/// A runner-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// The known error.
    pub id: KnownErrorId,
    /// The probability that it is right.
    pub score: f64,
}

impl Judged {
    /// The verdict of this text.
    pub fn new(text: &str, verdict: &Verdict) -> Self {
        let alternative = |found: &Match| Alternative { id: found.id.clone(), score: round(found.score) };
        let text = text.to_owned();
        match verdict {
            Verdict::Known { best, alternatives } => Self {
                text,
                verdict: "known",
                known_error_id: Some(best.id.clone()),
                method: Some(best.method),
                score: round(best.score),
                why: best.reasons.iter().map(ToString::to_string).collect(),
                more_specific_than: best.reasons.iter().find_map(|reason| match reason {
                    Reason::MoreSpecific { id } => Some(id.clone()),
                    _ => None,
                }),
                runner_up: best.reasons.iter().find_map(|reason| match reason {
                    Reason::RunnerUp { id, by } => Some(RunnerUp { id: id.clone(), by: round(*by) }),
                    _ => None,
                }),
                alternatives: alternatives.iter().map(alternative).collect(),
            },
            Verdict::Unknown { nearest, why } => Self {
                text,
                verdict: "unknown",
                known_error_id: None,
                method: None,
                score: nearest.first().map_or(0.0, |found| round(found.score)),
                why: vec![why.to_string()],
                more_specific_than: None,
                runner_up: None,
                alternatives: nearest.iter().map(alternative).collect(),
            },
        }
    }
}

/// The verdict for a text with the server's code for it.
pub fn judge(services: &Services, text: &str, code: Option<&str>) -> Judged {
    Judged::new(text, &services.knowledge.classify(text, code, None))
}

fn round(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}

/// What is known of a text, for whoever has no Log of it.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The verdict.
    pub judged: Judged,
    /// The known error.
    pub known_error: Option<KnownError>,
    /// Its status and those above it, root first.
    pub status_path: Vec<StatusError>,
    /// Remedies, in their order.
    pub answers: Vec<Answer>,
}

/// Adds to a verdict what the knowledge base says of the known error.
///
/// # Errors
/// When the store fails.
pub async fn explain(services: &Services, judged: Judged) -> store::Result<Explained> {
    let Some(id) = &judged.known_error_id else {
        return Ok(Explained { judged, known_error: None, status_path: Vec::new(), answers: Vec::new() });
    };
    let known_error = services.store.find_known_error(id).await?;
    let answers = services.store.list_answers(Some(id)).await?;
    let status = known_error.as_ref().and_then(|entry| entry.status);
    let status_path = status.map(|code| services.knowledge.status_path(code)).unwrap_or_default();
    Ok(Explained { judged, known_error, status_path, answers })
}
