//! What arrives, gathered in blocks, of which those that are too many for memory are written to the spool folder on threads that may wait
//! for a disk: the threads that serve connections go on with the others.
//!
//! Whatever goes wrong, the file is removed when the value that stands for it is dropped.

use std::{
    io::{self, Write},
    mem,
    path::PathBuf,
};

use tempfile::NamedTempFile;

use crate::usecase::spool;

/// What is larger goes to the spool folder, so much at a time.
const BLOCK: usize = 64 << 10;

/// What has arrived up to now.
pub(crate) struct Spooling {
    folder: PathBuf,
    /// What came last and is not in the file.
    block: Vec<u8>,
    file: Option<NamedTempFile>,
    size: u64,
}

impl Spooling {
    /// Nothing yet; memory is taken for so many bytes, of which more than a block are never held.
    pub(crate) fn new(folder: PathBuf, expected: usize) -> Self {
        let capacity = if expected <= BLOCK { expected } else { 0 };
        Self { folder, block: Vec::with_capacity(capacity), file: None, size: 0 }
    }

    /// Bytes that arrived.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds what arrived.
    ///
    /// # Errors
    /// When the folder takes no more.
    pub(crate) async fn add(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.block.extend_from_slice(chunk);
        self.size += chunk.len() as u64;
        if self.block.len() > BLOCK { self.write().await } else { Ok(()) }
    }

    /// Writes the block to the file. Where nobody waits for that any more, the file is removed all the same.
    async fn write(&mut self) -> io::Result<()> {
        let (folder, file, block) = (self.folder.clone(), self.file.take(), mem::take(&mut self.block));
        let writing = tokio::task::spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => spool::file_in(&folder)?,
            };
            file.write_all(&block)?;
            Ok::<_, io::Error>(file)
        });
        self.file = Some(writing.await.map_err(io::Error::other)??);
        Ok(())
    }

    /// All of it: in memory where it is no more than a block.
    ///
    /// # Errors
    /// When the folder takes no more.
    pub(crate) async fn end(mut self) -> io::Result<Result<Vec<u8>, NamedTempFile>> {
        if self.file.is_some() && !self.block.is_empty() {
            self.write().await?;
        }
        Ok(self.file.map_or(Ok(self.block), Err))
    }

    /// All of it, as a file.
    ///
    /// # Errors
    /// When the folder takes no more.
    pub(crate) async fn end_as_file(mut self) -> io::Result<NamedTempFile> {
        self.write().await?;
        self.file.ok_or_else(|| io::Error::other("nothing was written"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_small_stays_in_memory_and_all_is_there_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (sizes, in_memory) in
            [(vec![], true), (vec![10, 20], true), (vec![BLOCK], true), (vec![BLOCK, 1], false), (vec![3 * BLOCK, 5, BLOCK], false)]
        {
            let bytes: Vec<u8> = (0..sizes.iter().sum::<usize>()).map(|n| n as u8).collect();
            let spool = async || {
                let (mut spooling, mut rest) = (Spooling::new(folder.path().join("spool"), bytes.len()), &*bytes);
                for size in &sizes {
                    let (chunk, others) = rest.split_at(*size);
                    spooling.add(chunk).await.unwrap();
                    rest = others;
                }
                assert_eq!(spooling.size(), bytes.len() as u64);
                spooling
            };
            match spool().await.end().await.unwrap() {
                Ok(held) => assert!(in_memory && held == bytes),
                Err(file) => assert!(!in_memory && std::fs::read(file.path()).unwrap() == bytes),
            }
            let file = spool().await.end_as_file().await.unwrap();
            assert_eq!(std::fs::read(file.path()).unwrap(), bytes);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("spool")).unwrap().count(), 0);
    }
}
