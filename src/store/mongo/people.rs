//! Sessions of a person, tokens, invitations.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::{ApiToken, Invitation, InvitationId, Session, TokenId},
    store::{Error, InvitationStore, Result, SessionStore, TokenStore},
};

#[async_trait]
impl SessionStore for MongoStore {
    async fn list_sessions(&self, user: &str, now: DateTime) -> Result<Vec<Session>> {
        let filter = doc! { "user": user, "expires_at": { "$gt": now } };
        self.many("Session", filter, doc! { "expires_at": -1, "_id": 1 }, usize::MAX).await
    }

    async fn delete_sessions(&self, user: &str, but: Option<&str>) -> Result<u64> {
        let filter = doc! { "user": user, "_id": { "$ne": but.unwrap_or_default() } };
        Ok(self.collection::<Document>("Session").delete_many(filter).await.map_err(fault)?.deleted_count)
    }
}

#[async_trait]
impl TokenStore for MongoStore {
    async fn insert_api_token(&self, token: &ApiToken) -> Result<()> {
        match self.collection::<Document>("ApiToken").insert_one(encode("ApiToken", token)?).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(Error::Conflict { collection: "ApiToken", key: token.id.to_string() }),
            Err(error) => Err(fault(error)),
        }
    }

    async fn find_api_token(&self, id: &TokenId) -> Result<Option<ApiToken>> {
        self.one("ApiToken", doc! { "_id": id.0 }).await
    }

    async fn list_api_tokens(&self, user: &str, limit: usize) -> Result<Vec<ApiToken>> {
        self.many("ApiToken", doc! { "user": user }, doc! { "created_at": -1, "_id": 1 }, limit).await
    }

    async fn update_api_token_use(&self, id: &TokenId, at: DateTime) -> Result<()> {
        let change = doc! { "$max": { "last_used_at": at } };
        self.collection::<Document>("ApiToken").update_one(doc! { "_id": id.0 }, change).await.map_err(fault).map(drop)
    }

    async fn revoke_api_token(&self, id: &TokenId, at: DateTime) -> Result<bool> {
        let (open, change) = (doc! { "_id": id.0, "revoked_at": null }, doc! { "$set": { "revoked_at": at } });
        Ok(self.collection::<Document>("ApiToken").update_one(open, change).await.map_err(fault)?.matched_count > 0)
    }
}

#[async_trait]
impl InvitationStore for MongoStore {
    async fn insert_invitation(&self, invitation: &Invitation) -> Result<()> {
        self.save("Invitation", invitation).await
    }

    async fn find_invitation(&self, id: &InvitationId, now: DateTime) -> Result<Option<Invitation>> {
        self.one("Invitation", doc! { "_id": id.0, "expires_at": { "$gt": now } }).await
    }

    async fn list_invitations(&self, now: DateTime) -> Result<Vec<Invitation>> {
        self.many("Invitation", doc! { "expires_at": { "$gt": now } }, doc! { "created_at": -1, "_id": 1 }, usize::MAX).await
    }

    async fn delete_invitation(&self, id: &InvitationId) -> Result<bool> {
        let done = self.collection::<Document>("Invitation").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}
