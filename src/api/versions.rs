//! Versions of a known error: who made which, and taking one back.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    error::ApiError,
    guard::Caller,
    input::{self, Asked, Body, Limit, missing},
    known_errors::{self, AnswerShape, KnownErrorShape},
    schema::{Moment, shape},
};
use crate::{
    domain::{Change, KnownErrorId, KnownErrorVersion},
    usecase::{Services, revise},
};

shape! {
    /// Which versions.
    VersionsAsked {
        /// Only those before this number.
        before: Option<i64>,
        /// At most this many, 1 to 100; 50 where nothing is said.
        limit: Option<Limit<100>>,
    }
    /// Versions of a known error, the latest first.
    Versions {
        /// The versions.
        versions: Vec<VersionShape>,
    }
    /// A state that a known error had.
    VersionShape {
        /// Its number.
        number: i64,
        /// How it came about.
        change: Change,
        /// Who made it.
        by: String,
        /// When.
        at: Moment,
        /// The known error as it was.
        known_error: KnownErrorShape,
        /// Its answers, best first as written.
        answers: Vec<AnswerShape>,
    }
    /// The version to be taken back.
    RestoreInput {
        /// The version that was looked at: the latest.
        version: i64,
        /// The number of the one that is wanted.
        number: i64,
    }
}

impl From<KnownErrorVersion> for VersionShape {
    fn from(version: KnownErrorVersion) -> Self {
        Self {
            number: version.number,
            change: version.change,
            by: version.by,
            at: Moment(version.at),
            known_error: version.entry.into(),
            answers: version.answers.into_iter().map(AnswerShape::from).collect(),
        }
    }
}

/// `GET /api/v1/known-errors/{id}/versions`.
pub(super) async fn list(
    services: Data<Services>,
    id: Path<String>,
    Asked(asked): Asked<VersionsAsked>,
) -> Result<Json<Versions>, ApiError> {
    let (id, store) = (KnownErrorId(id.into_inner()), services.store.as_ref());
    revise::load(store, &id).await?.ok_or_else(missing)?;
    let found = store.list_known_error_versions(&id, asked.before, input::limit(asked.limit)).await?;
    Ok(Json(Versions { versions: found.into_iter().map(VersionShape::from).collect() }))
}

/// `POST /api/v1/known-errors/{id}/restore`.
pub(super) async fn restore(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<RestoreInput>,
) -> Result<Json<KnownErrorShape>, ApiError> {
    let id = KnownErrorId(id.into_inner());
    revise::restore(&services, &id, input.version, input.number, &caller.user.name, DateTime::now()).await?;
    known_errors::changed(&services, id).await
}
