//! Files as they came: a GridFS bucket, so that every server process finds them.

use std::path::Path;

use async_trait::async_trait;
use bson::{Bson, Document, doc};
use futures_util::{
    TryStreamExt,
    io::{AsyncReadExt, AsyncWriteExt},
};
use mongodb::{gridfs::GridFsBucket, options::GridFsBucketOptions};

use super::{MongoStore, fault, majority};
use crate::{
    domain::LogFileId,
    store::{Error, RawFile, RawStore, Result},
};

/// Name of the bucket.
const BUCKET: &str = "raw";
/// Bytes moved at once.
const BLOCK: usize = 255 << 10;

impl MongoStore {
    fn bucket(&self) -> GridFsBucket {
        let options = GridFsBucketOptions::builder().bucket_name(BUCKET.to_owned()).write_concern(majority()).build();
        self.database.gridfs_bucket(options)
    }

    /// Files that fit, the oldest first.
    async fn raw_files(&self, filter: Document) -> Result<Vec<RawFile>> {
        let collection = self.collection::<Document>("raw.files");
        let find = collection.find(filter).sort(doc! { "uploadDate": 1, "_id": 1 });
        let files: Vec<Document> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        let read = |file: &Document| {
            let size_bytes = file.get_i64("length").or_else(|_| file.get_i32("length").map(i64::from)).unwrap_or_default();
            Some(RawFile {
                id: LogFileId(file.get_object_id("_id").ok()?),
                size_bytes: u64::try_from(size_bytes).unwrap_or_default(),
                kept_at: *file.get_datetime("uploadDate").ok()?,
            })
        };
        Ok(files.iter().filter_map(read).collect())
    }
}

fn on_disk(error: &std::io::Error) -> Error {
    Error::Refused(format!("a file on its way to or from the database: {error}"))
}

/// What a failing stream of the driver means.
fn in_database(error: std::io::Error) -> Error {
    Error::Unavailable { reason: error.to_string(), source: Some(Box::new(error)) }
}

#[async_trait]
impl RawStore for MongoStore {
    async fn save_raw(&self, id: &LogFileId, from: &Path) -> Result<()> {
        if self.find_raw(id).await?.is_some() {
            return Ok(());
        }
        // Chunks without a file are what a process that was killed left.
        self.collection::<Document>("raw.chunks").delete_many(doc! { "files_id": id.0 }).await.map_err(fault)?;
        let mut file = tokio::fs::File::open(from).await.map_err(|error| on_disk(&error))?;
        let bucket = self.bucket();
        let mut stream = bucket.open_upload_stream(id.to_string()).id(Bson::ObjectId(id.0)).await.map_err(fault)?;
        let mut block = vec![0; BLOCK];
        loop {
            let n = tokio::io::AsyncReadExt::read(&mut file, &mut block).await.map_err(|error| on_disk(&error))?;
            if n == 0 {
                break;
            }
            stream.write_all(block.get(..n).unwrap_or_default()).await.map_err(in_database)?;
        }
        stream.close().await.map_err(in_database)
    }

    async fn load_raw(&self, id: &LogFileId, to: &Path) -> Result<bool> {
        if self.find_raw(id).await?.is_none() {
            return Ok(false);
        }
        let mut stream = self.bucket().open_download_stream(Bson::ObjectId(id.0)).await.map_err(fault)?;
        let mut file = tokio::fs::File::create(to).await.map_err(|error| on_disk(&error))?;
        let mut block = vec![0; BLOCK];
        loop {
            let n = stream.read(&mut block).await.map_err(in_database)?;
            if n == 0 {
                break;
            }
            tokio::io::AsyncWriteExt::write_all(&mut file, block.get(..n).unwrap_or_default()).await.map_err(|error| on_disk(&error))?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(|error| on_disk(&error))?;
        Ok(true)
    }

    async fn find_raw(&self, id: &LogFileId) -> Result<Option<RawFile>> {
        Ok(self.raw_files(doc! { "_id": id.0 }).await?.pop())
    }

    async fn list_raw(&self) -> Result<Vec<RawFile>> {
        self.raw_files(doc! {}).await
    }

    async fn delete_raw(&self, id: &LogFileId) -> Result<bool> {
        let done = self.collection::<Document>("raw.files").delete_one(doc! { "_id": id.0 }).await.map_err(fault)?;
        self.collection::<Document>("raw.chunks").delete_many(doc! { "files_id": id.0 }).await.map_err(fault)?;
        Ok(done.deleted_count > 0)
    }
}
