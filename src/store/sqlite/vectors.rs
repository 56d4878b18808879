//! Vectors of known errors.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, fault, select_one};
use crate::{
    domain::{KnownErrorId, KnownErrorVectors},
    store::{Result, VectorStore},
};

const NAME: &str = "KnownErrorVectors";

#[async_trait]
impl VectorStore for SqliteStore {
    async fn save_known_error_vectors(&self, vectors: &[KnownErrorVectors]) -> Result<()> {
        let rows = vectors.iter().map(|vectors| Ok((vectors.id.bytes(), encode(NAME, vectors)?, vectors.known_error_id.to_string())));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let sql = "INSERT OR REPLACE INTO \"KnownErrorVectors\" (_id, doc, known_error_id) VALUES (?1, ?2, ?3)";
        self.write(move |tx| rows.into_iter().try_for_each(|row| execute(tx, sql, row).map(drop))).await
    }

    async fn find_known_error_vectors(&self, model: &str, ids: &[KnownErrorId]) -> Result<Vec<KnownErrorVectors>> {
        let ids: Vec<[u8; 12]> = ids.iter().map(|id| KnownErrorVectors::id_for(id, model).bytes()).collect();
        let sql = "SELECT doc FROM \"KnownErrorVectors\" WHERE _id = ?1";
        self.read(move |connection| ids.into_iter().filter_map(|id| select_one(connection, NAME, sql, [id]).transpose()).collect()).await
    }

    async fn list_known_errors_with_vectors(&self, after: Option<&KnownErrorId>, limit: usize) -> Result<Vec<KnownErrorId>> {
        let wanted = (after.map(ToString::to_string), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT DISTINCT known_error_id FROM \"KnownErrorVectors\" WHERE ?1 IS NULL OR known_error_id > ?1 \
                   ORDER BY known_error_id LIMIT ?2";
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql).map_err(fault)?;
            let ids = statement.query_map(wanted, |row| row.get(0).map(KnownErrorId)).map_err(fault)?;
            ids.collect::<rusqlite::Result<_>>().map_err(fault)
        })
        .await
    }

    async fn delete_known_error_vectors(&self, ids: &[KnownErrorId]) -> Result<()> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let sql = "DELETE FROM \"KnownErrorVectors\" WHERE known_error_id = ?1";
        self.write(move |tx| ids.into_iter().try_for_each(|id| execute(tx, sql, [id]).map(drop))).await
    }
}
