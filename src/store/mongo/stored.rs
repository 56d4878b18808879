//! Stored Logs that a batch may meet, read in a few queries for all of it.

use std::collections::{HashMap, HashSet};

use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    marks::Mark,
    open_halves::{OpenHalves, least, outline, waits},
    sources::Notes,
};
use crate::{
    domain::{EncodedLog, Halves, LogId, LogState, Side, pair_by_order},
    store::Result,
};

/// Ids or fingerprints asked for at once.
const ASKED: usize = 1000;
/// How often halves are taken on that are on their way, before what is read is taken as it is: whatever changes them asks for that anyway.
const ROUNDS: usize = 10;

/// Logs as they were read, by id; those that their id does not identify by their halves as well.
#[derive(Default)]
pub(super) struct StoredLogs {
    /// What is to be noted of them.
    pub(super) notes: Notes,
    by_id: HashMap<ObjectId, RawDocumentBuf>,
    by_print: HashMap<(ObjectId, Side, i64), ObjectId>,
    /// Halves that wait for a partner, of this batch as well.
    open: OpenHalves,
    /// Incoming halves whose partners are among these.
    asked: HashSet<LogId>,
}

/// What a batch may meet.
#[derive(Default)]
struct Wanted {
    ids: Vec<ObjectId>,
    requests: Vec<i64>,
    responses: Vec<i64>,
    /// Outlines of its halves.
    halves: Vec<EncodedLog>,
}

impl StoredLogs {
    /// Reads what these Logs may meet: the first exchanges of their message ids, later ones with the same halves, and halves that wait for
    /// theirs. Where they were `contested`, what has the ids that they would get as well: half of it may have been taken back since.
    pub(super) async fn load(&mut self, store: &MongoStore, logs: impl Iterator<Item = &EncodedLog>, contested: bool) -> Result<()> {
        let mut wanted = Wanted::default();
        for log in logs {
            if log.message_id().is_some() || log.pairing_key().is_none() {
                wanted.ids.push(log.pairing_key().unwrap_or(log.id().0));
            }
            let Halves { request, response } = log.halves();
            if contested {
                wanted.ids.push(LogId::of_later(log.pairing_key().map_or_else(|| log.id(), LogId), request.or(response)).0);
            }
            wanted.requests.extend(request);
            wanted.responses.extend(response);
            if log.is_half() {
                wanted.halves.extend(outline(log.document()).map(|half| half.as_later()));
            }
        }
        self.load_having(store, &wanted).await?;
        for _ in 0..ROUNDS {
            let marked = self.by_id.iter().filter(|(_, log)| Mark::of(log).is_some());
            let marked: Vec<ObjectId> = marked.map(|(id, _)| *id).collect();
            if marked.is_empty() {
                break;
            }
            for id in marked {
                store.take_on(id).await?;
            }
            *self = Self::default();
            self.load_having(store, &wanted).await?;
        }
        self.load_open(store, wanted.halves).await
    }

    /// Reads what has one of these ids or halves.
    async fn load_having(&mut self, store: &MongoStore, wanted: &Wanted) -> Result<()> {
        for ids in wanted.ids.chunks(ASKED) {
            self.read(store, doc! { "_id": { "$in": ids.to_vec() } }).await?;
        }
        for (field, prints) in [("halves.request", &wanted.requests), ("halves.response", &wanted.responses)] {
            for prints in prints.chunks(ASKED) {
                self.read(store, doc! { "pairing_key": { "$gt": least() }, field: { "$in": prints.to_vec() } }).await?;
            }
        }
        Ok(())
    }

    /// Reads the partners of those halves that are not there and do not complete the first exchange of their message id.
    async fn load_open(&mut self, store: &MongoStore, mut halves: Vec<EncodedLog>) -> Result<()> {
        halves
            .retain(|half| half.pairing_key().is_some_and(|key| self.with_print(key, half.halves()).is_empty() && !self.lacks(key, half)));
        for halves in halves.chunks(ASKED) {
            self.ask_for(store, halves).await?;
        }
        let unread: HashSet<ObjectId> =
            self.partners_of(&halves).iter().map(|half| half.id().0).filter(|id| !self.by_id.contains_key(id)).collect();
        for ids in unread.into_iter().collect::<Vec<_>>().chunks(ASKED) {
            self.read(store, doc! { "_id": { "$in": ids.to_vec() } }).await?;
        }
        Ok(())
    }

    /// Whom these would meet, one after the other.
    fn partners_of(&mut self, halves: &[EncodedLog]) -> Vec<EncodedLog> {
        let mut partners = Vec::new();
        for half in halves {
            if let Some(partner) = self.open.partner_of(half).cloned() {
                self.open.remove(partner.id().0);
                partners.push(partner);
            }
        }
        partners.iter().for_each(|partner| self.open.add(partner.clone()));
        partners
    }

    /// Whether the first exchange of a message id waits for this half's side.
    fn lacks(&self, key: ObjectId, half: &EncodedLog) -> bool {
        let first = half.message_id().and_then(|_| self.get(key));
        let (have, come) = (first.map(Halves::of).unwrap_or_default(), half.halves());
        first.is_some() && (have.request.is_none() && come.request.is_some() || have.response.is_none() && come.response.is_some())
    }

    /// Reads the outlines of what may be the partners of these halves; of many that have too many nothing. Where there are some it asks once
    /// more whether the halves are there themselves: who stores the same half later finds the partner when it looks again, and who stored
    /// it before is found here. So never do both think that they brought it.
    pub(super) async fn ask_for(&mut self, store: &MongoStore, halves: &[EncodedLog]) -> Result<()> {
        let Some(found) = store.open_for(halves).await? else { return Ok(()) };
        for half in found.into_iter().filter(|half| waits(half.document())) {
            // One that this batch completes is there as it will be.
            if !self.by_id.contains_key(&half.id().0) {
                self.open.add(half);
            }
        }
        self.asked.extend(halves.iter().map(EncodedLog::id));
        let mut same = Wanted::default();
        if halves.iter().any(|half| self.open.partner_of(half).is_some()) {
            same.requests.extend(halves.iter().filter_map(|half| half.halves().request));
            same.responses.extend(halves.iter().filter_map(|half| half.halves().response));
        }
        self.load_having(store, &same).await
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
        let is_open = waits(&document);
        if let Ok(key) = document.get_object_id("pairing_key") {
            let Halves { request, response } = Halves::of(&document);
            for (side, print) in [(Side::Request, request), (Side::Response, response)] {
                let Some(print) = print else { continue };
                let known = self.by_print.entry((key, side, print)).or_insert(id);
                // Where a half is there twice for a moment, the whole Log is what stays.
                if !is_open {
                    *known = id;
                }
            }
        }
        self.open.remove(id);
        if is_open && let Some(half) = outline(&document) {
            self.open.add(half);
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
        self.open.remove(id);
        self.notes.forget(id)
    }

    /// The Log with this id, as it was read.
    pub(super) fn get(&self, id: ObjectId) -> Option<&RawDocument> {
        self.by_id.get(&id).map(|document| &**document)
    }

    /// Whether half of this Log is missing.
    pub(super) fn is_half(&self, id: ObjectId) -> bool {
        self.get(id).is_some_and(|log| log.get_str("state").is_ok_and(|state| state != LogState::Complete.as_str()))
    }

    /// Later Logs of this key that have one of these halves.
    pub(super) fn with_print(&self, key: ObjectId, halves: Halves) -> Vec<ObjectId> {
        let sides = [(Side::Request, halves.request), (Side::Response, halves.response)];
        sides.into_iter().filter_map(|(side, print)| self.by_print.get(&(key, side, print?)).copied()).collect()
    }

    /// Whether the partner of this half was asked for when the batch was, so that it is among what was read.
    pub(super) fn has_asked_for(&self, half: &EncodedLog) -> bool {
        self.asked.contains(&half.id())
    }

    /// The oldest open Log that the half completes, and what they make together.
    pub(super) async fn open_partner(&mut self, store: &MongoStore, half: &EncodedLog) -> Result<Option<(ObjectId, EncodedLog)>> {
        while let Some(id) = self.open.partner_of(half).map(|other| other.id().0) {
            if !self.by_id.contains_key(&id) {
                self.read(store, doc! { "_id": id }).await?;
            }
            let there = self.by_id.get(&id).filter(|there| waits(there));
            if let Some(whole) = there.and_then(|there| pair_by_order(there, half.document())) {
                return Ok(Some((id, whole)));
            }
            self.open.remove(id);
        }
        Ok(None)
    }
}
