//! The audit log. Nothing in this trait changes or removes an entry; SQLite refuses it by triggers, and on MongoDB the program's
//! account needs only `find` and `insert` on the collection `Audit`.

use async_trait::async_trait;
use bson::DateTime;

use super::Result;
use crate::domain::{AuditAction, AuditEntry, AuditId};

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    /// Done by this person.
    pub actor: Option<String>,
    /// This was done.
    pub action: Option<AuditAction>,
    /// To this.
    pub target: Option<String>,
    /// Only what was refused.
    pub refused: bool,
    /// Not before.
    pub since: Option<DateTime>,
    /// Before.
    pub until: Option<DateTime>,
    /// Only what comes after this entry in the order of the page.
    pub after: Option<AuditCursor>,
    /// At most this many.
    pub limit: usize,
}

/// A place in the order of entries: newest first, then by id, the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    /// Moment of the entry.
    pub at: DateTime,
    /// Its id.
    pub id: AuditId,
}

/// Who could change or remove entries with the account that the program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditGuard {
    /// Nobody: the database refuses it.
    Refused,
    /// The program's account may.
    Allowed,
    /// Anybody who reaches the database: it asks nobody who they are.
    Open,
}

/// The audit log, append-only.
#[async_trait]
pub trait AuditStore {
    /// Writes an entry; one with the same id stays as it is.
    async fn insert_audit_entry(&self, entry: &AuditEntry) -> Result<()>;
    /// Whether entries could be changed or removed.
    async fn audit_guard(&self) -> Result<AuditGuard>;
    /// A page of entries, newest first.
    async fn list_audit_entries(&self, page: &AuditPage) -> Result<Vec<AuditEntry>>;
}
