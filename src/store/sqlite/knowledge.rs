//! The knowledge base: statuses, known errors, answers, and the version that tells processes of changes.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, select, select_one};
use crate::{
    domain::{Answer, KnownError, KnownErrorId, StatusError},
    store::{KnowledgeStore, Result},
};

pub(super) const BY_ID: &str = "SELECT doc FROM \"KnownError\" WHERE _id = ?1";

fn grow_version(connection: &Connection) -> Result<()> {
    execute(connection, "UPDATE \"Meta\" SET value = value + 1 WHERE _id = 'knowledge_version'", []).map(drop)
}

fn save(connection: &Connection, entry: &KnownError) -> Result<()> {
    let sql =
        "INSERT OR REPLACE INTO \"KnownError\" (_id, doc, pending, count, last_seen, status, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let last_seen = entry.last_seen.map(DateTime::timestamp_millis);
    let status = entry.status.map(|status| status.0);
    let row =
        (entry.id.as_str(), encode("KnownError", entry)?, entry.rejudge_pending, entry.count, last_seen, status, entry.state.as_str());
    execute(connection, sql, row).map(drop)
}

/// Writes every known error anew, for a step of the schema that asks for more of it.
pub(super) fn rewrite(connection: &Connection) -> Result<()> {
    let entries: Vec<KnownError> = select(connection, "KnownError", "SELECT doc FROM \"KnownError\"", [])?;
    entries.iter().try_for_each(|entry| save(connection, entry))
}

#[async_trait]
impl KnowledgeStore for SqliteStore {
    async fn save_status_error(&self, status: &StatusError) -> Result<()> {
        let row = (status.code.0, encode("StatusError", status)?);
        self.write(move |tx| {
            execute(tx, "INSERT OR REPLACE INTO \"StatusError\" (_id, doc) VALUES (?1, ?2)", row)?;
            grow_version(tx)
        })
        .await
    }

    async fn list_status_errors(&self) -> Result<Vec<StatusError>> {
        self.read(|tx| select(tx, "StatusError", "SELECT doc FROM \"StatusError\" ORDER BY _id", [])).await
    }

    async fn save_known_errors(&self, entries: &[(KnownError, Vec<Answer>)]) -> Result<()> {
        let entries = entries.to_vec();
        self.write(move |tx| {
            for (mut entry, answers) in entries {
                if let Some(stored) = select_one::<KnownError>(tx, "KnownError", BY_ID, [entry.id.as_str()])? {
                    (entry.count, entry.last_seen) = (stored.count, stored.last_seen);
                }
                save(tx, &entry)?;
                execute(tx, "DELETE FROM \"Answer\" WHERE known_error_id = ?1", [entry.id.as_str()])?;
                for answer in answers {
                    let row = (answer.id.bytes(), encode("Answer", &answer)?, entry.id.as_str(), answer.position);
                    execute(tx, "INSERT OR REPLACE INTO \"Answer\" (_id, doc, known_error_id, position) VALUES (?1, ?2, ?3, ?4)", row)?;
                }
            }
            grow_version(tx)
        })
        .await
    }

    async fn find_known_error(&self, id: &KnownErrorId) -> Result<Option<KnownError>> {
        let id = id.to_string();
        self.read(move |tx| select_one(tx, "KnownError", BY_ID, [id])).await
    }

    async fn list_known_errors(&self) -> Result<Vec<KnownError>> {
        self.read(|tx| select(tx, "KnownError", "SELECT doc FROM \"KnownError\" ORDER BY _id", [])).await
    }

    async fn list_answers(&self, known_error: Option<&KnownErrorId>) -> Result<Vec<Answer>> {
        let id = known_error.map(ToString::to_string);
        let sql = "SELECT doc FROM \"Answer\" WHERE ?1 IS NULL OR known_error_id = ?1 ORDER BY known_error_id, position";
        self.read(move |tx| select(tx, "Answer", sql, [id])).await
    }

    async fn recount_known_errors(&self, ids: &[KnownErrorId]) -> Result<()> {
        let ids = ids.to_vec();
        self.write(move |tx| {
            for id in &ids {
                let Some(mut entry) = select_one::<KnownError>(tx, "KnownError", BY_ID, [id.as_str()])? else { continue };
                let sql = "SELECT COUNT(*), MAX(date) FROM \"Log\" WHERE known_error_id = ?1";
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?));
                let (count, last) = tx.prepare_cached(sql).and_then(|mut sql| sql.query_row([id.as_str()], read)).map_err(fault)?;
                entry.count = count;
                entry.last_seen = last.filter(|date| *date > i64::MIN).map(DateTime::from_millis);
                save(tx, &entry)?;
            }
            Ok(())
        })
        .await
    }

    async fn knowledge_version(&self) -> Result<i64> {
        let sql = "SELECT COALESCE(MAX(value), 0) FROM \"Meta\" WHERE _id = 'knowledge_version'";
        self.read(move |tx| tx.query_row(sql, [], |row| row.get(0)).map_err(fault)).await
    }
}
