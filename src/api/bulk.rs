//! One decision for many groups of unknown errors: counted, made, taken back.

use actix_web::web::{Data, Json, Path};
use bson::DateTime;

use super::{
    error::{ApiError, Code},
    errors::MergeInput,
    guard::Caller,
    input::{self, Body, missing},
    schema::shape,
    triage::{AssignInput, IgnoreInput},
    words::Id,
};
use crate::{
    domain::{Bulk, GroupId},
    usecase::{
        Services,
        regroup::RegroupError,
        triage::{
            Decision,
            bulk::{self, BulkError, DryRun, ForAll, Undone},
        },
    },
};

shape! {
    /// What is decided of many groups: exactly one of `assign`, `ignore`, `reopen` and `merge`.
    BulkInput {
        /// The groups, 1 to 500.
        groups: Vec<Id>,
        /// Say who deals with them.
        assign: Option<AssignInput>,
        /// Set them aside.
        ignore: Option<IgnoreInput>,
        /// Take them up again; true, or left out.
        reopen: Option<bool>,
        /// Merge them into a group.
        merge: Option<MergeInput>,
        /// Chosen by the caller: sent again with the same, the change is made once.
        token: Option<String>,
    }
    /// What a change would do.
    BulkCount {
        /// Groups that it would change.
        groups: Vec<Id>,
        /// Logs that they have.
        n_logs: i64,
        /// Groups that it would leave alone: known, gone, or as they would be already.
        n_left: i64,
    }
    /// A change that was made.
    BulkDone {
        /// Its identifier, by which it is taken back.
        id: Id,
        /// The groups that it was made for.
        groups: Vec<Id>,
    }
    /// What taking a change back came to.
    BulkUndone {
        /// Groups that stand where they stood.
        n_back: i64,
        /// Groups that were changed again since, and stay.
        n_left: i64,
    }
}

impl From<DryRun> for BulkCount {
    fn from(found: DryRun) -> Self {
        Self { groups: found.groups.iter().map(|group| Id::of(group.id)).collect(), n_logs: found.n_logs, n_left: counted(found.n_left) }
    }
}

impl From<Bulk> for BulkDone {
    fn from(bulk: Bulk) -> Self {
        Self { id: Id::of(bulk.id), groups: bulk.changes.iter().map(|change| Id::of(change.group)).collect() }
    }
}

impl From<Undone> for BulkUndone {
    fn from(undone: Undone) -> Self {
        Self { n_back: counted(undone.n_back), n_left: counted(undone.n_left) }
    }
}

impl From<BulkError> for ApiError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::Number => Self::new(Code::Invalid, error.to_string()),
            BulkError::Another => Self::new(Code::Forbidden, error.to_string()),
            BulkError::Triage(error) => error.into(),
            // The group is named by the input, not by the address.
            BulkError::Merge(error @ RegroupError::NotFound(_)) => Self::new(Code::Invalid, error.to_string()),
            BulkError::Merge(error) => error.into(),
            BulkError::Store(error) => error.into(),
        }
    }
}

fn counted(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl BulkInput {
    /// The groups that it names and what is decided of them.
    fn read(self) -> Result<(Vec<GroupId>, ForAll), ApiError> {
        let groups = self.groups.iter().map(|id| input::parsed("groups", &id.0)).collect::<Result<_, ApiError>>()?;
        let wrong = || ApiError::new(Code::Invalid, "exactly one of `assign`, `ignore`, `reopen` (true) and `merge`");
        let decision = match (self.assign, self.ignore, self.reopen, self.merge) {
            (Some(assign), None, None, None) => ForAll::Each(Decision::Assign(assign.to.filter(|name| !name.is_empty()))),
            (None, Some(ignore), None, None) => ForAll::Each(Decision::Ignore(ignore.read()?)),
            (None, None, Some(true), None) => ForAll::Each(Decision::Reopen),
            (None, None, None, Some(merge)) => ForAll::Merge(input::parsed("into", &merge.into.0)?),
            _ => return Err(wrong()),
        };
        Ok((groups, decision))
    }
}

/// `POST /api/v1/errors/bulk/count`.
pub(super) async fn count(caller: Caller, services: Data<Services>, Body(input): Body<BulkInput>) -> Result<Json<BulkCount>, ApiError> {
    let (groups, decision) = input.read()?;
    Ok(Json(bulk::dry_run(&services, &groups, &decision, &caller.user.name, DateTime::now()).await?.into()))
}

/// `POST /api/v1/errors/bulk`.
pub(super) async fn apply(caller: Caller, services: Data<Services>, Body(input): Body<BulkInput>) -> Result<Json<BulkDone>, ApiError> {
    let now = DateTime::now();
    let token = input.token.clone().unwrap_or_else(|| now.timestamp_millis().to_string());
    let (groups, decision) = input.read()?;
    Ok(Json(bulk::apply(&services, &groups, &decision, &token, &caller.user.name, now).await?.into()))
}

/// `POST /api/v1/errors/bulk/{id}/undo`.
pub(super) async fn undo(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<BulkUndone>, ApiError> {
    let undone = bulk::undo(&services, &input::id(&id)?, &caller.user, DateTime::now()).await?;
    Ok(Json(undone.ok_or_else(missing)?.into()))
}
