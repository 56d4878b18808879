//! Branches.

use actix_web::web::{Data, Json, Path};

use super::{
    error::ApiError,
    guard::Caller,
    input::missing,
    schema::{Moment, shape},
};
use crate::{
    domain::{Branch, BranchCode},
    usecase::{Services, reading::Reading},
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
    let branches = Reading::new(&services, &caller.user).branches().await?;
    Ok(Json(Branches { branches: branches.into_iter().map(BranchShape::from).collect() }))
}

/// `GET /api/v1/branches/{code}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, code: Path<String>) -> Result<Json<BranchShape>, ApiError> {
    let branches = Reading::new(&services, &caller.user).branches().await?;
    let found = branches.into_iter().find(|branch| branch.code.as_str() == code.as_str());
    Ok(Json(found.ok_or_else(missing)?.into()))
}
