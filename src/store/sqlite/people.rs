//! Sessions of a person, tokens, invitations.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{ApiToken, Invitation, InvitationId, Session, TokenId},
    store::{Error, InvitationStore, Result, SessionStore, TokenStore},
};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn list_sessions(&self, user: &str, now: DateTime) -> Result<Vec<Session>> {
        let key = (user.to_owned(), now.timestamp_millis());
        let sql = "SELECT doc FROM \"Session\" WHERE user = ?1 AND expires_at > ?2 ORDER BY expires_at DESC, _id";
        self.read(move |tx| select(tx, "Session", sql, key)).await
    }

    async fn delete_sessions(&self, user: &str, but: Option<&str>) -> Result<u64> {
        let key = (user.to_owned(), but.unwrap_or_default().to_owned());
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Session\" WHERE user = ?1 AND _id <> ?2", key)? as u64)).await
    }
}

fn token(tx: &Connection, id: &TokenId) -> Result<Option<ApiToken>> {
    select_one(tx, "ApiToken", "SELECT doc FROM \"ApiToken\" WHERE _id = ?1", [id.bytes()])
}

fn replace(tx: &Connection, token: &ApiToken) -> Result<usize> {
    execute(tx, "UPDATE \"ApiToken\" SET doc = ?2 WHERE _id = ?1", (token.id.bytes(), encode("ApiToken", token)?))
}

#[async_trait]
impl TokenStore for SqliteStore {
    async fn insert_api_token(&self, token: &ApiToken) -> Result<()> {
        let row = (token.id.bytes(), encode("ApiToken", token)?, token.user.clone(), token.created_at.timestamp_millis());
        let key = token.id.to_string();
        self.write(move |tx| {
            let sql = "INSERT INTO \"ApiToken\" (_id, doc, user, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (_id) DO NOTHING";
            if execute(tx, sql, row)? == 0 { Err(Error::Conflict { collection: "ApiToken", key }) } else { Ok(()) }
        })
        .await
    }

    async fn find_api_token(&self, id: &TokenId) -> Result<Option<ApiToken>> {
        let id = *id;
        self.read(move |tx| token(tx, &id)).await
    }

    async fn list_api_tokens(&self, user: &str, limit: usize) -> Result<Vec<ApiToken>> {
        let key = (user.to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"ApiToken\" WHERE user = ?1 ORDER BY created_at DESC, _id LIMIT ?2";
        self.read(move |tx| select(tx, "ApiToken", sql, key)).await
    }

    async fn update_api_token_use(&self, id: &TokenId, at: DateTime) -> Result<()> {
        let id = *id;
        self.write(move |tx| match token(tx, &id)? {
            Some(token) if token.last_used_at.is_none_or(|noted| noted < at) => {
                replace(tx, &ApiToken { last_used_at: Some(at), ..token }).map(drop)
            }
            _ => Ok(()),
        })
        .await
    }

    async fn revoke_api_token(&self, id: &TokenId, at: DateTime) -> Result<bool> {
        let id = *id;
        self.write(move |tx| match token(tx, &id)? {
            Some(token) if token.revoked_at.is_none() => Ok(replace(tx, &ApiToken { revoked_at: Some(at), ..token })? > 0),
            _ => Ok(false),
        })
        .await
    }
}

#[async_trait]
impl InvitationStore for SqliteStore {
    async fn insert_invitation(&self, invitation: &Invitation) -> Result<()> {
        let (created, expires) = (invitation.created_at.timestamp_millis(), invitation.expires_at.timestamp_millis());
        let row = (invitation.id.bytes(), encode("Invitation", invitation)?, created, expires);
        let sql = "INSERT OR REPLACE INTO \"Invitation\" (_id, doc, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn find_invitation(&self, id: &InvitationId, now: DateTime) -> Result<Option<Invitation>> {
        let key = (id.bytes(), now.timestamp_millis());
        let sql = "SELECT doc FROM \"Invitation\" WHERE _id = ?1 AND expires_at > ?2";
        self.read(move |tx| select_one(tx, "Invitation", sql, key)).await
    }

    async fn list_invitations(&self, now: DateTime) -> Result<Vec<Invitation>> {
        let sql = "SELECT doc FROM \"Invitation\" WHERE expires_at > ?1 ORDER BY created_at DESC, _id";
        let now = now.timestamp_millis();
        self.read(move |tx| select(tx, "Invitation", sql, [now])).await
    }

    async fn delete_invitation(&self, id: &InvitationId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Invitation\" WHERE _id = ?1", [id])? > 0)).await
    }
}
