//! The audit log.

use async_trait::async_trait;
use bson::{Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::AuditEntry,
    store::{AuditPage, AuditStore, Result},
};

#[async_trait]
impl AuditStore for MongoStore {
    async fn insert_audit_entry(&self, entry: &AuditEntry) -> Result<()> {
        match self.collection::<Document>("Audit").insert_one(encode("Audit", entry)?).await {
            Err(error) if !is_duplicate(&error) => Err(fault(error)),
            _ => Ok(()),
        }
    }

    async fn list_audit_entries(&self, page: &AuditPage) -> Result<Vec<AuditEntry>> {
        let mut tests: Vec<Document> = Vec::new();
        tests.extend(page.actor.as_ref().map(|actor| doc! { "actor": actor }));
        tests.extend(page.action.map(|action| doc! { "action": action.as_str() }));
        tests.extend(page.target.as_ref().map(|target| doc! { "target": target }));
        tests.extend(page.refused.then(|| doc! { "refused": true }));
        tests.extend(page.since.map(|since| doc! { "at": { "$gte": since } }));
        tests.extend(page.until.map(|until| doc! { "at": { "$lt": until } }));
        if let Some(after) = page.after {
            tests.push(doc! { "at": { "$lte": after.at } });
            tests.push(doc! { "$or": [{ "at": { "$lt": after.at } }, { "at": after.at, "_id": { "$lt": after.id.0 } }] });
        }
        let filter = if tests.is_empty() {
            doc! {}
        } else {
            doc! { "$and": tests }
        };
        self.many("Audit", filter, doc! { "at": -1, "_id": -1 }, page.limit).await
    }
}
