//! Subscriptions and notices.

use async_trait::async_trait;
use bson::DateTime;
use rusqlite::Connection;

use super::{SqliteStore, encode, execute, fault, select, select_one};
use crate::{
    domain::{BranchCode, Notice, Subject, Subscription, SubscriptionId},
    store::{Error, NoticeStore, Result, SubscriptionStore, notices::latest},
};

fn find(tx: &Connection, id: &SubscriptionId) -> Result<Option<Subscription>> {
    select_one(tx, "Subscription", "SELECT doc FROM \"Subscription\" WHERE _id = ?1", [id.bytes()])
}

#[async_trait]
impl SubscriptionStore for SqliteStore {
    async fn insert_subscription(&self, subscription: &Subscription) -> Result<()> {
        let (code, at) = (subscription.branch.to_string(), subscription.created_at.timestamp_millis());
        let row = (subscription.id.bytes(), encode("Subscription", subscription)?, code, at);
        let key = subscription.id.to_string();
        self.write(move |tx| {
            let sql = "INSERT INTO \"Subscription\" (_id, doc, branch, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (_id) DO NOTHING";
            if execute(tx, sql, row)? == 0 { Err(Error::Conflict { collection: "Subscription", key }) } else { Ok(()) }
        })
        .await
    }

    async fn find_subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>> {
        let id = *id;
        self.read(move |tx| find(tx, &id)).await
    }

    async fn list_subscriptions(&self, branch: Option<&BranchCode>, limit: usize) -> Result<Vec<Subscription>> {
        let key = (branch.map(ToString::to_string), i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Subscription\" WHERE ?1 IS NULL OR branch = ?1 ORDER BY branch, created_at, _id LIMIT ?2";
        self.read(move |tx| select(tx, "Subscription", sql, key)).await
    }

    async fn advance_subscription(&self, id: &SubscriptionId, from: i64, to: i64, at: DateTime) -> Result<bool> {
        let id = *id;
        self.write(move |tx| match find(tx, &id)?.filter(|found| found.told == from) {
            Some(found) => {
                let row = (id.bytes(), encode("Subscription", &Subscription { told: to, told_at: at, ..found })?);
                Ok(execute(tx, "UPDATE \"Subscription\" SET doc = ?2 WHERE _id = ?1", row)? > 0)
            }
            None => Ok(false),
        })
        .await
    }

    async fn update_subscription(&self, subscription: &Subscription, seen: i64) -> Result<bool> {
        let wanted = subscription.clone();
        self.write(move |tx| match find(tx, &wanted.id)?.filter(|found| found.version == seen) {
            Some(found) => {
                let row = (found.id.bytes(), encode("Subscription", &Subscription { told: found.told, told_at: found.told_at, ..wanted })?);
                Ok(execute(tx, "UPDATE \"Subscription\" SET doc = ?2 WHERE _id = ?1", row)? > 0)
            }
            None => Ok(false),
        })
        .await
    }

    async fn delete_subscription(&self, id: &SubscriptionId) -> Result<bool> {
        let id = id.bytes();
        self.write(move |tx| Ok(execute(tx, "DELETE FROM \"Subscription\" WHERE _id = ?1", [id])? > 0)).await
    }
}

const LAST: &str = "SELECT COALESCE(MAX(seq), 0) FROM \"Notice\" WHERE branch = ?1";

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn insert_notices(&self, branch: &BranchCode, notices: &[Notice]) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        let (branch, notices) = (branch.to_string(), notices.to_vec());
        self.write(move |tx| {
            let mut seq: i64 = tx.query_row(LAST, [&branch], |row| row.get(0)).map_err(fault)?;
            for notice in notices {
                let notice = Notice { seq: seq + 1, ..notice };
                let sql = "INSERT INTO \"Notice\" (_id, doc, branch, key, seq) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (_id) DO NOTHING";
                let row = (&notice.id, encode("Notice", &notice)?, &branch, &notice.key, notice.seq);
                seq += i64::from(execute(tx, sql, row)? > 0);
            }
            Ok(())
        })
        .await
    }

    async fn list_notices(&self, branch: &BranchCode, after: i64, limit: usize) -> Result<Vec<Notice>> {
        let key = (branch.to_string(), after, i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = "SELECT doc FROM \"Notice\" WHERE branch = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        self.read(move |tx| select(tx, "Notice", sql, key)).await
    }

    async fn last_notice(&self, branch: &BranchCode) -> Result<i64> {
        let branch = branch.to_string();
        self.read(move |tx| tx.query_row(LAST, [branch], |row| row.get(0)).map_err(fault)).await
    }

    async fn find_notices(&self, branch: &BranchCode, subjects: &[Subject]) -> Result<Vec<Notice>> {
        let keys: Vec<String> = subjects.iter().map(Subject::key).collect();
        let asked = (branch.to_string(), serde_json::json!(keys).to_string());
        let sql = "SELECT doc FROM \"Notice\" WHERE branch = ?1 AND key IN (SELECT value FROM json_each(?2))";
        self.read(move |tx| select(tx, "Notice", sql, asked)).await.map(latest)
    }

    async fn count_by_branch(&self, subject: &Subject, from: DateTime, to: DateTime, limit: usize) -> Result<Vec<(BranchCode, i64)>> {
        let (column, id): (&str, rusqlite::types::Value) = match subject {
            Subject::Known(id) => ("known_error_id", id.to_string().into()),
            Subject::Group(id) => ("group_id", id.bytes().to_vec().into()),
        };
        let newest = format!("SELECT branch FROM \"Log\" WHERE {column} = ?1 AND date >= ?2 AND date < ?3 ORDER BY date DESC LIMIT ?4");
        let sql = format!("SELECT branch, COUNT(*) FROM ({newest}) GROUP BY branch ORDER BY branch");
        let asked = (id, from.timestamp_millis(), to.timestamp_millis(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(&sql).map_err(fault)?;
            let rows = statement.query_map(asked, |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).map_err(fault)?;
            let rows: Vec<(String, i64)> = rows.collect::<rusqlite::Result<_>>().map_err(fault)?;
            Ok(rows.into_iter().filter_map(|(branch, n)| Some((branch.parse().ok()?, n))).collect())
        })
        .await
    }
}
