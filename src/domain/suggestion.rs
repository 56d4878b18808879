//! Suggestion: a draft answer for a group of unknown errors, from the question to what an analyst made of it.
//!
//! One document an attempt: its id says the group, the evidence, the language and which attempt it is, so that two processes that have
//! the same idea write the same document. Whatever a model wrote is untrusted text; only `review` makes knowledge of it.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{GroupId, KnownErrorId, LogId, Objection, SuggestionId};

/// Where a suggestion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionState {
    /// It waits for a drafter.
    Queued,
    /// A drafter holds its lease.
    Drafting,
    /// There is a draft, and nobody has decided.
    Done,
    /// Somebody no longer wanted it.
    Cancelled,
    /// An analyst turned the draft down.
    Rejected,
    /// An analyst made it, or what they edited it to, a known error.
    Approved,
    /// There is no draft: `reason` says why.
    Failed,
    /// The evidence does not carry a draft.
    Insufficient,
}

impl SuggestionState {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Queued, Self::Drafting, Self::Done, Self::Cancelled, Self::Rejected, Self::Approved, Self::Failed, Self::Insufficient];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Drafting => "drafting",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Failed => "failed",
            Self::Insufficient => "insufficient",
        }
    }

    /// The state of a stored word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether somebody still has to write it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Drafting)
    }
}

/// What the draft says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// What is thought to be wrong.
    pub cause: String,
    /// What to do, in this order.
    pub steps: Vec<String>,
    /// What it rests on.
    pub cites: Vec<Cited>,
    /// How sure it says it is, 0 to 1.
    pub confidence: f64,
}

impl Proposal {
    /// The answer that it would be in the knowledge base.
    pub fn answer(&self) -> String {
        let steps = (1..).zip(&self.steps).map(|(n, step)| if self.steps.len() > 1 { format!("{n}. {step}") } else { step.clone() });
        let cause = Some(self.cause.clone()).filter(|cause| !cause.is_empty());
        cause.into_iter().chain(steps).collect::<Vec<_>>().join("\n")
    }
}

/// What a draft rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cited {
    /// An entry of the knowledge base.
    KnownError(KnownErrorId),
    /// An exchange.
    Log(LogId),
}

/// A known error that was near.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearError {
    /// The known error.
    pub id: KnownErrorId,
    /// Its title then.
    pub title: String,
    /// How near it was, 0 to 1.
    pub score: f64,
}

/// A place of the draft that the evidence does not bear out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The step, from 0; the cause where there is none.
    pub step: Option<i32>,
    /// First byte in that text.
    pub start: i64,
    /// The byte behind the last.
    pub end: i64,
    /// Logs say it, and nobody of the house does.
    pub only_logs: bool,
}

/// What was asked, masked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedPrompt {
    /// The task and its rules.
    pub system: String,
    /// The evidence.
    pub user: String,
}

/// What a draft cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftCost {
    /// Tokens of the prompt.
    pub prompt_tokens: i64,
    /// Tokens written.
    pub reply_tokens: i64,
    /// Time to the first token.
    pub prefill_ms: i64,
    /// Time from there to the last.
    pub decode_ms: i64,
}

/// Who writes the draft, and for how long nobody else does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The process.
    pub holder: String,
    /// Until when.
    pub until: DateTime,
}

/// A draft answer for a group of unknown errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// From group, evidence, language and attempt.
    #[serde(rename = "_id")]
    pub id: SuggestionId,
    /// The group.
    pub group: GroupId,
    /// Fingerprint of the evidence.
    pub fingerprint: String,
    /// Language of the draft: `en` or `uk`.
    pub language: String,
    /// Which attempt with this evidence, from 0.
    pub attempt: i32,
    /// Where it stands.
    pub state: SuggestionState,
    /// A person waits for it; they go before those made ahead.
    pub urgent: bool,
    /// What the analyst added to the evidence.
    #[serde(default)]
    pub context: String,
    /// The earlier draft that this addition is about.
    #[serde(default)]
    pub continues: Option<SuggestionId>,
    /// Who asked; blank where the program did by itself.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime,
    /// Who writes it now.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// How often a drafter began it.
    #[serde(default)]
    pub n_begun: i32,
    /// What was written of it so far, while it is being written.
    #[serde(default)]
    pub so_far: String,
    /// The model; blank where the draft is put together from the nearest answers.
    #[serde(default)]
    pub model: String,
    /// Where the evidence was sent; `None` where it stayed on this machine.
    #[serde(default)]
    pub sent_to: Option<String>,
    /// What it says.
    #[serde(default)]
    pub proposal: Option<Proposal>,
    /// Known errors that were near.
    #[serde(default)]
    pub sources: Vec<NearError>,
    /// What the evidence does not bear out.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
    /// What was asked; for administrators.
    #[serde(default)]
    pub prompt: Option<AskedPrompt>,
    /// Words for the parts of the evidence that did not fit whole into what was asked.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// What it cost.
    #[serde(default)]
    pub cost: Option<DraftCost>,
    /// Why it failed, in a word that pages know.
    #[serde(default)]
    pub fault: String,
    /// Why it failed, does not suffice or was turned down.
    #[serde(default)]
    pub reason: String,
    /// What was wrong with it, where the analyst who turned it down chose a word for that.
    #[serde(default)]
    pub objection: Option<Objection>,
    /// Who decided about it.
    #[serde(default)]
    pub decided_by: String,
    /// Share of the text that the analyst changed, 0 to 1.
    #[serde(default)]
    pub edit_distance: Option<f64>,
    /// The known error it became.
    #[serde(default)]
    pub known_error_id: Option<KnownErrorId>,
    /// When it came to the state that it is in; of the open ones, when they were asked for.
    pub settled_at: DateTime,
}

impl Suggestion {
    /// The id of an attempt.
    pub fn id_for(group: &GroupId, fingerprint: &str, language: &str, attempt: i32) -> SuggestionId {
        SuggestionId::from_content(&[&group.bytes(), fingerprint.as_bytes(), language.as_bytes(), &attempt.to_le_bytes()])
    }

    /// One that waits.
    pub fn asked(group: GroupId, fingerprint: &str, language: &str, attempt: i32, by: &str, now: DateTime) -> Self {
        Self {
            id: Self::id_for(&group, fingerprint, language, attempt),
            group,
            fingerprint: fingerprint.to_owned(),
            language: language.to_owned(),
            attempt,
            state: SuggestionState::Queued,
            urgent: !by.is_empty(),
            context: String::new(),
            continues: None,
            asked_by: by.to_owned(),
            asked_at: now,
            lease: None,
            n_begun: 0,
            so_far: String::new(),
            model: String::new(),
            sent_to: None,
            proposal: None,
            sources: Vec::new(),
            doubts: Vec::new(),
            prompt: None,
            left_out: Vec::new(),
            cost: None,
            fault: String::new(),
            reason: String::new(),
            objection: None,
            decided_by: String::new(),
            edit_distance: None,
            known_error_id: None,
            settled_at: now,
        }
    }

    /// The same in another state; nobody writes it any more.
    #[must_use]
    pub fn settled(mut self, state: SuggestionState, reason: &str, now: DateTime) -> Self {
        (self.state, self.lease, self.settled_at) = (state, None, now);
        (self.reason, self.so_far) = (reason.to_owned(), String::new());
        self
    }

    /// Whether the analyst changed what they took.
    pub fn is_edited(&self) -> bool {
        self.edit_distance.is_some_and(|distance| distance > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_one_id() {
        let group = GroupId::from_content(&[b"x"]);
        let id = |fingerprint, language, attempt| Suggestion::id_for(&group, fingerprint, language, attempt);
        assert_eq!(id("f", "en", 0), Suggestion::asked(group, "f", "en", 0, "olena", DateTime::from_millis(7)).id);
        let others = [id("f", "en", 1), id("f", "uk", 0), id("g", "en", 0)];
        assert!(others.iter().all(|other| *other != id("f", "en", 0)));
    }

    #[test]
    fn the_answer_is_the_cause_and_the_steps() {
        let proposal =
            |steps: &[&str]| Proposal { cause: "Full.".into(), steps: steps.iter().map(|s| (*s).into()).collect(), ..Proposal::default() };
        assert_eq!(proposal(&["Wait."]).answer(), "Full.\nWait.");
        assert_eq!(proposal(&["Wait.", "Call."]).answer(), "Full.\n1. Wait.\n2. Call.");
        assert_eq!(Proposal::default().answer(), "");
    }

    #[test]
    fn states_read_back() {
        for state in SuggestionState::ALL {
            assert_eq!(SuggestionState::named(state.as_str()), Some(state));
        }
    }
}
