//! Ingestion keys of a branch, for administrators.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use bson::DateTime;

use super::{
    branches,
    error::{ApiError, Code},
    guard::Caller,
    input::{Body, missing},
    schema::{Moment, shape},
};
use crate::{
    domain::{BranchCode, IngestKey},
    usecase::{
        Services,
        ingest_keys::{NewKey, NewKeyError},
    },
};

/// Hours for which a key that was replaced is still taken, where nothing is said.
const OVERLAP_HOURS: u32 = 24;

shape! {
    /// The keys of a branch.
    Keys {
        /// The keys.
        keys: Vec<KeyShape>,
    }
    /// A key with which a branch sends its logs.
    KeyShape {
        /// Its visible part.
        id: String,
        /// The branch.
        branch: BranchCode,
        /// What it is for.
        name: String,
        /// Who made it.
        created_by: String,
        /// When.
        created_at: Moment,
        /// When it ends, or ended.
        ends_at: Option<Moment>,
        /// When it was used last.
        last_used_at: Option<Moment>,
    }
    /// A key to be made.
    KeyInput {
        /// What it is for.
        name: Option<String>,
    }
    /// How a key is replaced.
    RotateInput {
        /// Hours for which the old one is still taken, a year of them at most; 24 where nothing is said.
        overlap_hours: Option<u32>,
    }
    /// A key that was just made.
    KeyMade {
        /// The whole of it; it is shown this once.
        secret: String,
        /// What is kept of it.
        key: KeyShape,
    }
}

impl From<IngestKey> for KeyShape {
    fn from(key: IngestKey) -> Self {
        let IngestKey { id, branch, name, created_by, created_at, ends_at, last_used_at, .. } = key;
        let (ends_at, last_used_at) = (ends_at.map(Moment), last_used_at.map(Moment));
        Self { id, branch, name, created_by, created_at: Moment(created_at), ends_at, last_used_at }
    }
}

impl From<NewKeyError> for ApiError {
    fn from(error: NewKeyError) -> Self {
        match error {
            NewKeyError::Store(error) => error.into(),
            NewKeyError::Ended => Self::new(Code::Conflict, error.to_string()),
            NewKeyError::Overlap => Self::new(Code::Invalid, error.to_string()),
            NewKeyError::Secret(error) => Self::failed(error),
        }
    }
}

fn made(new: NewKey) -> HttpResponse {
    HttpResponse::Created().json(KeyMade { secret: new.to_string(), key: new.key.into() })
}

async fn branch(caller: &Caller, services: &Services, code: &str) -> Result<BranchCode, ApiError> {
    Ok(branches::find(caller, services, code).await?.code)
}

/// The key of this branch that the address names.
async fn find(services: &Services, (code, id): &(String, String)) -> Result<IngestKey, ApiError> {
    let found = services.store.find_ingest_key(id).await?;
    found.filter(|key| key.branch.as_str() == code).ok_or_else(missing)
}

/// `GET /api/v1/branches/{code}/keys`.
pub(super) async fn list(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<Keys>, ApiError> {
    let branch = branch(&caller, &services, &code).await?;
    let keys = services.store.list_ingest_keys(Some(&branch)).await?;
    Ok(Json(Keys { keys: keys.into_iter().map(KeyShape::from).collect() }))
}

/// `POST /api/v1/branches/{code}/keys`.
pub(super) async fn add(
    caller: Caller,
    services: Data<Services>,
    code: Path<String>,
    Body(input): Body<KeyInput>,
) -> Result<HttpResponse, ApiError> {
    let branch = branch(&caller, &services, &code).await?;
    let name = input.name.unwrap_or_default();
    Ok(made(services.add_ingest_key(&branch, &name, &caller.user.name, DateTime::now()).await?))
}

/// `POST /api/v1/branches/{code}/keys/{id}/rotate`.
pub(super) async fn rotate(
    caller: Caller,
    services: Data<Services>,
    place: Path<(String, String)>,
    Body(input): Body<RotateInput>,
) -> Result<HttpResponse, ApiError> {
    let key = find(&services, &place).await?;
    let overlap = Duration::from_secs(u64::from(input.overlap_hours.unwrap_or(OVERLAP_HOURS)) * 3600);
    let new = services.rotate_ingest_key(&key.id, &caller.user.name, overlap, DateTime::now()).await?;
    Ok(made(new.ok_or_else(missing)?))
}

/// `DELETE /api/v1/branches/{code}/keys/{id}`.
pub(super) async fn revoke(services: Data<Services>, place: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let key = find(&services, &place).await?;
    services.end_ingest_key(&key.id, DateTime::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
