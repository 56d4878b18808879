//! What belongs to a person: sessions, tokens, and the invitation by which they join.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{ApiToken, Invitation, InvitationId, Session, TokenId};

/// Sessions of one person, beside what [`super::UserStore`] does with single ones.
#[async_trait]
pub trait SessionStore {
    /// The person's sessions that have not ended by `now`, newest first.
    async fn list_sessions(&self, user: &str, now: DateTime) -> Result<Vec<Session>>;
    /// Ends the person's sessions but for the one with this token hash; the number ended.
    async fn delete_sessions(&self, user: &str, but: Option<&str>) -> Result<u64>;
}

/// Keys of programs. A token is never deleted: whoever reads the audit log can find out whose it was.
#[async_trait]
pub trait TokenStore {
    /// Adds a token; `Conflict` when it is there.
    async fn insert_api_token(&self, token: &ApiToken) -> Result<()>;
    /// The token with this id.
    async fn find_api_token(&self, id: &TokenId) -> Result<Option<ApiToken>>;
    /// The person's latest tokens, newest first.
    async fn list_api_tokens(&self, user: &str, limit: usize) -> Result<Vec<ApiToken>>;
    /// Notes that it was used; never an earlier moment than the one noted.
    async fn update_api_token_use(&self, id: &TokenId, at: DateTime) -> Result<()>;
    /// Revokes it; false when there is none or it was revoked before.
    async fn revoke_api_token(&self, id: &TokenId, at: DateTime) -> Result<bool>;
}

/// Links by which people join.
#[async_trait]
pub trait InvitationStore {
    /// Adds an invitation.
    async fn insert_invitation(&self, invitation: &Invitation) -> Result<()>;
    /// The invitation with this id, unless it ended before `now`.
    async fn find_invitation(&self, id: &InvitationId, now: DateTime) -> Result<Option<Invitation>>;
    /// All that have not ended by `now`, newest first.
    async fn list_invitations(&self, now: DateTime) -> Result<Vec<Invitation>>;
    /// Removes it; false when there was none: of two who use one link, one is told so.
    async fn delete_invitation(&self, id: &InvitationId) -> Result<bool>;
}
