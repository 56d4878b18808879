//! People and their sessions.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::BranchCode;

/// What a person may do; each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the Logs and answers of their own branches.
    BranchOperator,
    /// Reads everything.
    ProgrammerDeveloper,
    /// Explains errors, uploads files.
    ExpertAnalyst,
    /// Manages people and branches.
    SystemAdministrator,
}

impl Role {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BranchOperator => "branch_operator",
            Self::ProgrammerDeveloper => "programmer_developer",
            Self::ExpertAnalyst => "expert_analyst",
            Self::SystemAdministrator => "system_administrator",
        }
    }
}

/// A person who signs in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Sign-in name.
    #[serde(rename = "_id")]
    pub name: String,
    /// Argon2id hash of the password in PHC form.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// Branches a branch operator sees; unused for the other roles.
    #[serde(default)]
    pub branches: Vec<BranchCode>,
    /// Whether sign-in is refused.
    #[serde(default)]
    pub disabled: bool,
    /// Whether pages act on no single letter, as a dictated text or a trembling hand needs it.
    #[serde(default)]
    pub single_keys_off: bool,
    /// When the account was made.
    pub created_at: DateTime,
}

impl User {
    /// Whether they can be asked to deal with unknown errors.
    pub fn may_triage(&self) -> bool {
        !self.disabled && self.role >= Role::ProgrammerDeveloper
    }
}

impl std::fmt::Debug for User {
    /// Leaves the password hash out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A signed-in browser.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// BLAKE3 of the cookie's secret, hexadecimal: a stolen database opens no session.
    #[serde(rename = "_id")]
    pub token_hash: String,
    /// Who.
    pub user: String,
    /// The token that this session's forms carry.
    pub csrf: String,
    /// Address and browser that it was opened from.
    #[serde(default)]
    pub opened_from: String,
    /// When it began.
    pub created_at: DateTime,
    /// When it ends.
    pub expires_at: DateTime,
}

impl std::fmt::Debug for Session {
    /// Leaves the tokens out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("user", &self.user).finish_non_exhaustive()
    }
}
