//! Branches.

use actix_web::web::{Data, Json, Path};

use super::{
    error::ApiError,
    guard::Caller,
    input::{self, missing},
    schema::{Moment, shape},
};
use crate::{
    domain::{Branch, BranchCode},
    usecase::Services,
};

shape! {
    /// The branches that the caller sees, by code.
    Branches {
        /// The branches.
        branches: Vec<BranchShape>,
    }
    /// A remote office.
    BranchShape {
        /// Its code.
        code: BranchCode,
        /// Its name for people.
        name: String,
        /// IANA time zone in which its servers write dates.
        timezone: String,
        /// Encoding of its files; null where it is found out.
        encoding: Option<String>,
        /// When it was registered.
        created_at: Moment,
    }
}

impl From<Branch> for BranchShape {
    fn from(branch: Branch) -> Self {
        let Branch { code, name, timezone, encoding, created_at, .. } = branch;
        Self { code, name, timezone, encoding, created_at: Moment(created_at) }
    }
}

/// `GET /api/v1/branches`.
pub(super) async fn list(caller: Caller, services: Data<Services>) -> Result<Json<Branches>, ApiError> {
    let branches = caller.reads(&services).list_branches().await?;
    Ok(Json(Branches { branches: branches.into_iter().map(BranchShape::from).collect() }))
}

/// `GET /api/v1/branches/{code}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<BranchShape>, ApiError> {
    Ok(Json(find(&caller, &services, &code).await?.into()))
}

/// The branch of this code that the caller may see.
pub(super) async fn find(caller: &Caller, services: &Services, code: &str) -> Result<Branch, ApiError> {
    caller.reads(services).find_branch(&input::id(code)?).await?.ok_or_else(missing)
}
