//! Files that this process is removing or reading again: one at a time works on each.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::domain::LogFileId;

/// The files that are worked on.
#[derive(Debug, Default)]
pub struct Busy(Mutex<BTreeSet<LogFileId>>);

/// A file is worked on until this is dropped.
#[derive(Debug)]
pub struct Turn<'b> {
    busy: &'b Busy,
    id: LogFileId,
}

impl Busy {
    /// Begins to work on a file; `None` where somebody else does.
    pub fn begin(&self, id: &LogFileId) -> Option<Turn<'_>> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(*id);
        is_free.then(|| Turn { busy: self, id: *id })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
