//! The audit log.

use async_trait::async_trait;
use bson::{Bson, Document, doc};

use super::{MongoStore, encode, fault, small::is_duplicate};
use crate::{
    domain::AuditEntry,
    store::{AuditGuard, AuditPage, AuditStore, Result},
};

/// What changes or removes entries, or gives somebody the right to.
const CHANGES: [&str; 10] = [
    "anyAction",
    "collMod",
    "convertToCapped",
    "dropCollection",
    "dropDatabase",
    "grantRole",
    "internal",
    "remove",
    "renameCollectionSameDB",
    "update",
];

/// Whether a privilege is about the collection of the audit log.
fn covers(resource: &Document, database: &str) -> bool {
    let is = |key: &str, value: &str| resource.get_str(key).is_ok_and(|found| found.is_empty() || found == value);
    resource.get_bool("anyResource").unwrap_or_default() || is("db", database) && is("collection", "Audit")
}

/// What the reply to `connectionStatus` says of the audit log.
fn guard(status: &Document, database: &str) -> Option<AuditGuard> {
    let info = status.get_document("authInfo").ok()?;
    if info.get_array("authenticatedUsers").ok()?.is_empty() {
        return Some(AuditGuard::Open);
    }
    let changes = |privilege: &Bson| {
        let privilege = privilege.as_document()?;
        let actions = privilege.get_array("actions").ok()?;
        let may = actions.iter().filter_map(Bson::as_str).any(|action| CHANGES.contains(&action));
        Some(may && covers(privilege.get_document("resource").ok()?, database))
    };
    let may = info.get_array("authenticatedUserPrivileges").ok()?.iter().any(|privilege| changes(privilege).unwrap_or(true));
    Some(if may { AuditGuard::Allowed } else { AuditGuard::Refused })
}

#[async_trait]
impl AuditStore for MongoStore {
    async fn insert_audit_entry(&self, entry: &AuditEntry) -> Result<()> {
        match self.collection::<Document>("Audit").insert_one(encode("Audit", entry)?).await {
            Err(error) if !is_duplicate(&error) => Err(fault(error)),
            _ => Ok(()),
        }
    }

    async fn audit_guard(&self) -> Result<AuditGuard> {
        let status = self.database.run_command(doc! { "connectionStatus": 1, "showPrivileges": true }).await.map_err(fault)?;
        // A reply that says nothing of privileges promises nothing.
        Ok(guard(&status, self.database.name()).unwrap_or(AuditGuard::Open))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_judged_by_its_privileges() {
        let account = |resource: Document, actions: &[&str]| {
            let privilege = doc! { "resource": resource, "actions": actions };
            doc! { "authInfo": { "authenticatedUsers": [{ "user": "a", "db": "d" }], "authenticatedUserPrivileges": [privilege] } }
        };
        let audit = || doc! { "db": "d", "collection": "Audit" };
        for (status, expected) in [
            (doc! { "authInfo": { "authenticatedUsers": [], "authenticatedUserPrivileges": [] } }, Some(AuditGuard::Open)),
            (doc! {}, None),
            (account(audit(), &["find", "insert"]), Some(AuditGuard::Refused)),
            (account(audit(), &["find", "insert", "remove"]), Some(AuditGuard::Allowed)),
            (account(doc! { "db": "d", "collection": "" }, &["update"]), Some(AuditGuard::Allowed)),
            (account(doc! { "db": "", "collection": "" }, &["dropDatabase"]), Some(AuditGuard::Allowed)),
            (account(doc! { "anyResource": true }, &["anyAction"]), Some(AuditGuard::Allowed)),
            (account(doc! { "db": "other", "collection": "" }, &["remove"]), Some(AuditGuard::Refused)),
            (account(doc! { "db": "d", "collection": "Log" }, &["remove", "update"]), Some(AuditGuard::Refused)),
        ] {
            assert_eq!(guard(&status, "d"), expected, "{status}");
        }
    }
}
