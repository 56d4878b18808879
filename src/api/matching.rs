//! A text or a Log in, what the knowledge base says of it out.

use actix_web::web::{self, Data, Json, Path};

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::Body,
    known_errors::{AnswerShape, KnownErrorShape},
    logs,
    schema::shape,
    statuses::StatusShape,
};
use crate::{
    domain::{KnownErrorId, Method},
    usecase::{
        Services,
        diagnose::{self, Why},
        judge::{self, Judged},
    },
};

/// Longest text, in bytes.
const MAX_TEXT: usize = 64 << 10;

shape! {
    /// An error to recognise.
    MatchInput {
        /// Its text, at most 64 KiB.
        text: String,
        /// The server's code for it.
        code: Option<String>,
    }
    /// A verdict, as the command `match` prints it.
    MatchVerdict {
        /// The text.
        text: String,
        /// `known` or `unknown`.
        verdict: String,
        /// Which known error it is.
        known_error_id: Option<KnownErrorId>,
        /// How it was recognised.
        method: Option<Method>,
        /// The probability that it is right.
        score: f64,
        /// What decided.
        why: Vec<String>,
        /// The other known error that fits as well and gave way, as it asks for less: fewer facts of the Log, or no code.
        more_specific_than: Option<KnownErrorId>,
        /// The next best known error.
        runner_up: Option<MatchRunnerUp>,
        /// The runners-up, best first.
        alternatives: Vec<MatchAlternative>,
    }
    /// The next best known error, and by how much it lost.
    MatchRunnerUp {
        /// The known error.
        id: KnownErrorId,
        /// By how much its probability is less.
        by: f64,
    }
    /// A runner-up.
    MatchAlternative {
        /// The known error.
        id: KnownErrorId,
        /// The probability that it is right.
        score: f64,
    }
    /// Advice and explanations for an error.
    Diagnosis {
        /// The known error; null where nobody knows it.
        known_error: Option<KnownErrorShape>,
        /// Its status and those above it, root first.
        status_path: Vec<StatusShape>,
        /// Remedies, best first.
        answers: Vec<AnswerShape>,
        /// How it was recognised.
        method: Option<Method>,
        /// The probability that it is right.
        score: f64,
        /// What decided.
        why: Vec<String>,
    }
}

impl From<Judged> for MatchVerdict {
    fn from(judged: Judged) -> Self {
        let alternatives = judged.alternatives.into_iter();
        Self {
            text: judged.text,
            verdict: judged.verdict.to_owned(),
            known_error_id: judged.known_error_id,
            method: judged.method,
            score: judged.score,
            why: judged.why,
            more_specific_than: judged.more_specific_than,
            runner_up: judged.runner_up.map(|found| MatchRunnerUp { id: found.id, by: found.by }),
            alternatives: alternatives.map(|found| MatchAlternative { id: found.id, score: found.score }).collect(),
        }
    }
}

/// The verdict for a text; matching is work for another thread than those that serve.
async fn judged(services: Data<Services>, input: MatchInput) -> Result<Judged, ApiError> {
    if input.text.len() > MAX_TEXT {
        return Err(ApiError::new(Code::Invalid, format!("text: at most {MAX_TEXT} bytes")));
    }
    web::block(move || judge::judge(&services, &input.text, input.code.as_deref())).await.map_err(ApiError::failed)
}

/// `POST /api/v1/match`.
pub(super) async fn verdict(services: Data<Services>, Body(input): Body<MatchInput>) -> Result<Json<MatchVerdict>, ApiError> {
    Ok(Json(judged(services, input).await?.into()))
}

/// `POST /api/v1/diagnose`.
pub(super) async fn text(caller: Caller, services: Data<Services>, Body(input): Body<MatchInput>) -> Result<Json<Diagnosis>, ApiError> {
    let judged = judged(services.clone(), input).await?;
    let explained = judge::explain(&services, judged).await?;
    Ok(Json(Diagnosis {
        known_error: explained.known_error.map(|entry| KnownErrorShape::told(entry, &caller)),
        status_path: explained.status_path.into_iter().map(StatusShape::from).collect(),
        answers: explained.answers.into_iter().map(AnswerShape::from).collect(),
        method: explained.judged.method,
        score: explained.judged.score,
        why: explained.judged.why,
    }))
}

/// `GET /api/v1/logs/{id}/diagnosis`.
pub(super) async fn log(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<Diagnosis>, ApiError> {
    let log = logs::find(&caller, &services, &id).await?;
    let advice = diagnose::advice(&services, &log).await?;
    let score = log.verdict.map_or(0.0, |verdict| verdict.score);
    let Some(advice) = advice else {
        let (status_path, answers, why) = (Vec::new(), Vec::new(), Vec::new());
        return Ok(Json(Diagnosis { known_error: None, status_path, answers, method: None, score, why }));
    };
    let why = |why: &Why| match why {
        Why::Explained(by) => format!("{by} explained the group that it belongs to"),
        Why::Text(reason) | Why::Against(reason, _) => reason.to_string(),
    };
    Ok(Json(Diagnosis {
        status_path: advice.status_path.into_iter().map(StatusShape::from).collect(),
        answers: advice.answers.into_iter().map(AnswerShape::from).collect(),
        method: Some(advice.method),
        score: advice.score,
        why: advice.reasons.iter().map(why).collect(),
        known_error: Some(KnownErrorShape::told(advice.known_error, &caller)),
    }))
}
