//! Known errors with their answers: read by everybody, written as drafts and led on in their lives. Each change makes a version, and names
//! the version that it is about.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;
use serde_json::json;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{self, Asked, Body, Limit, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, LifeCycle, Role, StatusCode},
    store::KnownErrorPage,
    usecase::{
        Services, aside,
        revise::{self, LifeError, Reviewer, ReviseError, Revision},
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
        /// Words and phrases any one of which marks it.
        keywords_any: Vec<String>,
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
        /// Number of its latest version, which whoever changes it has to name.
        version: i64,
        /// Who keeps it right.
        owner: Option<String>,
        /// Errors before this moment are not its.
        valid_from: Option<Moment>,
        /// Errors from this moment on are not its.
        valid_to: Option<Moment>,
        /// Since when its cause is removed.
        fixed_at: Option<Moment>,
        /// The known error that has its place now.
        merged_into: Option<KnownErrorId>,
        /// The group of unknown errors it was made from.
        from_group: Option<Id>,
        /// Who approved it.
        approved_by: String,
        /// When.
        approved_at: Moment,
        /// Last change.
        updated_at: Moment,
        /// Number of Logs that carry it; null for branch operators, who are told nothing of other branches.
        count: Option<i64>,
        /// Date of the latest Log that carries it; null for branch operators.
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
    /// A known error as it is to be; whatever is left out is blank then. What is in force needs an answer and something to be recognised by.
    KnownErrorInput {
        /// The version that it replaces; not used for a new one.
        version: Option<i64>,
        /// A short name; the beginning of the text where there is none.
        title: Option<String>,
        /// A short name in Ukrainian.
        title_uk: Option<String>,
        /// The text by which it is recognised.
        text: Option<String>,
        /// Words and phrases most of which mark it.
        keywords: Option<Vec<String>>,
        /// Words and phrases any one of which marks it.
        keywords_any: Option<Vec<String>>,
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
        /// Who keeps it right.
        owner: Option<String>,
        /// Errors before this moment are not its.
        valid_from: Option<Moment>,
        /// Errors from this moment on are not its.
        valid_to: Option<Moment>,
        /// Remedies, best first.
        answers: Option<Vec<AnswerInput>>,
    }
    /// Where a known error is led.
    LeadInput {
        /// The version that was looked at.
        version: i64,
        /// The state that it is to have.
        state: LifeCycle,
        /// Since when its cause is removed, for `fixed`; now where nothing is said.
        fixed_at: Option<Moment>,
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
            keywords_any: entry.keywords_any,
            keywords_all: entry.keywords_all,
            keywords_none: entry.keywords_none,
            code: entry.code,
            regex: entry.regex,
            conditions: entry.conditions,
            status: entry.status,
            state: entry.state,
            version: entry.version,
            owner: entry.tenure.owner,
            valid_from: entry.tenure.valid_from.map(Moment),
            valid_to: entry.tenure.valid_to.map(Moment),
            fixed_at: entry.tenure.fixed_at.map(Moment),
            merged_into: entry.tenure.merged_into,
            from_group: entry.from_group.map(Id::of),
            approved_by: entry.approved_by,
            approved_at: Moment(entry.approved_at),
            updated_at: Moment(entry.updated_at),
            count: Some(entry.count),
            last_seen: entry.last_seen.map(Moment),
        }
    }
}

impl KnownErrorShape {
    /// What a caller may be told of it: figures are those of all branches.
    pub(super) fn told(entry: KnownError, caller: &Caller) -> Self {
        let shape = Self::from(entry);
        if caller.user.role > Role::BranchOperator { shape } else { Self { count: None, last_seen: None, ..shape } }
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

impl From<KnownErrorInput> for Revision {
    fn from(input: KnownErrorInput) -> Self {
        let moment = |moment: Option<Moment>| moment.map(|Moment(moment)| moment);
        Self {
            title: input.title.unwrap_or_default(),
            title_uk: input.title_uk,
            text: input.text.unwrap_or_default(),
            keywords: input.keywords.unwrap_or_default(),
            keywords_any: input.keywords_any.unwrap_or_default(),
            keywords_all: input.keywords_all.unwrap_or_default(),
            keywords_none: input.keywords_none.unwrap_or_default(),
            code: input.code,
            regex: input.regex,
            conditions: input.conditions,
            status: input.status,
            owner: input.owner,
            valid_from: moment(input.valid_from),
            valid_to: moment(input.valid_to),
            answers: input.answers.unwrap_or_default().into_iter().map(|answer| (answer.text, answer.text_uk)).collect(),
        }
    }
}

impl From<ReviseError> for ApiError {
    fn from(error: ReviseError) -> Self {
        let told = error.to_string();
        match error {
            ReviseError::NotFound => missing(),
            ReviseError::Stale { number, .. } => Self::new(Code::Conflict, told).with(json!({ "version": number })),
            ReviseError::Life(LifeError::NoMove { .. }) => Self::new(Code::Conflict, told),
            ReviseError::Invalid(_) | ReviseError::Life(LifeError::Incomplete(_)) => Self::new(Code::Invalid, told),
            ReviseError::OwnWork { approvers } => Self::new(Code::Forbidden, told).with(json!({ "approvers": approvers })),
            ReviseError::Store(error) => error.into(),
        }
    }
}

/// `GET /api/v1/known-errors`.
pub(super) async fn list(
    caller: Caller,
    services: Data<Services>,
    Asked(asked): Asked<KnownErrorsAsked>,
) -> Result<Json<KnownErrorsPage>, ApiError> {
    let limit = input::limit(asked.limit);
    let page = KnownErrorPage { state: asked.state, after: input::after(&asked.after), limit: limit + 1 };
    let mut entries = services.store.list_known_error_page(&page).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|last| last.id.to_string());
    let known_errors = entries.into_iter().map(|entry| KnownErrorShape::told(entry, &caller)).collect();
    Ok(Json(KnownErrorsPage { known_errors, next }))
}

/// The known error as its latest version says.
async fn find(services: &Services, id: String) -> Result<(KnownError, Vec<Answer>), ApiError> {
    revise::load(services.store.as_ref(), &KnownErrorId(id)).await?.ok_or_else(missing)
}

/// `GET /api/v1/known-errors/{id}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<KnownErrorShape>, ApiError> {
    Ok(Json(KnownErrorShape::told(find(&services, id.into_inner()).await?.0, &caller)))
}

/// `GET /api/v1/known-errors/{id}/answers`.
pub(super) async fn answers(services: Data<Services>, id: Path<String>) -> Result<Json<Answers>, ApiError> {
    let (_, answers) = find(&services, id.into_inner()).await?;
    Ok(Json(Answers { answers: answers.into_iter().map(AnswerShape::from).collect() }))
}

/// `POST /api/v1/known-errors`.
pub(super) async fn create(caller: Caller, services: Data<Services>, Body(input): Body<KnownErrorInput>) -> Result<HttpResponse, ApiError> {
    let id = revise::draft(&services, input.into(), &caller.user.name, DateTime::now()).await?;
    Ok(HttpResponse::Created().json(KnownErrorShape::from(find(&services, id.0).await?.0)))
}

/// `PUT /api/v1/known-errors/{id}`.
pub(super) async fn replace(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<KnownErrorInput>,
) -> Result<Json<KnownErrorShape>, ApiError> {
    let id = KnownErrorId(id.into_inner());
    let seen = input.version.ok_or_else(|| ApiError::new(Code::Invalid, "version: say which one this replaces"))?;
    revise::edit(&services, &id, seen, input.into(), &caller.user.name, DateTime::now()).await?;
    changed(&services, id).await
}

/// `POST /api/v1/known-errors/{id}/lead`.
pub(super) async fn lead(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<LeadInput>,
) -> Result<Json<KnownErrorShape>, ApiError> {
    let id = KnownErrorId(id.into_inner());
    let reviewer = Reviewer { name: &caller.user.name, role: caller.user.role };
    let fixed_at = input.fixed_at.map(|Moment(moment)| moment);
    revise::lead(&services, &id, input.version, (input.state, fixed_at), reviewer, DateTime::now()).await?;
    changed(&services, id).await
}

/// The known error after a change, by which the stored Logs are judged.
pub(super) async fn changed(services: &Data<Services>, id: KnownErrorId) -> Result<Json<KnownErrorShape>, ApiError> {
    aside::judge(services, &id).await;
    Ok(Json(find(services, id.0).await?.0.into()))
}
