//! Groups of unknown errors: the table `Error`.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, follow, methods, select, select_one, triage};
use crate::{
    domain::{BranchCount, GroupId, GroupRule, GroupRuleId, GroupState, LogError, LogId},
    store::{GroupDecision, GroupRuleStore, LogErrorStore, Result},
};

pub(super) const BY_ID: &str = "SELECT doc FROM \"Error\" WHERE _id = ?1";

/// Writes a group with what it is asked for by.
pub(super) fn save(connection: &Connection, group: &LogError) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO \"Error\" (_id, state, count, pending, first_seen, last_seen, review, merged, assignee, branches, words, doc, methods)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let millis = |date: Option<DateTime>| date.map_or(i64::MIN, DateTime::timestamp_millis);
    let branches: String = group.branches.iter().map(|branch| format!(" {} ", branch.branch)).collect();
    let row = (
        group.id.bytes(),
        group.state.as_str(),
        group.count,
        group.relabel_pending,
        millis(group.first_seen),
        millis(group.last_seen),
        group.triage.review,
        group.triage.merged_into.is_some(),
        &group.triage.assignee,
        branches,
        group.template.to_lowercase(),
        encode("Error", group)?,
        methods::column(group.methods.iter().map(|count| count.method.as_str())),
    );
    execute(connection, sql, row).map(drop)
}

/// Writes and counts every group anew, for a step of the schema that asks for more of it.
pub(super) fn rewrite(connection: &Connection) -> Result<()> {
    let sql = "SELECT _id FROM \"Error\"";
    let mut statement = connection.prepare(sql).map_err(fault)?;
    let ids = statement.query_map([], |row| row.get::<_, [u8; 12]>(0));
    let ids: Vec<_> = ids.and_then(Iterator::collect).map_err(fault)?;
    ids.into_iter().try_for_each(|id| recount(connection, &GroupId(id.into())))
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
    group.methods = methods::count(connection, id)?;
    group.example_log_id = earliest(connection, id)?.unwrap_or(group.example_log_id);
    save(connection, &group)?;
    triage::recount_times(connection, id)
}

/// The earliest Log of a group; one without a date only where there is no other.
fn earliest(connection: &Connection, id: &GroupId) -> Result<Option<LogId>> {
    let sql = "SELECT COALESCE((SELECT _id FROM \"Log\" WHERE group_id = ?1 AND date > ?2 ORDER BY date, _id LIMIT 1),
        (SELECT _id FROM \"Log\" WHERE group_id = ?1 ORDER BY date, _id LIMIT 1))";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let found: Option<[u8; 12]> = statement.query_row((id.bytes(), i64::MIN), |row| row.get(0)).map_err(fault)?;
    Ok(found.map(|id| LogId(id.into())))
}

#[async_trait]
impl LogErrorStore for SqliteStore {
    async fn insert_log_errors(&self, groups: &[LogError]) -> Result<()> {
        let groups = groups.to_vec();
        self.write(move |tx| {
            for group in &groups {
                match select_one::<LogError>(tx, "Error", BY_ID, [group.id.bytes()])? {
                    None => {
                        save(tx, group)?;
                        follow::note(tx, &group.id)?;
                    }
                    // The pattern of a group that is there may have become more general; nothing else of it changes.
                    Some(mut stored) if stored.breadth < group.breadth => {
                        (stored.pattern, stored.template) = (group.pattern.clone(), group.template.clone());
                        stored.breadth = group.breadth;
                        save(tx, &stored)?;
                        follow::note(tx, &group.id)?;
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

    async fn find_log_errors(&self, ids: &[GroupId]) -> Result<Vec<LogError>> {
        let ids = ids.to_vec();
        self.read(move |tx| ids.iter().filter_map(|id| select_one(tx, "Error", BY_ID, [id.bytes()]).transpose()).collect()).await
    }

    async fn list_log_errors(&self, state: Option<GroupState>, limit: usize) -> Result<Vec<LogError>> {
        let (state, limit) = (state.map(GroupState::as_str), i64::try_from(limit).unwrap_or(i64::MAX));
        // Two statements, so that each is answered in the order of its index.
        let (all, of_state) = (
            "SELECT doc FROM \"Error\" ORDER BY count DESC, _id LIMIT ?1",
            "SELECT doc FROM \"Error\" WHERE state = ?2 ORDER BY count DESC, _id LIMIT ?1",
        );
        self.read(move |tx| match state {
            None => select(tx, "Error", all, [limit]),
            Some(state) => select(tx, "Error", of_state, (limit, state)),
        })
        .await
    }

    async fn list_pending_log_errors(&self) -> Result<Vec<LogError>> {
        self.read(|tx| select(tx, "Error", "SELECT doc FROM \"Error\" WHERE pending ORDER BY _id", [])).await
    }

    async fn count_log_errors(&self, state: GroupState) -> Result<usize> {
        let sql = "SELECT COUNT(*) FROM \"Error\" WHERE merged = 0 AND state = ?1";
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
            follow::note(tx, &group.id)?;
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
