//! Taking a file back.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{SqliteStore, execute, fault};
use crate::{
    domain::{GroupId, KnownErrorId, LogFileId},
    store::{RemovalStore, Removed, Result},
};

#[async_trait]
impl RemovalStore for SqliteStore {
    async fn delete_logs_of_file(&self, id: &LogFileId, limit: usize) -> Result<Removed> {
        let key = (id.bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.write(move |tx| {
            let sql = "DELETE FROM \"Log\" WHERE _id IN (SELECT _id FROM \"Log\" WHERE log_file_id = ?1 LIMIT ?2) RETURNING group_id, known_error_id";
            let mut statement = tx.prepare_cached(sql).map_err(fault)?;
            let mut rows = statement.query(key).map_err(fault)?;
            let (mut removed, mut groups, mut known) = (Removed::default(), BTreeSet::new(), BTreeSet::new());
            while let Some(row) = rows.next().map_err(fault)? {
                let read = || -> rusqlite::Result<(Option<[u8; 12]>, Option<String>)> { Ok((row.get(0)?, row.get(1)?)) };
                let (group, entry) = read().map_err(fault)?;
                removed.n_logs += 1;
                groups.extend(group);
                known.extend(entry);
            }
            removed.groups = groups.into_iter().map(|group| GroupId(group.into())).collect();
            removed.known = known.into_iter().map(KnownErrorId).collect();
            Ok(removed)
        })
        .await
    }

    async fn delete_log_file(&self, id: &LogFileId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| {
            execute(tx, "DELETE FROM \"Quarantine\" WHERE log_file_id = ?1", [id])?;
            Ok(execute(tx, "DELETE FROM \"LogFile\" WHERE _id = ?1", [id])? > 0)
        })
        .await
    }
}
