//! The families of few and small documents: branches, files, properties, saved filters, people, quarantine.

use std::collections::HashMap;

use async_trait::async_trait;
use bson::{Bson, DateTime, Document, doc};
use mongodb::error::{ErrorKind, WriteFailure};

use super::{MongoStore, encode, fault};
use crate::{
    domain::{
        Branch, BranchCode, LogFile, LogFileId, LogQuery, PropertyDelta, Quarantined, QueryConfig, QueryConfigId, Session, User, ViewKind,
    },
    store::{BranchStore, Error, LogFileStore, LogQueryStore, QuarantineStore, QueryConfigStore, Result, UserStore},
};

/// Code of a key that is taken.
pub(super) const DUPLICATE_KEY: i32 = 11000;

/// Whether an insertion failed because the key is taken.
pub(super) fn is_duplicate(error: &mongodb::error::Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(error) => {
            // That a majority did not acknowledge weighs more than that some were there.
            error.write_concern_error.is_none()
                && error.write_errors.as_ref().is_some_and(|errors| errors.iter().all(|error| error.code == DUPLICATE_KEY))
        }
        _ => false,
    }
}

#[async_trait]
impl BranchStore for MongoStore {
    async fn save_branch(&self, branch: &Branch) -> Result<()> {
        self.save("Branch", branch).await
    }

    async fn find_branch(&self, code: &BranchCode) -> Result<Option<Branch>> {
        self.one("Branch", doc! { "_id": code.as_str() }).await
    }

    async fn list_branches(&self) -> Result<Vec<Branch>> {
        self.many("Branch", doc! {}, doc! { "_id": 1 }, usize::MAX).await
    }
}

#[async_trait]
impl LogFileStore for MongoStore {
    async fn save_log_file(&self, file: &LogFile) -> Result<()> {
        self.save("LogFile", file).await
    }

    async fn find_log_file(&self, id: &LogFileId) -> Result<Option<LogFile>> {
        self.one("LogFile", doc! { "_id": id.0 }).await
    }

    async fn list_log_files(&self, branches: Option<&[BranchCode]>, limit: usize) -> Result<Vec<LogFile>> {
        let filter = match branches {
            Some(branches) => doc! { "branch": { "$in": branches.iter().map(BranchCode::as_str).collect::<Vec<_>>() } },
            None => doc! {},
        };
        self.many("LogFile", filter, doc! { "created_at": -1, "_id": 1 }, limit).await
    }
}

#[async_trait]
impl LogQueryStore for MongoStore {
    async fn add_properties(&self, file: &LogFileId, deltas: &[PropertyDelta]) -> Result<()> {
        let mut open: Vec<&PropertyDelta> = deltas.iter().collect();
        // Another process may add at the same time: a change holds only for what was read, else it is made again.
        while !open.is_empty() {
            let paths: Vec<&str> = open.iter().map(|delta| delta.path.as_str()).collect();
            let stored: Vec<LogQuery> = self.many("LogQuery", doc! { "_id": { "$in": paths } }, doc! { "_id": 1 }, usize::MAX).await?;
            let mut stored: HashMap<String, LogQuery> = stored.into_iter().map(|property| (property.path.clone(), property)).collect();
            let (mut fresh, mut grown, mut left) = (Vec::new(), Vec::new(), Vec::new());
            for delta in open {
                let before = stored.remove(&delta.path);
                let count = before.as_ref().map(|before| before.count);
                let Some(property) = delta.add_to(before, *file) else { continue };
                let document = encode("LogQuery", &property)?;
                match count {
                    None => fresh.push(document),
                    Some(count) => grown.push(doc! { "q": { "_id": &delta.path, "count": count }, "u": document }),
                }
                left.push(delta);
            }
            if !fresh.is_empty() {
                match self.collection::<Document>("LogQuery").insert_many(fresh).ordered(false).await {
                    Err(error) if !is_duplicate(&error) => return Err(fault(error)),
                    _ => {}
                }
            }
            if !grown.is_empty() {
                self.write_all(doc! { "update": "LogQuery", "updates": grown }).await?;
            }
            // Those that hold now are passed over in the next round.
            open = left;
        }
        Ok(())
    }

    async fn close_properties(&self, file: &LogFileId) -> Result<()> {
        let (with_it, change) = (doc! { "open_files": file.0 }, doc! { "$pull": { "open_files": file.0 } });
        self.collection::<Document>("LogQuery").update_many(with_it, change).await.map_err(fault).map(drop)
    }

    async fn list_log_queries(&self) -> Result<Vec<LogQuery>> {
        self.many("LogQuery", doc! {}, doc! { "_id": 1 }, usize::MAX).await
    }
}

/// Those of a kind; views that were stored before there were several are of the Logs.
fn of_kind(kind: ViewKind) -> Document {
    let own = Bson::from(kind.as_str());
    doc! { "$in": if kind == ViewKind::default() { vec![own, Bson::Null] } else { vec![own] } }
}

#[async_trait]
impl QueryConfigStore for MongoStore {
    async fn save_query_config(&self, config: &QueryConfig) -> Result<()> {
        self.save("QueryConfig", config).await
    }

    async fn find_query_config(&self, user: &str, kind: ViewKind, name: &str) -> Result<Option<QueryConfig>> {
        let named = |whose: &str, is: Bson| doc! { "kind": of_kind(kind), "name": name, whose: is };
        if let Some(own) = self.one("QueryConfig", named("owner", user.into())).await? {
            return Ok(Some(own));
        }
        let shared = self.many("QueryConfig", named("shared", true.into()), doc! { "owner": 1 }, 1).await?;
        Ok(shared.into_iter().next())
    }

    async fn list_query_configs(&self, user: &str, kind: ViewKind) -> Result<Vec<QueryConfig>> {
        let filter = doc! { "kind": of_kind(kind), "$or": [{ "owner": user }, { "shared": true }] };
        self.many("QueryConfig", filter, doc! { "name": 1, "owner": 1 }, usize::MAX).await
    }

    async fn delete_query_config(&self, id: &QueryConfigId) -> Result<bool> {
        let done = self.collection::<Document>("QueryConfig").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}

#[async_trait]
impl UserStore for MongoStore {
    async fn insert_user(&self, user: &User) -> Result<()> {
        match self.collection::<Document>("User").insert_one(encode("User", user)?).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(Error::Conflict { collection: "User", key: user.name.clone() }),
            Err(error) => Err(fault(error)),
        }
    }

    async fn update_user(&self, user: &User) -> Result<bool> {
        let done =
            self.collection::<Document>("User").replace_one(doc! { "_id": &user.name }, encode("User", user)?).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    async fn find_user(&self, name: &str) -> Result<Option<User>> {
        self.one("User", doc! { "_id": name }).await
    }

    async fn list_users(&self) -> Result<Vec<User>> {
        self.many("User", doc! {}, doc! { "_id": 1 }, usize::MAX).await
    }

    async fn insert_session(&self, session: &Session) -> Result<()> {
        self.save("Session", session).await
    }

    async fn find_session(&self, token_hash: &str, now: DateTime) -> Result<Option<Session>> {
        self.one("Session", doc! { "_id": token_hash, "expires_at": { "$gt": now } }).await
    }

    async fn delete_session(&self, token_hash: &str) -> Result<()> {
        self.collection::<Document>("Session").delete_one(doc! { "_id": token_hash }).await.map_err(fault).map(drop)
    }

    async fn delete_expired_sessions(&self, now: DateTime) -> Result<()> {
        self.collection::<Document>("Session").delete_many(doc! { "expires_at": { "$lte": now } }).await.map_err(fault).map(drop)
    }
}

#[async_trait]
impl QuarantineStore for MongoStore {
    async fn insert_quarantined(&self, pieces: &[Quarantined]) -> Result<()> {
        if pieces.is_empty() {
            return Ok(());
        }
        let documents = pieces.iter().map(|piece| encode("Quarantine", piece)).collect::<Result<Vec<_>>>()?;
        match self.collection::<Document>("Quarantine").insert_many(documents).ordered(false).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    async fn list_quarantined(&self, file: &LogFileId, limit: usize) -> Result<Vec<Quarantined>> {
        self.many("Quarantine", doc! { "log_file_id": file.0 }, doc! { "offset": 1 }, limit).await
    }

    async fn count_quarantined(&self, file: &LogFileId) -> Result<usize> {
        let n = self.collection::<Document>("Quarantine").count_documents(doc! { "log_file_id": file.0 }).await.map_err(fault)?;
        Ok(usize::try_from(n).unwrap_or(usize::MAX))
    }
}
