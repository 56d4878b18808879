//! Known errors that seem to be one, and making them one.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    error::ApiError,
    guard::Caller,
    input::{self, Asked, Body, Limit},
    known_errors::{self, KnownErrorShape},
    schema::shape,
};
use crate::{
    domain::KnownErrorId,
    usecase::{
        Services, aside,
        duplicates::{self, Seen},
    },
};

shape! {
    /// How many pairs.
    DuplicatesAsked {
        /// At most this many, 1 to 1000; 50 where nothing is said.
        limit: Option<Limit<1000>>,
    }
    /// Known errors that seem to be one, the surest first.
    Duplicates {
        /// The pairs.
        pairs: Vec<DuplicatePair>,
        /// How many there are in all.
        n_pairs: i64,
    }
    /// Two known errors.
    DuplicatePair {
        /// One of them.
        one: KnownErrorId,
        /// The other.
        other: KnownErrorId,
        /// How surely the text of one is taken for the other, 0 to 1.
        score: f64,
    }
    /// Into which a known error is merged.
    KnownMergeInput {
        /// The version of the one that goes that was looked at.
        version: i64,
        /// The one that stays, with the answers of both.
        into: KnownErrorId,
        /// The version of that one that was looked at.
        into_version: i64,
    }
}

/// `GET /api/v1/known-errors/duplicates`.
pub(super) async fn list(services: Data<Services>, Asked(asked): Asked<DuplicatesAsked>) -> Result<Json<Duplicates>, ApiError> {
    services.knowledge.refresh(services.store.as_ref()).await?;
    let shared = services.into_inner();
    let found = aside::aside(async move { duplicates::duplicates(&shared) }).await.unwrap_or_default();
    let pair = |pair: &duplicates::Duplicate| DuplicatePair { one: pair.one.clone(), other: pair.other.clone(), score: pair.score };
    let pairs = found.iter().take(input::limit(asked.limit)).map(pair).collect();
    Ok(Json(Duplicates { pairs, n_pairs: i64::try_from(found.len()).unwrap_or(i64::MAX) }))
}

/// `POST /api/v1/known-errors/{id}/merge`.
pub(super) async fn merge(
    caller: Caller,
    services: Data<Services>,
    id: Path<String>,
    Body(input): Body<KnownMergeInput>,
) -> Result<Json<KnownErrorShape>, ApiError> {
    let gone = KnownErrorId(id.into_inner());
    let (left, right) = (Seen { id: &gone, version: input.version }, Seen { id: &input.into, version: input.into_version });
    duplicates::merge(&services, left, right, &caller.user.name, DateTime::now()).await?;
    aside::judge(&services, &gone).await;
    known_errors::changed(&services, input.into).await
}
