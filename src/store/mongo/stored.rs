//! Stored Logs that a batch may meet, read in a few queries for all of it.

use std::collections::HashMap;

use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{MongoStore, fault, sources::Notes};
use crate::{
    domain::{EncodedLog, Halves, LogId, LogState, Side, pair_by_order},
    store::Result,
};

/// Ids or fingerprints asked for at once.
const ASKED: usize = 1000;
/// Open halves that are compared with an incoming one.
const COMPARED: i64 = 64;

/// Logs as they were read, by id; those that their id does not identify by their halves as well.
#[derive(Default)]
pub(super) struct StoredLogs {
    /// What is to be noted of them.
    pub(super) notes: Notes,
    by_id: HashMap<ObjectId, RawDocumentBuf>,
    by_print: HashMap<(ObjectId, Side, i64), ObjectId>,
}

impl StoredLogs {
    /// Reads what these Logs may meet: the first exchanges of their message ids, and later ones with the same halves. Where they were
    /// `contested`, what has the ids that they would get as well: half of it may have been taken back since.
    pub(super) async fn load(&mut self, store: &MongoStore, logs: impl Iterator<Item = &EncodedLog>, contested: bool) -> Result<()> {
        let (mut ids, mut requests, mut responses) = (Vec::new(), Vec::new(), Vec::new());
        for log in logs {
            if log.message_id().is_some() || log.pairing_key().is_none() {
                ids.push(log.pairing_key().unwrap_or(log.id().0));
            }
            let Halves { request, response } = log.halves();
            if contested {
                ids.push(LogId::of_later(log.pairing_key().map_or_else(|| log.id(), LogId), request.or(response)).0);
            }
            requests.extend(request);
            responses.extend(response);
        }
        for chunk in ids.chunks(ASKED) {
            self.read(store, doc! { "_id": { "$in": chunk.to_vec() } }).await?;
        }
        let later = doc! { "$gt": ObjectId::from_bytes([0; 12]) };
        for (field, prints) in [("halves.request", requests), ("halves.response", responses)] {
            for chunk in prints.chunks(ASKED) {
                self.read(store, doc! { "pairing_key": later.clone(), field: { "$in": chunk.to_vec() } }).await?;
            }
        }
        Ok(())
    }

    async fn read(&mut self, store: &MongoStore, query: Document) -> Result<()> {
        let mut cursor = store.collection::<RawDocumentBuf>("Log").find(query).await.map_err(fault)?;
        while let Some(document) = cursor.try_next().await.map_err(fault)? {
            self.note(document);
        }
        Ok(())
    }

    /// Takes a Log as it is stored now.
    pub(super) fn note(&mut self, document: RawDocumentBuf) {
        let Ok(id) = document.get_object_id("_id") else { return };
        if let Ok(key) = document.get_object_id("pairing_key") {
            let Halves { request, response } = Halves::of(&document);
            let sides = [(Side::Request, request), (Side::Response, response)];
            self.by_print.extend(sides.into_iter().filter_map(|(side, print)| Some(((key, side, print?), id))));
        }
        self.by_id.insert(id, document);
    }

    /// Notes that a Log came again, at this place of the batch.
    pub(super) fn note_repeat(&mut self, index: usize, id: ObjectId, log: &EncodedLog) {
        if let Some(stored) = self.by_id.get(&id) {
            self.notes.add(index, id, stored, log, false);
        }
    }

    /// Notes that a Log gets its other half, by what has this place in the batch.
    pub(super) fn note_completion(&mut self, index: usize, id: ObjectId, log: &EncodedLog) {
        if let Some(stored) = self.by_id.get(&id) {
            self.notes.add(index, id, stored, log, true);
        }
    }

    /// Forgets a Log that is not stored after all, and what was to be noted of it; the places in the batch of what met it.
    pub(super) fn forget(&mut self, id: ObjectId) -> impl Iterator<Item = usize> + use<> {
        self.by_id.remove(&id);
        self.notes.forget(id)
    }

    /// The Log with this id, as it was read.
    pub(super) fn get(&self, id: ObjectId) -> Option<&RawDocument> {
        self.by_id.get(&id).map(|document| &**document)
    }

    /// Whether this Log is one that waits for its other half.
    pub(super) fn waits(&self, id: ObjectId) -> bool {
        self.get(id).is_some_and(|log| log.get_str("state").is_ok_and(|state| state != LogState::Complete.as_str()))
    }

    /// Later Logs of this key that have one of these halves.
    pub(super) fn with_print(&self, key: ObjectId, halves: Halves) -> Vec<ObjectId> {
        let sides = [(Side::Request, halves.request), (Side::Response, halves.response)];
        sides.into_iter().filter_map(|(side, print)| self.by_print.get(&(key, side, print?)).copied()).collect()
    }

    /// The oldest open Log of this key that the half completes, and what they make together.
    pub(super) async fn open_partner(
        &mut self,
        store: &MongoStore,
        key: ObjectId,
        log: &EncodedLog,
    ) -> Result<Option<(ObjectId, EncodedLog)>> {
        let wanted = if log.state() == LogState::RequestOnly { LogState::ResponseOnly } else { LogState::RequestOnly };
        let mut open = doc! { "pairing_key": key, "state": wanted.as_str() };
        if let Some((from, to)) = log.partner_window() {
            open.insert("date", doc! { "$gte": from, "$lte": to });
        }
        let logs = store.collection::<RawDocumentBuf>("Log");
        let find = logs.find(open).sort(doc! { "date": 1, "_id": 1 }).limit(COMPARED);
        let waiting: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        for half in waiting {
            if let (Some(whole), Ok(id)) = (pair_by_order(&half, log.document()), half.get_object_id("_id")) {
                self.note(half);
                return Ok(Some((id, whole)));
            }
        }
        Ok(None)
    }
}
