//! The evidence about an unknown error: an exchange that shows it, what happened around, the nearest known errors with their answers,
//! where it was seen. Every part is read with a bound.

use bson::{Bson, DateTime, RawBson};

use crate::{
    domain::{Answer, KnownError, KnownErrorId, Log, LogError, LogState, Method, Objection, Proposal, Suggestion, SuggestionState},
    inference::Match,
    store,
    suggest::{
        Evidence, Exchange, Moment, Near, Rejected, Remedy, Spread,
        retrieval::{self, Lack},
    },
    usecase::{
        Services,
        around::{self, Scope, Span},
        diagnose::{self, Unexplained},
        reading,
    },
};

/// Known errors that are looked at.
const NEAREST: usize = 5;
/// Answers of each.
const ANSWERS: usize = 3;
/// Logs before and after the example.
const AROUND: usize = 5;
/// Suggestions of a group among which those that were turned down, or are for the same evidence, are looked for.
pub(super) const EARLIER: usize = 10;
/// Drafts turned down that a model is told of.
const REJECTED: usize = 3;
/// Largest half of an exchange that is looked at, in bytes: the prompt takes much less.
const MAX_BODY: usize = 64 << 10;

/// What is known of a group of unknown errors, with what the analyst added; nothing of earlier drafts.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_group(services: &Services, group: &LogError, context: &str, language: &str) -> store::Result<Evidence> {
    let example = services.store.find_log(&group.example_log_id).await?;
    let around = match &example {
        Some(log) => around_log(services, log).await?,
        None => Vec::new(),
    };
    let branches = group.branches.iter().map(|branch| (branch.branch.to_string(), u64::try_from(branch.count).unwrap_or_default()));
    Ok(Evidence {
        known: nearest(services, Unexplained::of_group(group, example.as_ref()), language).await?,
        message: group.message.clone(),
        code: group.code.as_ref().map(ToString::to_string),
        examples: example.iter().map(exchange).collect(),
        around,
        spread: Spread {
            n_logs: u64::try_from(group.count).unwrap_or_default(),
            branches: branches.collect(),
            seen: group.first_seen.zip(group.last_seen).map(|(first, last)| (moment(first), moment(last))),
        },
        context: context.to_owned(),
        earlier: String::new(),
        rejected: Vec::new(),
    })
}

/// The same, with the drafts for it that were turned down.
///
/// # Errors
/// When the store fails.
pub(super) async fn for_draft(services: &Services, group: &LogError, context: &str, language: &str) -> store::Result<Evidence> {
    let evidence = of_group(services, group, context, language);
    let (evidence, drafts) = tokio::try_join!(evidence, services.store.list_suggestions(&group.id, EARLIER))?;
    Ok(Evidence { rejected: rejected(&drafts), ..evidence })
}

/// The drafts among a group's latest that were turned down with a reason, in whatever language, each reason once; `drafts` are the latest
/// first.
pub fn rejected(drafts: &[Suggestion]) -> Vec<Rejected> {
    let mut found: Vec<Rejected> = Vec::new();
    for draft in drafts.iter().take(EARLIER).filter(|draft| draft.state == SuggestionState::Rejected) {
        let next = Rejected { reason: why(draft), said: said(draft) };
        if !next.reason.is_empty() && !found.iter().any(|other| other.is_for_the_same(&next)) {
            found.push(next);
        }
    }
    found.truncate(REJECTED);
    found
}

/// Why a draft was turned down, as a model is told it; blank where nobody said.
fn why(draft: &Suggestion) -> String {
    let objection = draft.objection.map(|objection| match objection {
        Objection::WrongCause => "the cause is another one",
        Objection::WrongSteps => "the steps do not help",
        Objection::Invented => "it says what the evidence does not",
        Objection::Vague => "it is too general to act on",
        Objection::NotAllowed => "what it says to do is not allowed",
    });
    let reason = Some(draft.reason.trim()).filter(|reason| !reason.is_empty());
    objection.into_iter().chain(reason).collect::<Vec<_>>().join(": ")
}

/// What an earlier draft said.
pub(super) fn said(suggestion: &Suggestion) -> String {
    suggestion.proposal.as_ref().map(Proposal::answer).unwrap_or_default()
}

/// What is known of an error text alone.
///
/// # Errors
/// When the store fails.
pub(super) async fn of_text(services: &Services, text: &str, language: &str) -> store::Result<Evidence> {
    Ok(Evidence { message: text.to_owned(), known: nearest(services, Unexplained::of_text(text), language).await?, ..Evidence::default() })
}

/// The nearest known errors in force, with the answers that worked best, in the language where they have it.
pub(super) async fn nearest(services: &Services, error: Unexplained, language: &str) -> store::Result<Vec<Near>> {
    let text = error.text.clone();
    let matches = diagnose::nearest_in_meaning(services, error).await;
    with_answers(services, related(services, &text, &matches), language).await
}

/// Known errors with their scores, and the answers of those in force.
async fn with_answers(services: &Services, found: Vec<(KnownErrorId, f64)>, language: &str) -> store::Result<Vec<Near>> {
    let in_language = |text: String, text_uk: Option<String>| text_uk.filter(|_| language == "uk").unwrap_or(text);
    let remedy =
        |answer: Answer| Remedy { text: in_language(answer.text, answer.text_uk), n_worked: answer.n_worked, n_failed: answer.n_failed };
    let in_force = found.into_iter().filter_map(|(id, score)| {
        let entry = services.knowledge.entry(&id).filter(|entry| entry.state.matches())?;
        Some((entry, score))
    });
    let in_force: Vec<(KnownError, f64)> = in_force.collect();
    let ids: Vec<KnownErrorId> = in_force.iter().map(|(entry, _)| entry.id.clone()).collect();
    let mut all = services.store.find_answers(&ids).await?;
    Answer::sort_by_success(&mut all);
    let near = in_force.into_iter().map(|(entry, score)| {
        let answers = all.extract_if(.., |answer| answer.known_error_id == entry.id).take(ANSWERS).map(remedy).collect();
        Near {
            status: entry.status.and_then(|code| services.knowledge.status(code)).map(|status| status.title).unwrap_or_default(),
            id: entry.id,
            title: in_language(entry.title, entry.title_uk),
            text: entry.text,
            answers,
            score,
        }
    });
    Ok(near.collect())
}

/// The entries that say most of what a text says, and, where an embedding model is ready, those that say it in other words: `matches` are
/// the nearest.
fn related(services: &Services, text: &str, matches: &[Match]) -> Vec<(KnownErrorId, f64)> {
    let mut found = services.knowledge.related(text, NEAREST);
    for other in matches.iter().filter(|other| other.method == Method::Semantic) {
        match found.iter_mut().find(|(id, _)| *id == other.id) {
            Some((_, score)) => *score = score.max(other.score),
            None => found.push((other.id.clone(), other.score)),
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.truncate(NEAREST);
    found
}

/// What happened in the session, or else at the server, around a Log.
pub(super) async fn around_log(services: &Services, log: &Log) -> store::Result<Vec<Moment>> {
    let reads = reading::of_branch(services, &log.branch);
    let mut found = around::around(&reads, log, Scope::Session, Span::Logs(AROUND)).await?;
    if found.before.is_empty() && found.after.is_empty() {
        found = around::around(&reads, log, Scope::Server, Span::Logs(AROUND)).await?;
    }
    let (before, after) = (around::decoded(&found.before)?, around::decoded(&found.after)?);
    Ok(before.iter().chain(&after).map(|other| Moment { id: other.id, line: line(other, log) }).collect())
}

/// A Log as a model is shown it.
pub(super) fn exchange(log: &Log) -> Exchange {
    let date = log.date.map(moment).unwrap_or_default();
    Exchange {
        id: log.id,
        head: format!("{} · {} · {date}", log.server, log.branch),
        request: log.request.as_ref().map(pretty).unwrap_or_default(),
        response: log.response.as_ref().map(pretty).unwrap_or_default(),
    }
}

/// A Log in one line: how long before or after the other, what was asked, how it ended.
pub(super) fn line(log: &Log, middle: &Log) -> String {
    let seconds = match (log.date, middle.date) {
        (Some(at), Some(middle)) => at.timestamp_millis().saturating_sub(middle.timestamp_millis()) as f64 / 1000.0,
        _ => 0.0,
    };
    let method = match &log.request {
        Some(RawBson::Document(request)) => request.get_str("method").unwrap_or_default(),
        _ => "",
    };
    let end = match (&log.error, log.state) {
        (Some(fault), _) => format!("error: {}", fault.message),
        (None, LogState::Complete) => "ok".to_owned(),
        (None, half) => half.as_str().to_owned(),
    };
    format!("{seconds:+.1} s {} {method} {end}", log.server)
}

/// A half of an exchange as indented JSON; of one that is larger than anybody reads, its size.
fn pretty(half: &RawBson) -> String {
    if let RawBson::Document(document) = half
        && document.as_bytes().len() > MAX_BODY
    {
        return format!("({} bytes)", document.as_bytes().len());
    }
    let value = Bson::try_from(half.clone()).map(Bson::into_relaxed_extjson);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default()
}

fn moment(date: DateTime) -> String {
    date.try_to_rfc3339_string().unwrap_or_default()
}

/// What a draft could rest on.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// The nearest known errors with their answers, the nearest first.
    pub near: Vec<Near>,
    /// What is lacking for a draft; nothing where there is enough.
    pub lacks: Vec<Lack>,
    evidence: Evidence,
    language: String,
}

impl Outlook {
    /// Whether more, or something else, is known than when a suggestion was asked for; `earlier` are the others for its group. Nothing is
    /// said of one in another language. `rejected` are the drafts turned down by now.
    pub fn differs(&self, suggestion: &Suggestion, earlier: &[Suggestion], rejected: Vec<Rejected>) -> bool {
        let continued = earlier.iter().find(|earlier| Some(earlier.id) == suggestion.continues);
        if suggestion.language != self.language || (suggestion.continues.is_some() && continued.is_none()) {
            return false;
        }
        let (context, earlier) = (suggestion.context.clone(), continued.map(said).unwrap_or_default());
        Evidence { context, earlier, rejected, ..self.evidence.clone() }.fingerprint() != suggestion.fingerprint
    }
}

/// What a draft for an error could rest on, without looking around; `matches` are the known errors nearest to it.
///
/// # Errors
/// When the store fails.
pub async fn outlook(
    services: &Services,
    group: &LogError,
    example: Option<&Log>,
    matches: &[Match],
    language: &str,
) -> store::Result<Outlook> {
    let evidence = Evidence {
        message: group.message.clone(),
        code: group.code.as_ref().map(ToString::to_string),
        examples: example.map(exchange).into_iter().collect(),
        known: with_answers(services, related(services, &group.message, matches), language).await?,
        ..Evidence::default()
    };
    Ok(Outlook { lacks: retrieval::lacks(&evidence), near: evidence.known.clone(), evidence, language: language.to_owned() })
}
