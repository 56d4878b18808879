//! Uploaded files as a person looks for them: by words of the name, branch and state, newest first.
//!
//! Names and states are compared here, file by file, so that both stores mean the same by them; how many are looked at is bounded, and a
//! search that ends there says where it goes on.

use crate::{
    domain::{FileState, LogFile},
    store::{self, FileCursor, ScopedStore},
};

/// Files that are asked for at once, and looked at for a page.
const BATCH: usize = 500;
const LOOKED_AT: usize = 5_000;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesAsked {
    /// Parts of the name, in small letters.
    pub words: Vec<String>,
    /// The state.
    pub state: Option<FileState>,
}

impl FilesAsked {
    fn fits(&self, file: &LogFile) -> bool {
        let name = file.name.to_lowercase();
        self.state.is_none_or(|state| file.state == state) && self.words.iter().all(|word| name.contains(word.as_str()))
    }
}

/// Files that were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilesFound {
    /// The files, newest first.
    pub files: Vec<LogFile>,
    /// Where the search goes on.
    pub next: Option<FileCursor>,
    /// The page is not full: there are more files than are looked at for one.
    pub incomplete: bool,
}

/// A page of the files that are seen, behind a place.
///
/// # Errors
/// When the store fails.
pub async fn find(reads: &ScopedStore, asked: &FilesAsked, mut after: Option<FileCursor>, limit: usize) -> store::Result<FilesFound> {
    let mut files = Vec::new();
    for _ in 0..LOOKED_AT / BATCH {
        let batch = reads.list_log_file_page(after, BATCH).await?;
        let is_last = batch.len() < BATCH;
        after = batch.last().map(FileCursor::of).or(after);
        files.extend(batch.into_iter().filter(|file| asked.fits(file)));
        if files.len() > limit {
            files.truncate(limit);
            return Ok(FilesFound { next: files.last().map(FileCursor::of), files, incomplete: false });
        }
        if is_last {
            return Ok(FilesFound { files, ..FilesFound::default() });
        }
    }
    Ok(FilesFound { files, next: after, incomplete: true })
}
