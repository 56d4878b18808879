//! `suggest`: a draft with its sources, for an error of the store or for any error text. Nothing is kept.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Global, output::Lines};
use crate::{
    app,
    domain::{Cited, GroupId},
    suggest::ModelState,
    usecase::{
        Services,
        suggest::{self, Composed, Outcome},
    },
};

/// Draft a fix for an unknown error, with its sources.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  loghelper suggest --text 'Gateway timeout after 30 s'\n  loghelper suggest --error 5f0c… --language uk --json"
)]
pub(super) struct Suggest {
    /// An error text
    #[arg(long, required_unless_present = "error", conflicts_with = "error")]
    text: Option<String>,
    /// A group of unknown errors
    #[arg(long, value_name = "ID")]
    error: Option<GroupId>,
    /// What to add to the evidence about an error
    #[arg(long, default_value = "", requires = "error")]
    context: String,
    /// en or uk
    #[arg(long, default_value = "en", value_parser = ["en", "uk"])]
    language: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Suggest {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let services = app::open(global.config()?).await?;
        app::start_model(&services);
        if let Some(ModelState::Absent { reason, remedy }) = services.drafts.state() {
            eprintln!("no model: {reason}; {remedy}");
        }
        let composed = match (&self.error, &self.text) {
            (Some(id), _) => {
                let group = services.store.find_log_error(id).await?.with_context(|| format!("there is no error group `{id}`"))?;
                suggest::for_group(&services, &group, &self.language, &self.context).await?
            }
            (None, Some(text)) => suggest::for_text(&services, text, &self.language).await?,
            (None, None) => bail!("give `--text` or `--error`"),
        };
        let mut lines = Lines::new();
        if self.json {
            lines.json(&document(&composed))?;
        } else {
            for line in told(&services, &composed) {
                lines.text(&line)?;
            }
        }
        lines.flush()?;
        Ok(if matches!(composed.outcome, Outcome::Failed(..) | Outcome::Busy) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The draft for programs.
fn document(composed: &Composed) -> Value {
    let cite = |cited: &Cited| match cited {
        Cited::KnownError(id) => json!({ "known_error_id": id }),
        Cited::Log(id) => json!({ "log_id": id.to_string() }),
    };
    let sources = composed.sources.iter().map(|near| json!({ "id": near.id, "title": near.title, "score": near.score }));
    let mut value = json!({
        "verdict": "insufficient_evidence",
        "sources": sources.collect::<Vec<_>>(),
        "model": Some(&composed.model).filter(|model| !model.is_empty()),
        "sent_to": composed.sent_to,
        "left_out": composed.left_out,
    });
    let fields = match &composed.outcome {
        Outcome::Draft(proposal, doubts) => json!({
            "verdict": "draft",
            "cause": proposal.cause,
            "steps": proposal.steps,
            "cites": proposal.cites.iter().map(cite).collect::<Vec<_>>(),
            "confidence": proposal.confidence,
            "doubts": doubts,
        }),
        Outcome::Insufficient(reason) => json!({ "cause": reason }),
        Outcome::Failed(fault, reason) => json!({ "verdict": "failed", "fault": fault, "reason": reason }),
        Outcome::Busy => json!({ "verdict": "failed", "fault": "overloaded" }),
    };
    if let (Some(value), Value::Object(fields)) = (value.as_object_mut(), fields) {
        value.extend(fields);
    }
    value
}

/// The draft for people.
fn told(services: &Services, composed: &Composed) -> Vec<String> {
    let mut lines = Vec::new();
    match &composed.outcome {
        Outcome::Draft(proposal, doubts) => {
            lines.push(proposal.cause.clone());
            lines.extend((1..).zip(&proposal.steps).map(|(n, step)| format!("{n}. {step}")));
            let title = |cited: &Cited| match cited {
                Cited::KnownError(id) => services.knowledge.entry(id).map_or_else(|| id.to_string(), |entry| entry.title),
                Cited::Log(id) => format!("log {id}"),
            };
            lines.push(format!("rests on: {}", proposal.cites.iter().map(title).collect::<Vec<_>>().join("; ")));
            if !doubts.is_empty() {
                lines.push(format!("not borne out by the evidence: {} places", doubts.len()));
            }
            lines.push(if composed.model.is_empty() {
                "put together from the nearest answers; no model wrote it".to_owned()
            } else {
                format!("written by {}", composed.model)
            });
            lines.extend(composed.sent_to.as_ref().map(|place| format!("the evidence, masked, was sent to {place}")));
            if !composed.left_out.is_empty() {
                lines.push(format!("shortened or left out of what the model read: {}", composed.left_out.join(", ")));
            }
        }
        Outcome::Insufficient(reason) => {
            lines.push("not enough evidence for a draft".to_owned());
            lines.extend(Some(reason.clone()).filter(|reason| !reason.is_empty()));
        }
        Outcome::Failed(_, reason) => lines.push(format!("no draft: {reason}")),
        Outcome::Busy => lines.push("no draft: the model is busy".to_owned()),
    }
    lines.extend(composed.sources.iter().map(|near| format!("near: {:3.0} % {} ({})", near.score * 100.0, near.title, near.id)));
    lines
}
