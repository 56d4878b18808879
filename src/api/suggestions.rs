//! Drafts of answers for unknown errors: asked for, read, called off, taken, turned down.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    error::{ApiError, Code},
    errors::{self, ApprovedShape},
    guard::Caller,
    input::{self, Body, missing},
    schema::{Definitions, Moment, Schema, one_of, shape},
    statuses::StatusShape,
    words::Id,
};
use crate::{
    domain::{Cited, Doubt, KnownErrorId, Objection, StatusCode, Suggestion, SuggestionState},
    usecase::{
        Services,
        approve::{self, Approval, Ways},
        suggest::{self, SuggestError, TurnedDown, Wish},
    },
};

/// The language of a draft.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftLanguage {
    /// English.
    #[default]
    En,
    /// Ukrainian.
    Uk,
}

impl DraftLanguage {
    /// Its code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Uk => "uk",
        }
    }
}

impl Schema for DraftLanguage {
    fn schema(_: &mut Definitions) -> Value {
        one_of(&["en", "uk"])
    }
}

impl Schema for SuggestionState {
    fn schema(_: &mut Definitions) -> Value {
        one_of(&Self::ALL)
    }
}

impl Schema for Objection {
    fn schema(_: &mut Definitions) -> Value {
        one_of(&Self::ALL)
    }
}

shape! {
    /// What a draft is asked for with.
    DraftInput {
        /// Its language; `en` where nothing is said.
        language: Option<DraftLanguage>,
        /// What the analyst adds to the evidence.
        context: Option<String>,
    }
    /// Why a draft is turned down.
    RejectInput {
        /// In a word.
        objection: Option<Objection>,
        /// In words.
        reason: Option<String>,
    }
    /// What the draft becomes; what is left out is taken from it.
    TakeInput {
        /// A status of the tree; this or `new_status`.
        status: Option<StatusCode>,
        /// A new status.
        new_status: Option<StatusShape>,
        /// A short name; the beginning of the text where it is left out.
        title: Option<String>,
        /// The text by which it is recognised; the group's first message where it is left out.
        text: Option<String>,
        /// Key words.
        keywords: Option<Vec<String>>,
        /// Remedies, best first; the draft's where they are left out.
        answers: Option<Vec<String>>,
    }
    /// Drafts for a group, the last asked for first.
    Suggestions {
        /// The drafts.
        suggestions: Vec<SuggestionShape>,
    }
    /// A draft answer for a group of unknown errors. What a model wrote is nobody's word until it is approved.
    SuggestionShape {
        /// Its identifier.
        id: Id,
        /// The group.
        group: Id,
        /// Where it stands.
        state: SuggestionState,
        /// `en` or `uk`.
        language: String,
        /// Who asked; blank where the program did by itself.
        asked_by: String,
        /// When.
        asked_at: Moment,
        /// What was added to the evidence.
        context: String,
        /// What is thought to be wrong.
        cause: Option<String>,
        /// What to do, in this order.
        steps: Vec<String>,
        /// How sure the draft says it is, 0 to 1.
        confidence: Option<f64>,
        /// What it rests on.
        cites: Vec<CiteShape>,
        /// What the evidence does not bear out.
        doubts: Vec<DoubtShape>,
        /// The model; blank where the draft is put together from the nearest answers.
        model: String,
        /// Where the evidence was sent; null where it stayed on the machine.
        sent_to: Option<String>,
        /// Parts of the evidence that did not fit whole into what the model reads.
        left_out: Vec<String>,
        /// Why it failed, does not suffice or was turned down.
        reason: String,
        /// What was wrong with it, in the word that was chosen when it was turned down.
        objection: Option<Objection>,
        /// Who decided about it.
        decided_by: String,
        /// Share of the text that was changed when it was taken.
        edit_distance: Option<f64>,
        /// The known error it became.
        known_error_id: Option<KnownErrorId>,
        /// When it came to its state.
        settled_at: Moment,
    }
    /// What a text rests on: one of the two.
    CiteShape {
        /// A known error.
        known_error_id: Option<KnownErrorId>,
        /// A Log.
        log_id: Option<Id>,
    }
    /// A place of a text that the evidence does not bear out.
    DoubtShape {
        /// The step, from 0; null for the cause or the answer.
        step: Option<i32>,
        /// First byte, in UTF-8.
        start: i64,
        /// The byte behind the last.
        end: i64,
        /// A Log says it, and nobody of the house does.
        only_logs: bool,
    }
}

impl From<Cited> for CiteShape {
    fn from(cited: Cited) -> Self {
        match cited {
            Cited::KnownError(id) => Self { known_error_id: Some(id), log_id: None },
            Cited::Log(id) => Self { known_error_id: None, log_id: Some(Id::of(id)) },
        }
    }
}

impl From<Doubt> for DoubtShape {
    fn from(Doubt { step, start, end, only_logs }: Doubt) -> Self {
        Self { step, start, end, only_logs }
    }
}

impl From<Suggestion> for SuggestionShape {
    fn from(suggestion: Suggestion) -> Self {
        let (is_draft, proposal) = (suggestion.proposal.is_some(), suggestion.proposal.unwrap_or_default());
        Self {
            id: Id::of(suggestion.id),
            group: Id::of(suggestion.group),
            state: suggestion.state,
            language: suggestion.language,
            asked_by: suggestion.asked_by,
            asked_at: Moment(suggestion.asked_at),
            context: suggestion.context,
            cause: is_draft.then_some(proposal.cause),
            steps: proposal.steps,
            confidence: is_draft.then_some(proposal.confidence),
            cites: proposal.cites.into_iter().map(CiteShape::from).collect(),
            doubts: suggestion.doubts.into_iter().map(DoubtShape::from).collect(),
            model: suggestion.model,
            sent_to: suggestion.sent_to,
            left_out: suggestion.left_out,
            reason: suggestion.reason,
            objection: suggestion.objection,
            decided_by: suggestion.decided_by,
            edit_distance: suggestion.edit_distance,
            known_error_id: suggestion.known_error_id,
            settled_at: Moment(suggestion.settled_at),
        }
    }
}

impl From<SuggestError> for ApiError {
    fn from(error: SuggestError) -> Self {
        let told = error.to_string();
        match error {
            SuggestError::NotFound => missing(),
            SuggestError::Known | SuggestError::Settled(_) => Self::new(Code::Conflict, told),
            SuggestError::Overloaded(_) => Self::new(Code::TooManyRequests, told),
            SuggestError::TooLong => Self::new(Code::Invalid, told),
            SuggestError::Store(error) => error.into(),
        }
    }
}

/// `GET /api/v1/errors/{id}/suggestions`.
pub(super) async fn list(services: Data<Services>, id: Path<String>) -> Result<Json<Suggestions>, ApiError> {
    let group = errors::find(&services, &id).await?;
    let found = services.store.list_suggestions(&group.id, suggest::SHOWN).await?;
    Ok(Json(Suggestions { suggestions: found.into_iter().map(SuggestionShape::from).collect() }))
}

/// `POST /api/v1/errors/{id}/suggestions`.
pub(super) async fn ask(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<DraftInput>,
) -> Result<HttpResponse, ApiError> {
    let wish = Wish {
        group: input::id(&id)?,
        language: input.language.unwrap_or_default().code().to_owned(),
        context: input.context.unwrap_or_default(),
        by: caller.user.name,
    };
    let asked = suggest::ask(&services, &wish, DateTime::now()).await?;
    Ok(HttpResponse::Created().json(SuggestionShape::from(asked)))
}

/// `POST /api/v1/errors/{id}/suggestions/{suggestion}/cancel`.
pub(super) async fn cancel(
    caller: Caller,
    services: Data<Services>,
    path: Path<(String, String)>,
) -> Result<Json<SuggestionShape>, ApiError> {
    let (group, id) = (input::id(&path.0)?, input::id(&path.1)?);
    Ok(Json(suggest::cancel(&services, &group, &id, &caller.user.name, DateTime::now()).await?.into()))
}

/// `POST /api/v1/errors/{id}/suggestions/{suggestion}/reject`.
pub(super) async fn reject(
    caller: Caller,
    services: Data<Services>,
    path: Path<(String, String)>,
    Body(input): Body<RejectInput>,
) -> Result<Json<SuggestionShape>, ApiError> {
    let (group, id) = (input::id(&path.0)?, input::id(&path.1)?);
    let why = TurnedDown { objection: input.objection, reason: input.reason.as_deref().unwrap_or_default() };
    Ok(Json(suggest::reject(&services, &group, &id, why, &caller.user.name, DateTime::now()).await?.into()))
}

/// `POST /api/v1/errors/{id}/suggestions/{suggestion}/approve`.
pub(super) async fn approve(
    caller: Caller,
    services: Data<Services>,
    path: Path<(String, String)>,
    Body(input): Body<TakeInput>,
) -> Result<Json<ApprovedShape>, ApiError> {
    let group = errors::find(&services, &path.0).await?;
    let draft = suggest::find(&services, &group.id, &input::id(&path.1)?).await?;
    if draft.state != SuggestionState::Done {
        return Err(SuggestError::Settled(draft.state).into());
    }
    let answer = draft.proposal.map(|proposal| proposal.answer()).unwrap_or_default();
    let approval = Approval {
        group: group.id,
        status: errors::choice(input.status, input.new_status)?,
        title: input.title.unwrap_or_default(),
        text: input.text.unwrap_or(group.message),
        keywords: input.keywords.unwrap_or_default(),
        answers: input.answers.unwrap_or_else(|| vec![answer]),
        ways: Ways::default(),
        by: caller.user.name,
    };
    Ok(Json(approve::approve(&services, approval, DateTime::now()).await?.into()))
}
