//! What a branch was told: a known error that its Logs showed, once, under a number that grows.

use serde::{Deserialize, Serialize};

use super::{BranchCode, KnownErrorId};

/// A known error that a branch is told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BranchAdvice {
    /// Branch and known error: one of them is told once.
    #[serde(rename = "_id")]
    pub id: String,
    /// The branch.
    pub branch: BranchCode,
    /// The known error.
    pub known_error_id: KnownErrorId,
    /// Its place in what the branch is told, from 1 on.
    pub seq: i64,
}

impl BranchAdvice {
    /// The advice on this known error at this place.
    pub fn new(branch: &BranchCode, known_error_id: &KnownErrorId, seq: i64) -> Self {
        let id = format!("{branch} {known_error_id}");
        Self { id, branch: branch.clone(), known_error_id: known_error_id.clone(), seq }
    }
}
