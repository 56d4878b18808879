//! The audit log.

use async_trait::async_trait;
use rusqlite::{ToSql, params_from_iter};

use super::{SqliteStore, encode, execute, select};
use crate::{
    domain::AuditEntry,
    store::{AuditGuard, AuditPage, AuditStore, Result},
};

#[async_trait]
impl AuditStore for SqliteStore {
    async fn insert_audit_entry(&self, entry: &AuditEntry) -> Result<()> {
        let (id, at, doc) = (entry.id.bytes(), entry.at.timestamp_millis(), encode("Audit", entry)?);
        let row = (id, at, entry.actor.clone(), entry.action.as_str(), entry.target.clone(), entry.refused, doc);
        let sql = "INSERT INTO \"Audit\" (_id, at, actor, action, target, refused, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                   ON CONFLICT (_id) DO NOTHING";
        self.write(move |tx| execute(tx, sql, row).map(drop)).await
    }

    async fn audit_guard(&self) -> Result<AuditGuard> {
        // Triggers refuse it; whoever may write the file could take them away, as with any file.
        Ok(AuditGuard::Refused)
    }

    async fn list_audit_entries(&self, page: &AuditPage) -> Result<Vec<AuditEntry>> {
        let mut tests: Vec<&str> = Vec::new();
        let mut values: Vec<Box<dyn ToSql + Send>> = Vec::new();
        let mut test = |sql: &'static str, value: Option<Box<dyn ToSql + Send>>| {
            if let Some(value) = value {
                tests.push(sql);
                values.push(value);
            }
        };
        test("actor = ?", page.actor.clone().map(|actor| Box::new(actor) as _));
        test("action = ?", page.action.map(|action| Box::new(action.as_str()) as _));
        test("target = ?", page.target.clone().map(|target| Box::new(target) as _));
        test("at >= ?", page.since.map(|since| Box::new(since.timestamp_millis()) as _));
        test("at < ?", page.until.map(|until| Box::new(until.timestamp_millis()) as _));
        test("at <= ?", page.after.map(|after| Box::new(after.at.timestamp_millis()) as _));
        test("(at, _id) < (?,", page.after.map(|after| Box::new(after.at.timestamp_millis()) as _));
        let mut sql = tests.join(" AND ");
        if let Some(after) = page.after {
            sql.push_str(" ?)");
            values.push(Box::new(after.id.bytes()));
        }
        if page.refused {
            sql.push_str(if sql.is_empty() { "refused" } else { " AND refused" });
        }
        let sql = match sql.as_str() {
            "" => "SELECT doc FROM \"Audit\" ORDER BY at DESC, _id DESC LIMIT ?".to_owned(),
            tests => format!("SELECT doc FROM \"Audit\" WHERE {tests} ORDER BY at DESC, _id DESC LIMIT ?"),
        };
        values.push(Box::new(i64::try_from(page.limit).unwrap_or(i64::MAX)));
        self.read(move |tx| select(tx, "Audit", &sql, params_from_iter(values))).await
    }
}
