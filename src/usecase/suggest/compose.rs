//! Evidence made into a draft: by the model where there is one, else put together from the nearest answers; not at all where nothing is
//! near.

use super::{Progress, gather, prepare, reply};
use crate::{
    domain::{AskedPrompt, Doubt, DraftCost, LogError, NearError, Proposal},
    store,
    suggest::{Backend, DraftVerdict, Evidence, Fault, ModelState, Priority, Usage, prompt, retrieval},
    usecase::Services,
};

pub use retrieval::Lack;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A draft, and what of it the evidence does not bear out.
    Draft(Proposal, Vec<Doubt>),
    /// The evidence does not carry one; what the model misses, where it was asked.
    Insufficient(String),
    /// No draft: a word for why, and what was said.
    Failed(&'static str, String),
    /// The model is too busy to take it.
    Busy,
}

/// A draft and how it came to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// What came of it.
    pub outcome: Outcome,
    /// What was lacking, where something was.
    pub lacks: Vec<Lack>,
    /// Known errors that were near.
    pub sources: Vec<NearError>,
    /// The model that was asked; blank where none was.
    pub model: String,
    /// Where the evidence was sent.
    pub sent_to: Option<String>,
    /// What was asked, masked.
    pub prompt: Option<AskedPrompt>,
    /// Words for the parts of the evidence that did not fit whole into it.
    pub left_out: Vec<String>,
    /// What it cost.
    pub cost: Option<DraftCost>,
}

/// How a draft is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    /// `en` or `uk`.
    pub(super) language: &'a str,
    /// Who waits for it.
    pub(super) priority: Priority,
    /// Chance: another attempt has another one.
    pub(super) seed: u64,
}

/// A draft for a group, at once and without keeping it.
///
/// # Errors
/// When the store fails.
pub async fn for_group(services: &Services, group: &LogError, language: &str, context: &str) -> store::Result<Composed> {
    let evidence = gather::for_draft(services, group, context, language).await?;
    Ok(compose(services, &evidence, Order { language, priority: Priority::Analyst, seed: 0 }, &|_, _| {}).await)
}

/// A draft for an error text alone, at once and without keeping it.
///
/// # Errors
/// When the store fails.
pub async fn for_text(services: &Services, text: &str, language: &str) -> store::Result<Composed> {
    let evidence = gather::of_text(services, text, language).await?;
    Ok(compose(services, &evidence, Order { language, priority: Priority::Analyst, seed: 0 }, &|_, _| {}).await)
}

/// Composes a draft; `tell` hears how far it is.
pub(super) async fn compose(
    services: &Services,
    evidence: &Evidence,
    order: Order<'_>,
    tell: &(dyn Fn(&str, Progress) + Sync),
) -> Composed {
    let sources = evidence.known.iter().map(|near| NearError { id: near.id.clone(), title: near.title.clone(), score: near.score });
    let mut composed = Composed {
        outcome: Outcome::Insufficient(String::new()),
        lacks: retrieval::lacks(evidence),
        sources: sources.collect(),
        model: String::new(),
        sent_to: None,
        prompt: None,
        left_out: Vec::new(),
        cost: None,
    };
    if !composed.lacks.is_empty() {
        return composed;
    }
    let backend = services.drafts.backend().filter(|backend| !matches!(backend.state(), ModelState::Absent { .. }));
    match backend {
        Some(backend) => by_model(services, backend.as_ref(), evidence, order, tell, composed).await,
        None => {
            composed.outcome = from_answers(evidence);
            composed
        }
    }
}

async fn by_model(
    services: &Services,
    backend: &dyn Backend,
    evidence: &Evidence,
    order: Order<'_>,
    tell: &(dyn Fn(&str, Progress) + Sync),
    composed: Composed,
) -> Composed {
    let mut room = prepare::room(&services.config.llm);
    for _ in 0..=prepare::SMALLER {
        match attempt(services, backend, evidence, (order, room), tell, &composed).await {
            Ok(composed) => return composed,
            Err(less) => room = less,
        }
    }
    Composed { outcome: Outcome::Failed("too_long", "the prompt has too many tokens for the model".to_owned()), ..composed }
}

/// One prompt, of so much evidence.
///
/// # Errors
/// With how much evidence the model would take, where that was too much.
async fn attempt(
    services: &Services,
    backend: &dyn Backend,
    evidence: &Evidence,
    (order, room): (Order<'_>, usize),
    tell: &(dyn Fn(&str, Progress) + Sync),
    composed: &Composed,
) -> Result<Composed, usize> {
    let config = &services.config.llm;
    let with = |outcome| Composed { outcome, ..composed.clone() };
    let prepared = match prepare::Prepared::new(evidence, config, prepare::language(order.language), room) {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(with(Outcome::Failed("mask", reason))),
    };
    let show = |reply: &str, progress| match progress {
        Progress::Text(preview) => tell(reply, Progress::Text(prepared.preview(preview))),
        other => tell(reply, other),
    };
    let prompt = &prepared.prompt;
    let asked = Composed {
        model: backend.name(),
        sent_to: backend.is_remote().then(|| without_secrets(&config.url)),
        prompt: Some(AskedPrompt { system: prompt.system.clone(), user: prompt.user.clone() }),
        left_out: prepared.left_out(),
        ..composed.clone()
    };
    let (reply, usage) = match reply::reply(services, backend, (prompt.clone(), order.priority, order.seed), &show).await {
        Ok(replied) => replied,
        Err(Fault::Absent(_)) => return Ok(with(from_answers(evidence))),
        Err(Fault::Overloaded(_)) => return Ok(with(Outcome::Busy)),
        Err(fault) => {
            if let Some(less) = prompt::smaller(prompt, &fault) {
                return Err(less);
            }
            return Ok(Composed { outcome: Outcome::Failed(word(&fault), fault.to_string()), ..asked });
        }
    };
    let outcome = match prepared.read(&reply) {
        Ok((draft, _)) if draft.verdict == DraftVerdict::InsufficientEvidence => Outcome::Insufficient(draft.cause),
        Ok((draft, doubts)) => Outcome::Draft(prepare::proposal(draft), doubts),
        Err(reason) => Outcome::Failed("reply", reason),
    };
    Ok(Composed { outcome, cost: Some(cost(usage)), ..asked })
}

/// The draft that the nearest answers make.
fn from_answers(evidence: &Evidence) -> Outcome {
    match retrieval::draft(evidence) {
        Some(draft) => Outcome::Draft(prepare::proposal(draft), Vec::new()),
        None => Outcome::Insufficient(String::new()),
    }
}

/// The word by which pages know a fault.
fn word(fault: &Fault) -> &'static str {
    match fault {
        Fault::Absent(_) => "absent",
        Fault::Overloaded(_) => "overloaded",
        Fault::Deadline => "deadline",
        Fault::TooLong { .. } | Fault::Uncounted(_) => "too_long",
        Fault::Broken(_) => "broken",
    }
}

pub(super) fn cost(usage: Usage) -> DraftCost {
    let millis = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    DraftCost {
        prompt_tokens: i64::from(usage.prompt_tokens),
        reply_tokens: i64::from(usage.reply_tokens),
        prefill_ms: millis(usage.prefill),
        decode_ms: millis(usage.decode),
    }
}

/// An address without the name and password that may stand in it.
pub(super) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit('@').next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
            ("https://name:pass@models.bank:8443/v1?key=s#x", "https://models.bank:8443/v1"),
            ("models.bank", "models.bank"),
            ("http://a@b@c", "http://c"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
