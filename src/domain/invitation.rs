//! Invitation: a link with which one person joins once.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{BranchCode, InvitationId, Role};

/// An invitation as it is stored: without the secret of its link.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// From the BLAKE3 hash of the link's secret.
    #[serde(rename = "_id")]
    pub id: InvitationId,
    /// BLAKE3 of the link's secret, hexadecimal.
    pub token_hash: String,
    /// Sign-in name of whoever joins.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Branches that a branch operator sees.
    #[serde(default)]
    pub branches: Vec<BranchCode>,
    /// Who invites.
    pub invited_by: String,
    /// When.
    pub created_at: DateTime,
    /// When the link ends.
    pub expires_at: DateTime,
}

impl Invitation {
    /// The identifier of the invitation whose secret has this hash.
    pub fn id_for(token_hash: &str) -> InvitationId {
        InvitationId::from_content(&[token_hash.as_bytes()])
    }
}

impl std::fmt::Debug for Invitation {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
