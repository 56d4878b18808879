//! Filling in the missing halves of stored Logs: one command for many.
//!
//! Each statement holds only while the Log is as it was read. One that matches nothing would be counted with those that do, so that
//! nobody knew which it was; therefore each is an upsert, whose insertion the schema refuses by name: what is filled in is no whole Log,
//! and its id is taken.

use bson::{RawDocument, RawDocumentBuf, cstr, oid::ObjectId, rawdoc};

use super::{MongoStore, as_read::as_read, bulk::Bulk, small::DUPLICATE_KEY};
use crate::{domain::EncodedLog, store::Result};

/// A document that the collection's schema does not admit.
const INVALID_DOCUMENT: i32 = 121;

/// A stored Log that gets its other half.
pub(super) struct Completion {
    /// Place of the half in its batch.
    index: usize,
    /// The stored Log.
    pub(super) id: ObjectId,
    statement: RawDocumentBuf,
}

impl Completion {
    /// Makes `whole` of the Log that was read as `before`: only what differs is written.
    pub(super) fn new(index: usize, id: ObjectId, before: &RawDocument, whole: &EncodedLog) -> Self {
        let mut changed = RawDocumentBuf::new();
        for (name, value) in whole.document().iter().flatten() {
            if before.get(name.as_str()).ok().flatten() != Some(value) {
                changed.append(name, value);
            }
        }
        let mut set = RawDocumentBuf::new();
        set.append(cstr!("$set"), changed);
        Self { index, id, statement: rawdoc! { "q": as_read(id, before), "u": set, "upsert": true } }
    }
}

impl MongoStore {
    /// Completes Logs; the places in their batch of those that another process changed or removed since they were read.
    pub(super) async fn complete_all(&self, completions: &[Completion]) -> Result<Vec<usize>> {
        let mut bulk = Bulk::new(self, cstr!("update"), cstr!("updates"), &[DUPLICATE_KEY, INVALID_DOCUMENT]);
        for completion in completions {
            bulk.add(completion.statement.as_ref().into()).await?;
        }
        let contested = bulk.finish().await?;
        Ok(contested.into_iter().filter_map(|place| completions.get(place)).map(|completion| completion.index).collect())
    }
}
