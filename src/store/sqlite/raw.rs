//! Files as they came: a folder beside the database, a file each. A file is written under another name first, so that what bears its name
//! is whole.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use async_trait::async_trait;
use bson::DateTime;

use super::{SqliteStore, blocking};
use crate::{
    domain::LogFileId,
    store::{Error, RawFile, RawStore, Result},
};

/// What stands behind an id in the name of its file.
const ENDING: &str = ".zst";

impl SqliteStore {
    /// The same store, with files kept in this folder.
    #[must_use]
    pub fn keeping_raw_in(self, folder: &Path) -> Self {
        Self { raw: folder.to_owned(), ..self }
    }

    fn raw_path(&self, id: &LogFileId) -> PathBuf {
        self.raw.join(format!("{id}{ENDING}"))
    }
}

fn failed(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Refused("the disk is full".to_owned()),
        _ => Error::Refused(format!("files as they came cannot be kept: {error}")),
    }
}

fn described(id: LogFileId, metadata: &fs::Metadata) -> RawFile {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_millis());
    RawFile { id, size_bytes: metadata.len(), kept_at: DateTime::from_millis(i64::try_from(since).unwrap_or(i64::MAX)) }
}

/// `None` where there is no such file.
fn there<T>(done: io::Result<T>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn save(folder: &Path, path: &Path, from: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let mut written = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut File::open(from)?, &mut written)?;
    written.as_file().sync_all()?;
    written.persist(path)?;
    File::open(folder)?.sync_all()
}

#[async_trait]
impl RawStore for SqliteStore {
    async fn save_raw(&self, id: &LogFileId, from: &Path) -> Result<()> {
        let (folder, path, from) = (self.raw.clone(), self.raw_path(id), from.to_owned());
        blocking(move || save(&folder, &path, &from).map_err(|error| failed(&error))).await
    }

    async fn load_raw(&self, id: &LogFileId, to: &Path) -> Result<bool> {
        let (path, to) = (self.raw_path(id), to.to_owned());
        blocking(move || there(fs::copy(path, to)).map(|copied| copied.is_some())).await
    }

    async fn find_raw(&self, id: &LogFileId) -> Result<Option<RawFile>> {
        let (id, path) = (*id, self.raw_path(id));
        blocking(move || Ok(there(fs::metadata(path))?.map(|metadata| described(id, &metadata)))).await
    }

    async fn list_raw(&self) -> Result<Vec<RawFile>> {
        let folder = self.raw.clone();
        blocking(move || {
            let Some(entries) = there(fs::read_dir(folder))? else { return Ok(Vec::new()) };
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry.map_err(|error| failed(&error))?;
                let id = entry.file_name().to_str().and_then(|name| name.strip_suffix(ENDING)?.parse().ok());
                if let (Some(id), Some(metadata)) = (id, there(entry.metadata())?) {
                    found.push(described(id, &metadata));
                }
            }
            found.sort_by_key(|file| (file.kept_at, file.id));
            Ok(found)
        })
        .await
    }

    async fn delete_raw(&self, id: &LogFileId) -> Result<bool> {
        let path = self.raw_path(id);
        blocking(move || there(fs::remove_file(path)).map(|removed| removed.is_some())).await
    }
}
