//! Uploaded files page by page.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};

use super::MongoStore;
use crate::{
    domain::{BranchCode, LogFile},
    store::{FileCursor, FilePageStore, Result},
};

#[async_trait]
impl FilePageStore for MongoStore {
    /// The indexes are by date alone: files of one moment, which are few, are put in the order of their ids apart.
    async fn list_log_file_page(&self, branches: Option<&[BranchCode]>, after: Option<FileCursor>, limit: usize) -> Result<Vec<LogFile>> {
        let scope = match branches {
            Some(branches) => doc! { "branch": { "$in": branches.iter().map(BranchCode::as_str).collect::<Vec<_>>() } },
            None => doc! {},
        };
        let within = |key: &str, value: Document| {
            let mut filter = scope.clone();
            filter.insert(key, value);
            filter
        };
        let of_moment = |date: DateTime| within("created_at", doc! { "$eq": date });
        let mut page: Vec<LogFile> = Vec::new();
        if let Some(FileCursor { date, id }) = after {
            let mut rest = of_moment(date);
            rest.insert("_id", doc! { "$gt": id.0 });
            page = self.many("LogFile", rest, doc! { "_id": 1 }, limit).await?;
        }
        let earlier = after.map_or_else(|| scope.clone(), |after| within("created_at", doc! { "$lt": after.date }));
        let mut older: Vec<LogFile> = self.many("LogFile", earlier, doc! { "created_at": -1 }, limit).await?;
        // Of the last moment only some may have come, and in any order.
        if let Some(last) = older.last().map(|file| file.created_at) {
            older.retain(|file| file.created_at > last);
            older.extend(self.many::<LogFile>("LogFile", of_moment(last), doc! { "_id": 1 }, limit).await?);
        }
        older.sort_by_key(|file| (std::cmp::Reverse(file.created_at), file.id));
        page.extend(older);
        page.truncate(limit);
        Ok(page)
    }
}
