//! Saved filters.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{QueryConfig, QueryConfigId},
    store::{QueryConfigStore, Result},
};

#[async_trait]
impl QueryConfigStore for SqliteStore {
    async fn save_query_config(&self, config: &QueryConfig) -> Result<()> {
        let row = (config.id.bytes(), encode("QueryConfig", config)?, config.owner.clone(), config.name.clone(), config.shared);
        let sql = "INSERT OR REPLACE INTO \"QueryConfig\" (_id, doc, owner, name, shared) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn find_query_config(&self, user: &str, name: &str) -> Result<Option<QueryConfig>> {
        let key = (user.to_owned(), name.to_owned());
        let sql = "SELECT doc FROM \"QueryConfig\" WHERE name = ?2 AND (owner = ?1 OR shared) ORDER BY owner = ?1 DESC, owner LIMIT 1";
        self.read(move |tx| select_one(tx, "QueryConfig", sql, key)).await
    }

    async fn list_query_configs(&self, user: &str) -> Result<Vec<QueryConfig>> {
        let user = user.to_owned();
        let sql = "SELECT doc FROM \"QueryConfig\" WHERE owner = ?1 OR shared ORDER BY name, owner";
        self.read(move |tx| select(tx, "QueryConfig", sql, [user])).await
    }

    async fn delete_query_config(&self, id: &QueryConfigId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"QueryConfig\" WHERE _id = ?1", [id])? > 0)).await
    }
}
