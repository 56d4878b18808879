//! A draft, the form in which a model has to write one, and the reading of what it wrote.
//!
//! What a model says is untrusted: it is a draft to the letter or it is a [`ReplyError`]. The words of a draft are cleaned of whatever
//! is not meant to be seen; they are still text of a stranger, to be escaped wherever they are shown.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    reply::{self, ReplyError},
    source::{Citable, Source},
};

/// Characters of a cause at most.
pub const MAX_CAUSE: usize = 400;
/// Characters of a step at most.
pub const MAX_STEP: usize = 200;
/// Steps at most.
pub const MAX_STEPS: usize = 6;
/// Citations at most.
pub const MAX_CITES: usize = 8;

/// Whether there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftVerdict {
    /// There is one.
    Draft,
    /// The evidence does not carry one.
    InsufficientEvidence,
}

/// What a model, or retrieval, proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Whether it is an answer.
    pub verdict: DraftVerdict,
    /// What is thought to be wrong, or what is missing.
    pub cause: String,
    /// What to do, in this order; none without an answer.
    pub steps: Vec<String>,
    /// What it rests on, each once.
    pub cites: Vec<Source>,
    /// How sure it says it is, 0 to 1.
    pub confidence: f64,
}

/// The draft as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: DraftVerdict,
    cause: String,
    steps: Vec<String>,
    cites: Vec<String>,
    confidence: i64,
}

impl Draft {
    /// The JSON schema of a draft that cites from these sources.
    pub fn schema(citable: &Citable) -> Value {
        json!({
            "type": "object",
            "properties": {
                "verdict": {"type": "string", "enum": ["draft", "insufficient_evidence"]},
                "cause": {"type": "string", "maxLength": MAX_CAUSE},
                "steps": {"type": "array", "items": {"type": "string", "maxLength": MAX_STEP}, "maxItems": MAX_STEPS},
                "cites": reply::cites_schema(citable, MAX_CITES),
                "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
            },
            "required": ["verdict", "cause", "steps", "cites", "confidence"],
            "additionalProperties": false,
        })
    }

    /// Reads a reply to a prompt with these sources.
    ///
    /// # Errors
    /// When it is anything but one draft: the error names what is wrong.
    pub fn parse(reply: &str, citable: &Citable) -> Result<Self, ReplyError> {
        let written: Written = reply::read(reply)?;
        let confidence = u8::try_from(written.confidence).ok().filter(|percent| *percent <= 100);
        let confidence = confidence.ok_or(ReplyError::OutOfRange("confidence"))?;
        let cites = reply::cites(&written.cites, MAX_CITES, citable)?;
        let cause = reply::words("cause", &written.cause, MAX_CAUSE)?;
        if written.steps.len() > MAX_STEPS {
            return Err(ReplyError::TooMany("steps", MAX_STEPS));
        }
        let steps = written.steps.iter().map(|step| reply::words("steps", step, MAX_STEP)).collect::<Result<Vec<_>, _>>()?;
        let steps: Vec<String> = steps.into_iter().filter(|step| !step.is_empty()).collect();
        match written.verdict {
            DraftVerdict::Draft if cause.is_empty() && steps.is_empty() => Err(ReplyError::Blank("cause")),
            DraftVerdict::Draft if cites.is_empty() && !citable.is_empty() => Err(ReplyError::Blank("cites")),
            DraftVerdict::Draft => Ok(Self { verdict: written.verdict, cause, steps, cites, confidence: f64::from(confidence) / 100.0 }),
            // It says itself that its steps rest on nothing.
            DraftVerdict::InsufficientEvidence => Ok(Self { verdict: written.verdict, cause, steps: Vec::new(), cites, confidence: 0.0 }),
        }
    }

    /// The texts of the draft: the cause, then the steps.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.cause).chain(&self.steps).map(String::as_str)
    }

    /// The same draft with its texts changed, as by [`Mask::unmask`](super::Mask::unmask).
    #[must_use]
    pub fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        self.cause = change(&self.cause);
        self.steps.iter_mut().for_each(|step| *step = change(step));
        self
    }
}
