//! Known errors with their answers: read by everybody, written by expert analysts.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Body, Limit, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, StatusCode},
    usecase::{
        Services,
        entries::{self, EntryError},
        knowledge_base::{AnswerEntry, KnownErrorEntry},
    },
};

shape! {
    /// Which known errors.
    KnownErrorsAsked {
        /// Only those in this state.
        state: Option<LifeCycle>,
        /// `next` of the page before.
        after: Option<String>,
        /// At most this many, 1 to 1000; 50 where nothing is said.
        limit: Option<Limit<1000>>,
    }
    /// A page of known errors, by id.
    KnownErrorsPage {
        /// The entries.
        known_errors: Vec<KnownErrorShape>,
        /// What to send as `after` for the next page; null where this is the last.
        next: Option<String>,
    }
    /// An error that the knowledge base knows.
    KnownErrorShape {
        /// Its identifier.
        id: KnownErrorId,
        /// A short name.
        title: String,
        /// A short name in Ukrainian.
        title_uk: Option<String>,
        /// The text by which it is recognised; blank where key words do that.
        text: String,
        /// Words and phrases most of which mark it.
        keywords: Vec<String>,
        /// Words and phrases all of which must be there.
        keywords_all: Vec<String>,
        /// Words and phrases none of which may be there.
        keywords_none: Vec<String>,
        /// The server's code for it.
        code: Option<String>,
        /// A regular expression by which it is recognised.
        regex: Option<String>,
        /// A filter that the Log must satisfy.
        conditions: Option<String>,
        /// Its status.
        status: Option<StatusCode>,
        /// Where it stands in its life.
        state: LifeCycle,
        /// The group of unknown errors it was made from.
        from_group: Option<Id>,
        /// Who approved it.
        approved_by: String,
        /// When.
        approved_at: Moment,
        /// Last change.
        updated_at: Moment,
        /// Number of Logs that carry it.
        count: i64,
        /// Date of the latest Log that carries it.
        last_seen: Option<Moment>,
    }
    /// A remedy for a known error.
    AnswerShape {
        /// Its identifier.
        id: Id,
        /// The known error that it answers.
        known_error_id: KnownErrorId,
        /// Place among the answers as written, from 0.
        position: i32,
        /// What to do.
        text: String,
        /// The same in Ukrainian.
        text_uk: Option<String>,
        /// How often it was said to have worked.
        n_worked: i64,
        /// How often it was said not to have worked.
        n_failed: i64,
        /// Who wrote it.
        author: String,
        /// When.
        created_at: Moment,
    }
    /// The answers of a known error, in their order.
    Answers {
        /// The answers.
        answers: Vec<AnswerShape>,
    }
    /// A known error to be written; `text`, key words, a code or an expression is needed, all else may be left out.
    KnownErrorInput {
        /// Its identifier; derived from the text where there is none. Not used when an entry is replaced.
        id: Option<String>,
        /// A short name; the beginning of the text where there is none.
        title: Option<String>,
        /// A short name in Ukrainian.
        title_uk: Option<String>,
        /// The text by which it is recognised.
        text: Option<String>,
        /// Words and phrases most of which mark it.
        keywords: Option<Vec<String>>,
        /// Words and phrases all of which must be there.
        keywords_all: Option<Vec<String>>,
        /// Words and phrases none of which may be there.
        keywords_none: Option<Vec<String>>,
        /// The server's code for it.
        code: Option<String>,
        /// A regular expression by which it is recognised.
        regex: Option<String>,
        /// A filter that the Log must satisfy.
        conditions: Option<String>,
        /// Its status.
        status: Option<StatusCode>,
        /// Where it stands in its life; `approved` where nothing is said.
        state: Option<LifeCycle>,
        /// Remedies, best first.
        answers: Option<Vec<AnswerInput>>,
    }
    /// A remedy to be written.
    AnswerInput {
        /// What to do.
        text: String,
        /// The same in Ukrainian.
        text_uk: Option<String>,
    }
}

impl From<KnownError> for KnownErrorShape {
    fn from(entry: KnownError) -> Self {
        Self {
            id: entry.id,
            title: entry.title,
            title_uk: entry.title_uk,
            text: entry.text,
            keywords: entry.keywords,
            keywords_all: entry.keywords_all,
            keywords_none: entry.keywords_none,
            code: entry.code,
            regex: entry.regex,
            conditions: entry.conditions,
            status: entry.status,
            state: entry.state,
            from_group: entry.from_group.map(Id::of),
            approved_by: entry.approved_by,
            approved_at: Moment(entry.approved_at),
            updated_at: Moment(entry.updated_at),
            count: entry.count,
            last_seen: entry.last_seen.map(Moment),
        }
    }
}

impl From<Answer> for AnswerShape {
    fn from(answer: Answer) -> Self {
        Self {
            id: Id::of(answer.id),
            known_error_id: answer.known_error_id,
            position: answer.position,
            text: answer.text,
            text_uk: answer.text_uk,
            n_worked: answer.n_worked,
            n_failed: answer.n_failed,
            author: answer.author,
            created_at: Moment(answer.created_at),
        }
    }
}

impl From<KnownErrorInput> for KnownErrorEntry {
    fn from(input: KnownErrorInput) -> Self {
        let answers = input.answers.unwrap_or_default();
        Self {
            id: input.id,
            title: input.title,
            title_uk: input.title_uk,
            text: input.text.unwrap_or_default(),
            keywords: input.keywords.unwrap_or_default(),
            keywords_all: input.keywords_all.unwrap_or_default(),
            keywords_none: input.keywords_none.unwrap_or_default(),
            conditions: input.conditions,
            code: input.code,
            regex: input.regex,
            status: input.status,
            state: input.state.unwrap_or_default(),
            answers: answers.into_iter().map(|answer| AnswerEntry { text: answer.text, text_uk: answer.text_uk }).collect(),
        }
    }
}

impl From<EntryError> for ApiError {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::NotFound(_) => missing(),
            EntryError::Exists(_) => Self::new(Code::Conflict, error.to_string()),
            EntryError::Invalid(_) | EntryError::Status(_) => Self::new(Code::Invalid, error.to_string()),
            EntryError::Store(error) => error.into(),
        }
    }
}

/// `GET /api/v1/known-errors`.
pub(super) async fn list(services: Data<Services>, Asked(asked): Asked<KnownErrorsAsked>) -> Result<Json<KnownErrorsPage>, ApiError> {
    let limit = input::limit(asked.limit);
    let mut entries = services.store.list_known_errors().await?;
    entries.retain(|entry| {
        let behind = input::after(&asked.after).is_none_or(|after| entry.id.as_str() > after);
        behind && asked.state.is_none_or(|state| entry.state == state)
    });
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(KnownErrorsPage { known_errors: entries.into_iter().map(KnownErrorShape::from).collect(), next }))
}

/// `GET /api/v1/known-errors/{id}`.
pub(super) async fn show(services: Data<Services>, id: Path<String>) -> Result<Json<KnownErrorShape>, ApiError> {
    let found = services.store.find_known_error(&KnownErrorId(id.into_inner())).await?;
    Ok(Json(found.ok_or_else(missing)?.into()))
}

/// `GET /api/v1/known-errors/{id}/answers`.
pub(super) async fn answers(services: Data<Services>, id: Path<String>) -> Result<Json<Answers>, ApiError> {
    let id = KnownErrorId(id.into_inner());
    services.store.find_known_error(&id).await?.ok_or_else(missing)?;
    let answers = services.store.list_answers(Some(&id)).await?;
    Ok(Json(Answers { answers: answers.into_iter().map(AnswerShape::from).collect() }))
}

/// `POST /api/v1/known-errors`.
pub(super) async fn create(caller: Caller, services: Data<Services>, Body(input): Body<KnownErrorInput>) -> Result<HttpResponse, ApiError> {
    let made = entries::create(&services, input.into(), &caller.user.name, DateTime::now()).await?;
    Ok(HttpResponse::Created().json(KnownErrorShape::from(made)))
}

/// `PUT /api/v1/known-errors/{id}`.
pub(super) async fn replace(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<KnownErrorInput>,
) -> Result<Json<KnownErrorShape>, ApiError> {
    let id = KnownErrorId(id.into_inner());
    Ok(Json(entries::replace(&services, &id, input.into(), &caller.user.name, DateTime::now()).await?.into()))
}

/// `POST /api/v1/known-errors/{id}/retire`.
pub(super) async fn retire(services: Data<Services>, id: Path<String>) -> Result<Json<KnownErrorShape>, ApiError> {
    Ok(Json(entries::retire(&services, &KnownErrorId(id.into_inner()), DateTime::now()).await?.into()))
}
