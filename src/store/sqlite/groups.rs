//! Groups of unknown errors: the table `Error`.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, select, select_one};
use crate::{
    domain::{BranchCount, GroupId, GroupRule, GroupRuleId, GroupState, LogError},
    store::{GroupDecision, GroupRuleStore, LogErrorStore, Result},
};

const BY_ID: &str = "SELECT doc FROM \"Error\" WHERE _id = ?1";

fn save(connection: &Connection, group: &LogError) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO \"Error\" (_id, doc, state, count, pending) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = (group.id.bytes(), encode("Error", group)?, group.state.as_str(), group.count, group.relabel_pending);
    execute(connection, sql, row).map(drop)
}

fn recount(connection: &Connection, id: &GroupId) -> Result<()> {
    let Some(mut group) = select_one::<LogError>(connection, "Error", BY_ID, [id.bytes()])? else { return Ok(()) };
    let sql = "SELECT branch, COUNT(*), MIN(CASE WHEN date > ?2 THEN date END), MAX(date) FROM \"Log\" WHERE group_id = ?1 GROUP BY branch ORDER BY 2 DESC, 1";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query((id.bytes(), i64::MIN)).map_err(fault)?;
    (group.count, group.first_seen, group.last_seen) = (0, None, None);
    group.branches.clear();
    while let Some(row) = rows.next().map_err(fault)? {
        let read = || -> rusqlite::Result<(String, i64, Option<i64>, i64)> { Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)) };
        let (branch, count, first, last) = read().map_err(fault)?;
        group.count += count;
        if let Ok(branch) = branch.parse() {
            group.branches.push(BranchCount { branch, count });
        }
        if let Some(first) = first {
            let (first, last) = (DateTime::from_millis(first), DateTime::from_millis(last));
            group.first_seen = Some(group.first_seen.map_or(first, |seen| seen.min(first)));
            group.last_seen = Some(group.last_seen.map_or(last, |seen| seen.max(last)));
        }
    }
    drop(rows);
    save(connection, &group)
}

#[async_trait]
impl LogErrorStore for SqliteStore {
    async fn insert_log_errors(&self, groups: &[LogError]) -> Result<()> {
        let groups = groups.to_vec();
        self.write(move |tx| {
            for group in &groups {
                match select_one::<LogError>(tx, "Error", BY_ID, [group.id.bytes()])? {
                    None => save(tx, group)?,
                    // The pattern of a group that is there may have become more general; nothing else of it changes.
                    Some(mut stored) if stored.pattern != group.pattern => {
                        (stored.pattern, stored.template) = (group.pattern.clone(), group.template.clone());
                        save(tx, &stored)?;
                    }
                    Some(_) => {}
                }
            }
            Ok(())
        })
        .await
    }

    async fn find_log_error(&self, id: &GroupId) -> Result<Option<LogError>> {
        let id = id.bytes();
        self.read(move |tx| select_one(tx, "Error", BY_ID, [id])).await
    }

    async fn list_log_errors(&self, state: Option<GroupState>, limit: usize) -> Result<Vec<LogError>> {
        let (state, limit) = (state.map(GroupState::as_str), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Error\" WHERE ?1 IS NULL OR state = ?1 ORDER BY count DESC, _id LIMIT ?2";
        self.read(move |tx| select(tx, "Error", sql, (state, limit))).await
    }

    async fn list_pending_log_errors(&self) -> Result<Vec<LogError>> {
        self.read(|tx| select(tx, "Error", "SELECT doc FROM \"Error\" WHERE pending ORDER BY _id", [])).await
    }

    async fn count_log_errors(&self, state: GroupState) -> Result<usize> {
        let sql = "SELECT COUNT(*) FROM \"Error\" WHERE state = ?1";
        let n: i64 = self.read(move |tx| tx.query_row(sql, [state.as_str()], |row| row.get(0)).map_err(fault)).await?;
        Ok(usize::try_from(n).unwrap_or_default())
    }

    async fn update_log_error(&self, id: &GroupId, decision: &GroupDecision) -> Result<bool> {
        let (id, decision) = (id.bytes(), decision.clone());
        self.write(move |tx| {
            let Some(mut group) = select_one::<LogError>(tx, "Error", BY_ID, [id])? else { return Ok(false) };
            (group.state, group.status, group.known_error_id) = (decision.state, decision.status, decision.known_error_id);
            group.relabel_pending = decision.relabel_pending;
            save(tx, &group)?;
            Ok(true)
        })
        .await
    }

    async fn recount_log_errors(&self, ids: &[GroupId]) -> Result<()> {
        let ids = ids.to_vec();
        self.write(move |tx| ids.iter().try_for_each(|id| recount(tx, id))).await
    }
}

#[async_trait]
impl GroupRuleStore for SqliteStore {
    async fn insert_group_rule(&self, rule: &GroupRule) -> Result<()> {
        let row = (rule.id.bytes(), encode("GroupRule", rule)?, rule.created_at.timestamp_millis());
        let sql = "INSERT INTO \"GroupRule\" (_id, doc, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (_id) DO NOTHING";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn list_group_rules(&self) -> Result<Vec<GroupRule>> {
        self.read(|tx| select(tx, "GroupRule", "SELECT doc FROM \"GroupRule\" ORDER BY created_at, _id", [])).await
    }

    async fn delete_group_rule(&self, id: &GroupRuleId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"GroupRule\" WHERE _id = ?1", [id])? > 0)).await
    }
}
