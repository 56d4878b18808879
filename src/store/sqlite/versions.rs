//! Versions of known errors.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{KnownErrorId, KnownErrorVersion},
    store::{Result, VersionStore},
};

#[async_trait]
impl VersionStore for SqliteStore {
    async fn insert_known_error_versions(&self, versions: &[KnownErrorVersion]) -> Result<Vec<bool>> {
        let versions = versions.to_vec();
        self.write(move |tx| {
            let insert = |version: &KnownErrorVersion| {
                let row = (version.id.bytes(), encode("KnownErrorVersion", version)?, version.known_error_id.as_str(), version.number);
                let sql =
                    "INSERT INTO \"KnownErrorVersion\" (_id, doc, known_error_id, number) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
                Ok(execute(tx, sql, row)? > 0)
            };
            versions.iter().map(insert).collect()
        })
        .await
    }

    async fn find_known_error_version(&self, known_error: &KnownErrorId, number: i64) -> Result<Option<KnownErrorVersion>> {
        let wanted = (known_error.to_string(), number);
        let sql = "SELECT doc FROM \"KnownErrorVersion\" WHERE known_error_id = ?1 AND number = ?2";
        self.read(move |tx| select_one(tx, "KnownErrorVersion", sql, wanted)).await
    }

    async fn list_known_error_versions(
        &self,
        known_error: &KnownErrorId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<KnownErrorVersion>> {
        let wanted = (known_error.to_string(), before.unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"KnownErrorVersion\" WHERE known_error_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
        self.read(move |tx| select(tx, "KnownErrorVersion", sql, wanted)).await
    }
}
