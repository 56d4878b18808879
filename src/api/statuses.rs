//! Statuses: the tree by which errors are classified.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;
use serde_json::json;

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::{Asked, Body, missing},
    schema::shape,
    words::Id,
};
use crate::{
    domain::{KnownErrorId, StatusCode, StatusError},
    usecase::{
        Services,
        statuses::{self, MergePlan, StatusRefused},
    },
};

shape! {
    /// The statuses, by code.
    Statuses {
        /// The statuses.
        statuses: Vec<StatusShape>,
    }
    /// The status to merge into.
    StatusMergeAsked {
        /// Its number.
        into: StatusCode,
    }
    /// The status to merge into.
    StatusMergeInput {
        /// Its number.
        into: StatusCode,
    }
    /// What merging a status into another moves.
    StatusMergeShape {
        /// The other, with the key words that it has then.
        into: StatusShape,
        /// Key words that it gains.
        keywords: Vec<String>,
        /// Statuses that stand below it then.
        children: Vec<StatusCode>,
        /// Known errors that go over.
        known_errors: Vec<KnownErrorId>,
        /// Groups of errors that go over.
        groups: Vec<Id>,
    }
    /// A status that an analyst gives an error.
    StatusShape {
        /// Its number; also its identifier.
        code: StatusCode,
        /// Its title.
        title: String,
        /// Its title in Ukrainian.
        title_uk: Option<String>,
        /// The status above it; null for a root.
        parent: Option<StatusCode>,
        /// Words that mark its errors.
        keywords: Option<Vec<String>>,
        /// `#rrggbb`.
        colour: Option<String>,
        /// What it means and what to do.
        meaning: Option<String>,
        /// What it means, in Ukrainian.
        meaning_uk: Option<String>,
        /// Whether it is no longer given.
        retired: Option<bool>,
        /// Stands for what it says; whoever changes it sends the one that they saw. Not used for a new one.
        mark: Option<String>,
    }
}

impl From<StatusError> for StatusShape {
    fn from(status: StatusError) -> Self {
        Self {
            mark: Some(statuses::mark(&status)),
            code: status.code,
            title: status.title,
            title_uk: status.title_uk,
            parent: status.parent,
            keywords: Some(status.keywords),
            colour: status.colour,
            meaning: status.meaning,
            meaning_uk: status.meaning_uk,
            retired: Some(status.retired),
        }
    }
}

impl From<StatusShape> for StatusError {
    fn from(status: StatusShape) -> Self {
        Self {
            code: status.code,
            title: status.title,
            title_uk: status.title_uk,
            parent: status.parent,
            keywords: status.keywords.unwrap_or_default(),
            colour: status.colour,
            meaning: status.meaning,
            meaning_uk: status.meaning_uk,
            retired: status.retired.unwrap_or_default(),
        }
    }
}

impl From<StatusRefused> for ApiError {
    fn from(error: StatusRefused) -> Self {
        let told = error.to_string();
        match error {
            StatusRefused::NotFound(_) => missing(),
            StatusRefused::Taken(_) | StatusRefused::Stale => Self::new(Code::Conflict, told),
            StatusRefused::Fault(_) => Self::new(Code::Invalid, told),
            StatusRefused::Entry(error) => error.into(),
            StatusRefused::Store(error) => error.into(),
        }
    }
}

impl From<MergePlan> for StatusMergeShape {
    fn from(plan: MergePlan) -> Self {
        Self {
            into: plan.stays.into(),
            keywords: plan.keywords,
            children: plan.children.iter().map(|child| child.code).collect(),
            known_errors: plan.known_errors,
            groups: plan.groups.iter().map(Id::of).collect(),
        }
    }
}

/// The status in the path; a number that is none names nothing.
fn code(text: &str) -> Result<StatusCode, ApiError> {
    text.parse().map(StatusCode).map_err(|_| missing())
}

/// `GET /api/v1/statuses/{code}/merge`.
pub(super) async fn plan_merge(
    services: Data<Services>,
    from: Path<String>,
    Asked(asked): Asked<StatusMergeAsked>,
) -> Result<Json<StatusMergeShape>, ApiError> {
    Ok(Json(statuses::plan_merge(&services, code(&from)?, asked.into).await?.into()))
}

/// `POST /api/v1/statuses/{code}/merge`.
pub(super) async fn merge(
    caller: Caller,
    services: Data<Services>,
    from: Path<String>,
    Body(input): Body<StatusMergeInput>,
) -> Result<Json<StatusMergeShape>, ApiError> {
    let from = code(&from)?;
    let plan = statuses::plan_merge(&services, from, input.into).await?;
    statuses::merge(&services, from, input.into, &caller.user.name, DateTime::now()).await?;
    Ok(Json(plan.into()))
}

/// `GET /api/v1/statuses`.
pub(super) async fn list(services: Data<Services>) -> Result<Json<Statuses>, ApiError> {
    let statuses = services.store.list_status_errors().await?;
    Ok(Json(Statuses { statuses: statuses.into_iter().map(StatusShape::from).collect() }))
}

/// `POST /api/v1/statuses`.
pub(super) async fn create(services: Data<Services>, Body(new): Body<StatusShape>) -> Result<HttpResponse, ApiError> {
    let status = StatusError::from(new);
    statuses::add(&services, status.clone()).await?;
    Ok(HttpResponse::Created().json(StatusShape::from(status)))
}

/// `PUT /api/v1/statuses/{code}`: its place in the tree and whether it is given are parts of it.
pub(super) async fn change(
    services: Data<Services>,
    place: Path<String>,
    Body(mut input): Body<StatusShape>,
) -> Result<Json<StatusShape>, ApiError> {
    if code(&place)? != input.code {
        return Err(
            ApiError::new(Code::Invalid, "code: it is the one of the address; a number is not changed").with(json!({ "field": "code" }))
        );
    }
    let mark = input.mark.take().ok_or_else(|| ApiError::new(Code::Invalid, "mark: say which state this replaces"))?;
    let status = StatusError::from(input);
    statuses::change(&services, status.clone(), &mark).await?;
    Ok(Json(status.into()))
}
