//! People and their sessions.

use async_trait::async_trait;
use bson::DateTime;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{Session, User},
    store::{Error, Result, UserStore},
};

#[async_trait]
impl UserStore for SqliteStore {
    async fn insert_user(&self, user: &User) -> Result<()> {
        let (name, doc) = (user.name.clone(), encode("User", user)?);
        self.write(move |tx| {
            let sql = "INSERT INTO \"User\" (_id, doc) VALUES (?1, ?2) ON CONFLICT (_id) DO NOTHING";
            if execute(tx, sql, (&name, doc))? == 0 { Err(Error::Conflict { collection: "User", key: name }) } else { Ok(()) }
        })
        .await
    }

    async fn update_user(&self, user: &User) -> Result<bool> {
        let row = (user.name.clone(), encode("User", user)?);
        self.write(move |tx| Ok(execute(tx, "UPDATE \"User\" SET doc = ?2 WHERE _id = ?1", row)? > 0)).await
    }

    async fn find_user(&self, name: &str) -> Result<Option<User>> {
        let name = name.to_owned();
        self.read(move |tx| select_one(tx, "User", "SELECT doc FROM \"User\" WHERE _id = ?1", [name])).await
    }

    async fn list_users(&self) -> Result<Vec<User>> {
        self.read(|tx| select(tx, "User", "SELECT doc FROM \"User\" ORDER BY _id", [])).await
    }

    async fn insert_session(&self, session: &Session) -> Result<()> {
        let row = (session.token_hash.clone(), encode("Session", session)?, session.expires_at.timestamp_millis(), session.user.clone());
        let sql = "INSERT OR REPLACE INTO \"Session\" (_id, doc, expires_at, user) VALUES (?1, ?2, ?3, ?4)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn find_session(&self, token_hash: &str, now: DateTime) -> Result<Option<Session>> {
        let key = (token_hash.to_owned(), now.timestamp_millis());
        let sql = "SELECT doc FROM \"Session\" WHERE _id = ?1 AND expires_at > ?2";
        self.read(move |tx| select_one(tx, "Session", sql, key)).await
    }

    async fn delete_session(&self, token_hash: &str) -> Result<()> {
        let hash = token_hash.to_owned();
        self.write(move |tx| execute(tx, "DELETE FROM \"Session\" WHERE _id = ?1", [hash]).map(drop)).await
    }

    async fn delete_expired_sessions(&self, now: DateTime) -> Result<()> {
        let now = now.timestamp_millis();
        self.write(move |tx| execute(tx, "DELETE FROM \"Session\" WHERE expires_at <= ?1", [now]).map(drop)).await
    }
}
