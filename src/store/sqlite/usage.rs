//! How much known errors are used.

use async_trait::async_trait;
use bson::DateTime;

use super::{SqliteStore, encode, execute, fault, knowledge, select_one};
use crate::{
    domain::{BranchCode, KnownError, KnownErrorId},
    store::{DayCount, KnownErrorCount, Result, Usage, UsageStore},
};

#[async_trait]
impl UsageStore for SqliteStore {
    async fn list_known_error_counts(&self) -> Result<Vec<KnownErrorCount>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT _id, count, last_seen FROM \"KnownError\" ORDER BY _id").map_err(fault)?;
            let count = |row: &rusqlite::Row<'_>| {
                let last_seen = row.get::<_, Option<i64>>(2)?.map(DateTime::from_millis);
                Ok(KnownErrorCount { id: KnownErrorId(row.get(0)?), count: row.get(1)?, last_seen })
            };
            statement.query_map([], count).and_then(Iterator::collect).map_err(fault)
        })
        .await
    }

    async fn count_known_error_days(
        &self,
        id: &KnownErrorId,
        branches: Option<&[BranchCode]>,
        from: DateTime,
        to: DateTime,
        limit: usize,
    ) -> Result<Usage> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let branches = branches.map(|branches| serde_json::json!(branches).to_string());
        let wanted = (id.to_string(), from.timestamp_millis(), to.timestamp_millis(), most.saturating_add(1), branches);
        self.read(move |tx| {
            let newest = "SELECT date, branch FROM \"Log\" WHERE known_error_id = ?1 AND date >= ?2 AND date < ?3
                AND (?5 IS NULL OR branch IN (SELECT value FROM json_each(?5))) ORDER BY date DESC LIMIT ?4";
            // Days before 1970 are none that a branch could write of.
            let sql = format!("SELECT date / 86400000, branch, COUNT(*) FROM ({newest}) GROUP BY 1, 2 ORDER BY 1, 2");
            let mut statement = tx.prepare_cached(&sql).map_err(fault)?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?));
            let rows: Vec<(i64, String, i64)> = statement.query_map(wanted, read).and_then(Iterator::collect).map_err(fault)?;
            let incomplete = rows.iter().map(|(_, _, count)| count).sum::<i64>() > most;
            let day = |(day, branch, count): (i64, String, i64)| branch.parse().ok().map(|branch| DayCount { day, branch, count });
            Ok(Usage { days: rows.into_iter().filter_map(day).collect(), incomplete })
        })
        .await
    }

    async fn list_pending_known_errors(&self) -> Result<Vec<KnownErrorId>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT _id FROM \"KnownError\" WHERE pending ORDER BY _id").map_err(fault)?;
            statement.query_map([], |row| row.get(0).map(KnownErrorId)).and_then(Iterator::collect).map_err(fault)
        })
        .await
    }

    async fn settle_known_error(&self, id: &KnownErrorId, version: i64) -> Result<()> {
        let id = id.to_string();
        self.write(move |tx| {
            let Some(mut entry) = select_one::<KnownError>(tx, "KnownError", knowledge::BY_ID, [&id])? else { return Ok(()) };
            if entry.version != version {
                return Ok(());
            }
            entry.rejudge_pending = false;
            let row = (&id, encode("KnownError", &entry)?);
            execute(tx, "UPDATE \"KnownError\" SET doc = ?2, pending = 0 WHERE _id = ?1", row).map(drop)
        })
        .await
    }
}
