//! What people do with suggestions: ask for one, call it off, turn a draft down.

use bson::DateTime;
use serde::Serialize;

use super::gather;
use crate::{
    domain::{GroupId, LogError, Objection, Suggestion, SuggestionId, SuggestionState},
    store::{self, SuggestionQueue},
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// Longest text that an analyst adds to the evidence, or gives as a reason, in characters.
pub const MAX_WORDS: usize = 2_000;
/// Suggestions of a group that are shown, and among which the next attempt is counted.
pub const SHOWN: usize = 50;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The group.
    pub group: GroupId,
    /// `en` or `uk`.
    pub language: String,
    /// What the analyst adds to the evidence.
    pub context: String,
    /// Who asks.
    pub by: String,
}

/// Why a draft is turned down; nobody has to say.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct TurnedDown<'a> {
    /// In a word.
    pub objection: Option<Objection>,
    /// In the analyst's own words.
    pub reason: &'a str,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum SuggestError {
    /// There is no such group or suggestion.
    #[error("there is no such error group or suggestion")]
    NotFound,
    /// The group was explained.
    #[error("the error is known already")]
    Known,
    /// The suggestion is in no state for that.
    #[error("the suggestion is {} already", .0.as_str())]
    Settled(SuggestionState),
    /// Too many wait.
    #[error("{0} suggestions wait already")]
    Overloaded(usize),
    /// More was said than is read.
    #[error("at most {MAX_WORDS} characters")]
    TooLong,
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Asks for a draft; where the same one is being written already, that one.
///
/// # Errors
/// When there is no such group, it is known, too many drafts wait, too much was added, or the store fails.
pub async fn ask(services: &Services, wish: &Wish, now: DateTime) -> Result<Suggestion, SuggestError> {
    let context = wish.context.trim().replace("\r\n", "\n");
    if context.chars().count() > MAX_WORDS {
        return Err(SuggestError::TooLong);
    }
    let group: LogError = services.store.find_log_error(&wish.group).await?.ok_or(SuggestError::NotFound)?;
    if group.known_error_id.is_some() {
        return Err(SuggestError::Known);
    }
    let mut same = services.store.list_suggestions(&group.id, SHOWN).await?;
    // What is added is said of the draft that is shown.
    let is_before_them = |other: &&Suggestion| other.proposal.is_some() && other.language == wish.language;
    let continued = if context.is_empty() { None } else { same.iter().find(is_before_them).cloned() };
    let mut evidence = gather::for_draft(services, &group, &context, &wish.language).await?;
    evidence.earlier = continued.as_ref().map(gather::said).unwrap_or_default();
    let fingerprint = evidence.fingerprint();
    same.retain(|other| other.fingerprint == fingerprint && other.language == wish.language);
    if let Some(open) = same.iter().find(|other| other.state.is_open()) {
        return Ok(open.clone());
    }
    let limit = services.config.llm.queue;
    let queue = SuggestionQueue { state: SuggestionState::Queued, after: None, limit: limit.saturating_add(1) };
    let n_waiting = services.store.list_suggestions_in(&queue).await?.iter().filter(|waiting| waiting.urgent).count();
    if n_waiting >= limit {
        return Err(SuggestError::Overloaded(n_waiting));
    }
    let attempt = same.iter().map(|other| other.attempt.saturating_add(1)).max().unwrap_or_default();
    let continues = continued.map(|earlier| earlier.id);
    let wanted = Suggestion { context, continues, ..Suggestion::asked(group.id, &fingerprint, &wish.language, attempt, &wish.by, now) };
    if !services.store.insert_suggestion(&wanted).await? {
        // Somebody asked for the same at the same moment.
        return services.store.find_suggestion(&wanted.id).await?.ok_or(SuggestError::NotFound);
    }
    services.drafts.wake();
    Ok(wanted)
}

/// The suggestion of this id, if it is one for this group.
///
/// # Errors
/// When there is none or the store fails.
pub async fn find(services: &Services, group: &GroupId, id: &SuggestionId) -> Result<Suggestion, SuggestError> {
    services.store.find_suggestion(id).await?.filter(|found| found.group == *group).ok_or(SuggestError::NotFound)
}

/// How many drafts are written before this one.
///
/// # Errors
/// When the store fails.
pub async fn ahead(services: &Services, suggestion: &Suggestion) -> store::Result<usize> {
    let limit = services.config.llm.queue.saturating_mul(2).max(SHOWN);
    let list = async |state| services.store.list_suggestions_in(&SuggestionQueue { state, after: None, limit }).await;
    let waiting = list(SuggestionState::Queued).await?;
    let before = waiting.iter().take_while(|other| other.id != suggestion.id).count();
    Ok(before + list(SuggestionState::Drafting).await?.len())
}

/// Calls a draft off that is not written yet.
///
/// # Errors
/// When there is no such suggestion, it is settled, or the store fails.
pub async fn cancel(services: &Services, group: &GroupId, id: &SuggestionId, by: &str, now: DateTime) -> Result<Suggestion, SuggestError> {
    let change = |found: Suggestion| Suggestion { decided_by: by.to_owned(), ..found.settled(SuggestionState::Cancelled, "", now) };
    let (_, cancelled) = settle(services, group, id, SuggestionState::is_open, change).await?;
    services.drafts.stop(id);
    Ok(cancelled)
}

/// Turns a draft down.
///
/// # Errors
/// When there is no such suggestion, nothing to turn down, the reason is too long, or the store fails.
pub async fn reject(
    services: &Services,
    group: &GroupId,
    id: &SuggestionId,
    why: TurnedDown<'_>,
    by: &str,
    now: DateTime,
) -> Result<Suggestion, SuggestError> {
    let why = TurnedDown { reason: why.reason.trim(), ..why };
    if why.reason.chars().count() > MAX_WORDS {
        return Err(SuggestError::TooLong);
    }
    let change = |found: Suggestion| Suggestion {
        decided_by: by.to_owned(),
        objection: why.objection,
        ..found.settled(SuggestionState::Rejected, why.reason, now)
    };
    let (was, rejected) = settle(services, group, id, |state| state == SuggestionState::Done, change).await?;
    let deed = Deed::new(AuditAction::SuggestionReject, id).by(by).before(&was.proposal).after(&why);
    audit::record(services, deed).await?;
    Ok(rejected)
}

/// Changes a suggestion that is in a state for it, whatever others do at the same time.
async fn settle(
    services: &Services,
    group: &GroupId,
    id: &SuggestionId,
    fits: impl Fn(SuggestionState) -> bool,
    change: impl Fn(Suggestion) -> Suggestion,
) -> Result<(Suggestion, Suggestion), SuggestError> {
    loop {
        let was = find(services, group, id).await?;
        if !fits(was.state) {
            return Err(SuggestError::Settled(was.state));
        }
        let is = change(was.clone());
        if services.store.update_suggestion(&is, was.state, None).await? {
            return Ok((was, is));
        }
        // States run one way, so that this ends.
    }
}
