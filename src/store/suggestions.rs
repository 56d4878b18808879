//! Drafts of answers for unknown errors: who writes which, and what came of them.
//!
//! A drafter takes a suggestion by a lease; what a drafter that died held is taken again once the lease is over. Whoever changes a
//! suggestion says in which state they saw it, so that a cancelled one is not finished and a finished one not cancelled.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{GroupId, Suggestion, SuggestionId, SuggestionState};

/// Suggestions in one state.
#[derive(Debug, Clone)]
pub struct SuggestionQueue {
    /// The state.
    pub state: SuggestionState,
    /// Those behind this place.
    pub after: Option<SuggestionPlace>,
    /// At most this many.
    pub limit: usize,
}

/// A place in the order in which suggestions of a state are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuggestionPlace {
    /// A person waits for it.
    pub urgent: bool,
    /// When it was asked for.
    pub asked_at: DateTime,
    /// Its id.
    pub id: SuggestionId,
}

impl SuggestionPlace {
    /// The place of a suggestion.
    pub fn of(suggestion: &Suggestion) -> Self {
        Self { urgent: suggestion.urgent, asked_at: suggestion.asked_at, id: suggestion.id }
    }
}

/// What came of suggestions on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionTally {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// The state that they came to.
    pub state: SuggestionState,
    /// What was taken had been changed.
    pub edited: bool,
    /// Number of suggestions.
    pub n: i64,
    /// Tokens written for them.
    pub reply_tokens: i64,
    /// Time that took.
    pub decode_ms: i64,
}

/// Drafts of answers.
#[async_trait]
pub trait SuggestionStore {
    /// Keeps a suggestion; false when there is one with its id, which stays as it is.
    async fn insert_suggestion(&self, suggestion: &Suggestion) -> Result<bool>;
    /// The suggestion with this id.
    async fn find_suggestion(&self, id: &SuggestionId) -> Result<Option<Suggestion>>;
    /// Suggestions for a group, the last asked for first.
    async fn list_suggestions(&self, group: &GroupId, limit: usize) -> Result<Vec<Suggestion>>;
    /// Suggestions in a state: those a person waits for first, then the first asked for.
    async fn list_suggestions_in(&self, queue: &SuggestionQueue) -> Result<Vec<Suggestion>>;
    /// Number of suggestions in each state.
    async fn count_suggestions(&self) -> Result<Vec<(SuggestionState, i64)>>;
    /// Number of suggestions that the program asked for by itself since then.
    async fn count_made_ahead(&self, since: DateTime) -> Result<i64>;
    /// What came of suggestions from then on, by day and state; those that are open are left out.
    async fn tally_suggestions(&self, since: DateTime) -> Result<Vec<SuggestionTally>>;
    /// Takes the next suggestion to be written: one that waits, or one whose drafter's lease ended before `now`; only urgent ones, or
    /// only the others. It is in `Drafting` then, and this holder's until then; taken by one caller only, however many ask at once.
    async fn take_suggestion(&self, holder: &str, urgent: bool, now: DateTime, until: DateTime) -> Result<Option<Suggestion>>;
    /// Notes what was written so far and lengthens the lease; false when the suggestion is no longer this holder's.
    async fn touch_suggestion(&self, id: &SuggestionId, holder: &str, until: DateTime, so_far: &str) -> Result<bool>;
    /// Replaces a suggestion if it still is in this state and, where a holder is named, theirs; false where not.
    async fn update_suggestion(&self, suggestion: &Suggestion, was: SuggestionState, holder: Option<&str>) -> Result<bool>;
}
