//! Care of the database: migrations, version, ping.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{SqliteStore, execute, fault, groups, knowledge, log_files, row};
use crate::store::{
    AdminStore, Error, Migration, Result,
    migrations::{LATEST, LEDGER, MIGRATIONS, RECOUNT, SCALE},
};

/// The statements of each step.
const STEPS: [&str; MIGRATIONS.len()] = [
    include_str!("../../../migrations/sqlite/0001_documents.sql"),
    include_str!("../../../migrations/sqlite/0002_indexes.sql"),
    include_str!("../../../migrations/sqlite/0003_reading.sql"),
    include_str!("../../../migrations/sqlite/0004_group_rules.sql"),
    include_str!("../../../migrations/sqlite/0005_triage.sql"),
    include_str!("../../../migrations/sqlite/0007_people.sql"),
    include_str!("../../../migrations/sqlite/0008_ingestion.sql"),
    include_str!("../../../migrations/sqlite/0009_knowledge.sql"),
    include_str!("../../../migrations/sqlite/0010_suggestions.sql"),
    include_str!("../../../migrations/sqlite/0011_vectors.sql"),
    include_str!("../../../migrations/sqlite/0012_scale.sql"),
    include_str!("../../../migrations/sqlite/0013_workplace.sql"),
    include_str!("../../../migrations/sqlite/0014_sources.sql"),
    include_str!("../../../migrations/sqlite/0015_notices.sql"),
    include_str!("../../../migrations/sqlite/0016_counts.sql"),
    include_str!("../../../migrations/sqlite/0017_ledger.sql"),
    include_str!("../../../migrations/sqlite/0019_queue.sql"),
    include_str!("../../../migrations/sqlite/0020_group_steps.sql"),
    include_str!("../../../migrations/sqlite/0021_meeting.sql"),
];

fn version(connection: &Connection) -> Result<i32> {
    let sql = "SELECT COALESCE(MAX(value), 0) FROM \"Meta\" WHERE _id = 'schema_version'";
    connection.query_row(sql, [], |row| row.get(0)).map_err(fault)
}

#[async_trait]
impl AdminStore for SqliteStore {
    async fn ping(&self) -> Result<()> {
        self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())).map_err(fault)).await
    }

    async fn migrate(&self) -> Result<Vec<Migration>> {
        self.write(|transaction| {
            let from = version(transaction)?;
            if from > LATEST {
                return Err(Error::Refused(format!("the database has schema {from}, this program knows {LATEST}: use a newer program")));
            }
            let mut applied = Vec::new();
            for ((number, name), step) in MIGRATIONS.into_iter().zip(STEPS).filter(|((number, _), _)| *number > from) {
                transaction.execute_batch(step).map_err(fault)?;
                if number == RECOUNT {
                    groups::rewrite(transaction)?;
                }
                if number == SCALE {
                    knowledge::rewrite(transaction)?;
                    row::fill_sessions(transaction)?;
                }
                if number == LEDGER {
                    log_files::rewrite(transaction)?;
                }
                let sql = "INSERT INTO \"Meta\" VALUES ('schema_version', ?1) ON CONFLICT (_id) DO UPDATE SET value = excluded.value";
                transaction.execute(sql, [number]).map_err(fault)?;
                applied.push(Migration { number, name });
            }
            Ok(applied)
        })
        .await
    }

    async fn schema_version(&self) -> Result<i32> {
        self.read(version).await
    }

    async fn mark(&self, name: &str) -> Result<i64> {
        let name = name.to_owned();
        let sql = "SELECT COALESCE(MAX(value), 0) FROM \"Meta\" WHERE _id = ?1";
        self.read(move |connection| connection.query_row(sql, [name], |row| row.get(0)).map_err(fault)).await
    }

    async fn set_mark(&self, name: &str, value: i64) -> Result<()> {
        let row = (name.to_owned(), value);
        self.write(move |tx| execute(tx, "INSERT OR REPLACE INTO \"Meta\" (_id, value) VALUES (?1, ?2)", row).map(drop)).await
    }

    fn describe(&self) -> String {
        format!("SQLite at {}", self.inner.path.display())
    }
}
