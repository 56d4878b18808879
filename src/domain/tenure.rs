//! Tenure: who is responsible for a known error, and when it holds.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::KnownErrorId;

/// Owner and dates of a known error. All dates are compared with those of the events, never with those of their arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tenure {
    /// Who keeps it right.
    pub owner: Option<String>,
    /// Errors before this moment are not its.
    pub valid_from: Option<DateTime>,
    /// Errors from this moment on are not its.
    pub valid_to: Option<DateTime>,
    /// When its cause was removed; an error after that is a regression.
    pub fixed_at: Option<DateTime>,
    /// The known error that took its place.
    pub merged_into: Option<KnownErrorId>,
}
