//! What a person may read: everything, or for branch operators what their own branches sent. Doors are given the store within these bounds
//! and read what belongs to branches through it alone; who reaches beyond them is noted.

use super::{Services, audit};
use crate::{
    domain::{BranchCode, Role, User},
    store::{Scope, ScopedStore},
};

/// Documents looked at for one page where no index helps.
pub const SCAN: usize = 200_000;

/// Branches that a person is bound to; `None` sees all.
pub fn branches(user: &User) -> Option<&[BranchCode]> {
    (user.role == Role::BranchOperator).then_some(user.branches.as_slice())
}

/// What a person sees.
pub fn scope(user: &User) -> Scope {
    branches(user).map_or(Scope::All, |branches| Scope::Branches(branches.to_vec()))
}

/// The store as a person sees it.
pub fn scoped(services: &Services, user: &User) -> ScopedStore {
    ScopedStore::new(services.store.clone(), scope(user)).noting(audit::note_beyond)
}

/// The store as it is seen from one branch.
pub fn of_branch(services: &Services, branch: &BranchCode) -> ScopedStore {
    ScopedStore::new(services.store.clone(), Scope::Branches(vec![branch.clone()]))
}
