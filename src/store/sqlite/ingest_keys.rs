//! Ingestion keys of branches.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{BranchCode, IngestKey},
    store::{Error, IngestKeyStore, Result},
};

fn find(connection: &Connection, id: &str) -> Result<Option<IngestKey>> {
    select_one(connection, "IngestKey", "SELECT doc FROM \"IngestKey\" WHERE _id = ?1", [id])
}

fn replace(connection: &Connection, key: &IngestKey) -> Result<()> {
    execute(connection, "UPDATE \"IngestKey\" SET doc = ?2 WHERE _id = ?1", (&key.id, encode("IngestKey", key)?)).map(drop)
}

#[async_trait]
impl IngestKeyStore for SqliteStore {
    async fn insert_ingest_key(&self, key: &IngestKey) -> Result<()> {
        let (id, doc, branch) = (key.id.clone(), encode("IngestKey", key)?, key.branch.to_string());
        self.write(move |tx| {
            let sql = "INSERT INTO \"IngestKey\" (_id, doc, branch) VALUES (?1, ?2, ?3) ON CONFLICT (_id) DO NOTHING";
            if execute(tx, sql, (&id, doc, branch))? == 0 { Err(Error::Conflict { collection: "IngestKey", key: id }) } else { Ok(()) }
        })
        .await
    }

    async fn find_ingest_key(&self, id: &str) -> Result<Option<IngestKey>> {
        let id = id.to_owned();
        self.read(move |tx| find(tx, &id)).await
    }

    async fn list_ingest_keys(&self, branch: Option<&BranchCode>) -> Result<Vec<IngestKey>> {
        let branch = branch.map(ToString::to_string);
        let sql = "SELECT doc FROM \"IngestKey\" WHERE ?1 IS NULL OR branch = ?1";
        let mut keys: Vec<IngestKey> = self.read(move |tx| select(tx, "IngestKey", sql, [branch])).await?;
        keys.sort_by(|one, other| (&one.branch, one.created_at, &one.id).cmp(&(&other.branch, other.created_at, &other.id)));
        Ok(keys)
    }

    async fn end_ingest_key(&self, id: &str, at: DateTime) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |tx| {
            let Some(mut key) = find(tx, &id)? else { return Ok(false) };
            key.ends_at = Some(key.ends_at.map_or(at, |end| end.min(at)));
            replace(tx, &key).map(|()| true)
        })
        .await
    }

    async fn touch_ingest_keys(&self, used: &[(String, DateTime)]) -> Result<()> {
        let used = used.to_vec();
        self.write(move |tx| {
            for (id, at) in used {
                if let Some(mut key) = find(tx, &id)?.filter(|key| key.last_used_at.is_none_or(|last| last < at)) {
                    key.last_used_at = Some(at);
                    replace(tx, &key)?;
                }
            }
            Ok(())
        })
        .await
    }
}
