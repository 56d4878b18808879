//! Saved views.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{QueryConfig, QueryConfigId, ViewKind},
    store::{QueryConfigStore, Result},
};

#[async_trait]
impl QueryConfigStore for SqliteStore {
    async fn save_query_config(&self, config: &QueryConfig) -> Result<()> {
        let encoded = encode("QueryConfig", config)?;
        let row = (config.id.bytes(), encoded, config.owner.clone(), config.name.clone(), config.shared, config.kind.as_str());
        let sql = "INSERT OR REPLACE INTO \"QueryConfig\" (_id, doc, owner, name, shared, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn find_query_config(&self, user: &str, kind: ViewKind, name: &str) -> Result<Option<QueryConfig>> {
        let key = (user.to_owned(), name.to_owned(), kind.as_str());
        let sql = "SELECT doc FROM \"QueryConfig\" WHERE kind = ?3 AND name = ?2 AND (owner = ?1 OR shared) ORDER BY owner = ?1 DESC, owner LIMIT 1";
        self.read(move |tx| select_one(tx, "QueryConfig", sql, key)).await
    }

    async fn list_query_configs(&self, user: &str, kind: ViewKind) -> Result<Vec<QueryConfig>> {
        let key = (user.to_owned(), kind.as_str());
        let sql = "SELECT doc FROM \"QueryConfig\" WHERE kind = ?2 AND (owner = ?1 OR shared) ORDER BY name, owner";
        self.read(move |tx| select(tx, "QueryConfig", sql, key)).await
    }

    async fn delete_query_config(&self, id: &QueryConfigId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"QueryConfig\" WHERE _id = ?1", [id])? > 0)).await
    }
}
