//! The catalogue of properties: the table `LogQuery`.

use async_trait::async_trait;

use super::{SqliteStore, encode, execute, select, select_one};
use crate::{
    domain::{LogFileId, LogQuery, PropertyDelta},
    store::{LogQueryStore, Result},
};

#[async_trait]
impl LogQueryStore for SqliteStore {
    async fn add_properties(&self, file: &LogFileId, deltas: &[PropertyDelta]) -> Result<()> {
        let (file, deltas) = (*file, deltas.to_vec());
        self.write(move |tx| {
            for delta in &deltas {
                let stored: Option<LogQuery> = select_one(tx, "LogQuery", "SELECT doc FROM \"LogQuery\" WHERE _id = ?1", [&delta.path])?;
                if let Some(grown) = delta.add_to(stored, file) {
                    let row = (&grown.path, encode("LogQuery", &grown)?);
                    execute(tx, "INSERT OR REPLACE INTO \"LogQuery\" (_id, doc) VALUES (?1, ?2)", row)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn close_properties(&self, file: &LogFileId) -> Result<()> {
        let file = *file;
        self.write(move |tx| {
            let stored: Vec<LogQuery> = select(tx, "LogQuery", "SELECT doc FROM \"LogQuery\"", [])?;
            for mut property in stored.into_iter().filter(|property| property.open_files.contains(&file)) {
                property.open_files.retain(|open| *open != file);
                execute(tx, "UPDATE \"LogQuery\" SET doc = ?2 WHERE _id = ?1", (&property.path, encode("LogQuery", &property)?))?;
            }
            Ok(())
        })
        .await
    }

    async fn list_log_queries(&self) -> Result<Vec<LogQuery>> {
        self.read(|tx| select(tx, "LogQuery", "SELECT doc FROM \"LogQuery\" ORDER BY _id", [])).await
    }
}
