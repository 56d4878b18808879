//! ApiToken: a key with which a program acts for the person who made it.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::TokenId;

/// What a token may be used for, within what its owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Reading, matching and previews.
    Read,
    /// Deciding about groups of unknown errors: ignore, merge, split; saved queries.
    Triage,
    /// Changing the knowledge base: approve, known errors, statuses.
    Knowledge,
    /// Uploading files.
    Upload,
    /// People, branches and the audit log.
    Admin,
}

impl TokenScope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Triage, Self::Knowledge, Self::Upload, Self::Admin];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Knowledge => "knowledge",
            Self::Upload => "upload",
            Self::Admin => "admin",
        }
    }
}

/// A token as it is stored: without its secret.
///
/// The secret is 32 random bytes, so one fast hash is enough: a slow one protects passwords because people choose them from few, and
/// nobody can go through 2^256 secrets however fast each is tried.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiToken {
    /// From the hash.
    #[serde(rename = "_id")]
    pub id: TokenId,
    /// BLAKE3 of the secret, hexadecimal.
    pub token_hash: String,
    /// The first characters of the secret, by which people tell their tokens apart.
    pub prefix: String,
    /// Name for people.
    pub name: String,
    /// Whose it is.
    pub user: String,
    /// What it may be used for.
    pub scopes: Vec<TokenScope>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it ends.
    pub expires_at: DateTime,
    /// When it was used last; exact to a minute.
    #[serde(default)]
    pub last_used_at: Option<DateTime>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked_at: Option<DateTime>,
}

impl ApiToken {
    /// The identifier of the token with this hash.
    pub fn id_for(token_hash: &str) -> TokenId {
        TokenId::from_content(&[token_hash.as_bytes()])
    }

    /// Whether it can be used now.
    pub fn is_valid(&self, now: DateTime) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl std::fmt::Debug for ApiToken {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiToken").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}
