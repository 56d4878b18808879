//! Storing a batch of Logs: one raw command for all that are new, conditional replacements for halves that meet.

use std::collections::{HashMap, HashSet};

use bson::{Bson, Document, RawArrayBuf, RawBsonRef, RawDocument, RawDocumentBuf, doc, oid::ObjectId, rawdoc};
use futures_util::TryStreamExt;

use super::{MongoStore, fault, small::DUPLICATE_KEY};
use crate::{
    domain::{EncodedLog, LogOutcome, LogState, Merged, merge_halves, pair_by_order},
    store::{Error, Result},
};

/// Documents and bytes of one command; MongoDB takes 100,000 and 48 MB.
const MAX_DOCUMENTS: usize = 5000;
const MAX_BYTES: usize = 40 << 20;
/// Exchanges that may share one message id.
const MAX_SLOTS: u32 = 10_000;
/// Attempts to change a Log that other processes change too.
const MAX_ATTEMPTS: u32 = 100;

impl MongoStore {
    /// Stores a batch; see `LogStore::insert_logs`.
    pub(super) async fn store_logs(&self, logs: &[EncodedLog]) -> Result<Vec<LogOutcome>> {
        let mut outcomes = vec![LogOutcome::New; logs.len()];
        let mut seen: HashSet<[u8; 12]> = HashSet::with_capacity(logs.len());
        let (mut fresh, mut later) = (Vec::with_capacity(logs.len()), Vec::new());
        for (index, log) in logs.iter().enumerate() {
            // Halves that may meet one without message id, and second halves of one id, are looked at one by one.
            let by_session = log.message_id().is_none() && log.session_key().is_some();
            // Only the first exchange of a message id may be new without a look at the others.
            let is_later = log.message_id().is_some() && log.in_slot(0).id() != log.id();
            if by_session || is_later || !seen.insert(log.id().bytes()) { later.push(index) } else { fresh.push(index) }
        }
        let mut rest = fresh.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take(MAX_DOCUMENTS).take_while(|index| {
                bytes += logs.get(**index).map_or(0, |log| log.bytes().len());
                bytes <= MAX_BYTES
            });
            let n = fits.count().max(1);
            let (now, after) = rest.split_at(n.min(rest.len()));
            let taken = self.insert_raw(now.iter().filter_map(|index| logs.get(*index))).await?;
            later.extend(taken.into_iter().filter_map(|place| now.get(place).copied()));
            rest = after;
        }
        later.sort_unstable();
        let mut stored = self.fetch(later.iter().filter_map(|index| logs.get(*index)).map(|log| log.id().0)).await?;
        for index in later {
            if let (Some(log), Some(outcome)) = (logs.get(index), outcomes.get_mut(index)) {
                *outcome = self.settle(log, &mut stored).await?;
            }
        }
        Ok(outcomes)
    }

    /// Inserts documents as they are encoded; the places of those whose ids are taken.
    async fn insert_raw(&self, logs: impl Iterator<Item = &EncodedLog>) -> Result<Vec<usize>> {
        let mut documents = RawArrayBuf::new();
        for log in logs {
            documents.push(RawBsonRef::Document(log.document()));
        }
        let command = rawdoc! { "insert": "Log", "ordered": false, "writeConcern": { "w": "majority", "j": true }, "documents": documents };
        let reply = self.database.run_raw_command(command).await.map_err(fault)?;
        let mut taken = Vec::new();
        for error in reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document) {
            let code = error.get_i32("code").unwrap_or_default();
            if code != DUPLICATE_KEY {
                let reason = error.get_str("errmsg").unwrap_or("a Log was refused").to_owned();
                return Err(Error::Backend { reason, source: None });
            }
            taken.push(usize::try_from(error.get_i32("index").unwrap_or_default()).unwrap_or_default());
        }
        if let Ok(concern) = reply.get_document("writeConcernError") {
            let reason = concern.get_str("errmsg").unwrap_or("the write was not acknowledged by a majority").to_owned();
            return Err(Error::Unavailable { reason, source: None });
        }
        Ok(taken)
    }

    async fn fetch(&self, ids: impl Iterator<Item = ObjectId>) -> Result<HashMap<ObjectId, RawDocumentBuf>> {
        let ids: Vec<ObjectId> = ids.collect();
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(1000) {
            let mut cursor =
                self.collection::<RawDocumentBuf>("Log").find(doc! { "_id": { "$in": chunk.to_vec() } }).await.map_err(fault)?;
            while let Some(document) = cursor.try_next().await.map_err(fault)? {
                if let Ok(id) = document.get_object_id("_id") {
                    found.insert(id, document);
                }
            }
        }
        Ok(found)
    }

    /// Finds the place of a Log whose id may be taken, or that may meet a half without message id.
    async fn settle(&self, log: &EncodedLog, stored: &mut HashMap<ObjectId, RawDocumentBuf>) -> Result<LogOutcome> {
        if log.message_id().is_none()
            && let Some(session) = log.session_key()
            && let Some(outcome) = self.meet_by_session(log, session).await?
        {
            return Ok(outcome);
        }
        let has_slots = log.message_id().is_some();
        let (mut slot, mut attempts) = (0, 0);
        let mut completes: Option<(ObjectId, EncodedLog)> = None;
        while slot < MAX_SLOTS && attempts < MAX_ATTEMPTS {
            let candidate = if has_slots { log.in_slot(slot) } else { log.clone() };
            let id = candidate.id().0;
            if !stored.contains_key(&id) {
                stored.extend(self.fetch(std::iter::once(id)).await?);
            }
            let Some(there) = stored.get(&id) else {
                // No exchange of this message id has the record: it completes the first that lacks it, or is a new one.
                let done = match completes.take() {
                    Some((id, whole)) => self.complete(id, &whole, stored).await?.then_some(LogOutcome::Completed),
                    None if self.insert_raw(std::iter::once(&candidate)).await?.is_empty() => {
                        stored.insert(id, candidate.document().to_owned());
                        Some(LogOutcome::New)
                    }
                    None => None,
                };
                if let Some(outcome) = done {
                    return Ok(outcome);
                }
                // Another process was faster: look again from the first.
                (slot, attempts) = (0, attempts + 1);
                continue;
            };
            match merge_halves(there, candidate.document()) {
                Merged::AlreadyThere => return Ok(LogOutcome::AlreadyStored),
                Merged::Completed(whole) if !has_slots => {
                    if self.complete(id, &whole, stored).await? {
                        return Ok(LogOutcome::Completed);
                    }
                    attempts += 1;
                }
                Merged::Completed(whole) => {
                    completes = completes.or(Some((id, whole)));
                    slot += 1;
                }
                // Events and halves without message id have no further slots: the id is their content's.
                Merged::Occupied if !has_slots => return Ok(LogOutcome::AlreadyStored),
                Merged::Occupied => slot += 1,
            }
        }
        Err(Error::Refused(format!("no place was found for the message id `{}`", log.message_id().unwrap_or_default())))
    }

    /// Puts the completed Log in the place of the one that was read; false, and the one read is forgotten, when another process changed it.
    async fn complete(&self, id: ObjectId, whole: &EncodedLog, stored: &mut HashMap<ObjectId, RawDocumentBuf>) -> Result<bool> {
        let Some(before) = stored.get(&id) else { return Ok(false) };
        if self.replace(before, whole.document()).await? {
            stored.insert(id, whole.document().to_owned());
            return Ok(true);
        }
        stored.remove(&id);
        Ok(false)
    }

    /// Replaces a Log if its halves are still those that were read.
    async fn replace(&self, before: &RawDocument, whole: &RawDocument) -> Result<bool> {
        let print =
            |name: &str| before.get_document("halves").ok().and_then(|halves| halves.get_i64(name).ok()).map_or(Bson::Null, Bson::Int64);
        let Ok(id) = before.get_object_id("_id") else { return Ok(false) };
        // The verdict too: an analyst may have explained its group in between.
        let known = before.get_document("verdict").ok().and_then(|verdict| verdict.get_str("known_error_id").ok());
        let known = known.map_or(Bson::Null, |known| Bson::String(known.to_owned()));
        let same =
            doc! { "_id": id, "halves.request": print("request"), "halves.response": print("response"), "verdict.known_error_id": known };
        let done = self.collection::<RawDocumentBuf>("Log").replace_one(same, whole.to_owned()).await.map_err(fault)?;
        Ok(done.matched_count > 0)
    }

    /// A half without message id: stored before, or the partner of the oldest open half of its session.
    async fn meet_by_session(&self, log: &EncodedLog, session: &str) -> Result<Option<LogOutcome>> {
        let document = log.document();
        let text = |name: &str| document.get_str(name).unwrap_or_default().to_owned();
        let key = doc! { "branch": text("branch"), "server": text("server"), "session_key": session, "message_id": null };
        let mut same = key.clone();
        for side in ["request", "response"] {
            if let Some(print) = document.get_document("halves").ok().and_then(|halves| halves.get_i64(side).ok()) {
                same.insert(format!("halves.{side}"), print);
            }
        }
        let collection = self.collection::<Document>("Log");
        if collection.find_one(same).projection(doc! { "_id": 1 }).await.map_err(fault)?.is_some() {
            return Ok(Some(LogOutcome::AlreadyStored));
        }
        let wanted = match log.state() {
            LogState::RequestOnly => LogState::ResponseOnly,
            LogState::ResponseOnly => LogState::RequestOnly,
            LogState::Complete => return Ok(None),
        };
        let mut open = key;
        open.insert("state", wanted.as_str());
        if let Some((from, to)) = log.partner_window() {
            open.insert("date", doc! { "$gte": from, "$lte": to });
        }
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = logs.find(open).sort(doc! { "date": 1, "_id": 1 }).limit(64);
        let waiting: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        for half in waiting {
            if let Some(whole) = pair_by_order(&half, document)
                && self.replace(&half, whole.document()).await?
            {
                return Ok(Some(LogOutcome::Completed));
            }
        }
        Ok(None)
    }
}
