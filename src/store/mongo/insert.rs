//! Storing a batch of Logs: one raw command for all that are new, conditional replacements for halves that meet.

use std::collections::HashSet;

use bson::{Bson, RawArrayBuf, RawBsonRef, RawDocumentBuf, doc, oid::ObjectId, rawdoc};

use super::{MongoStore, fault, refused, small::DUPLICATE_KEY, sources::Notes, stored::StoredLogs, unacknowledged};
use crate::{
    domain::{EncodedLog, Halves, LogOutcome, Merged, merge_halves},
    store::{Error, Result},
};

/// Documents and bytes of one command; MongoDB takes 100,000 and 48 MB.
const MAX_DOCUMENTS: usize = 5000;
const MAX_BYTES: usize = 40 << 20;
/// Attempts to change a Log that other processes change too.
const MAX_ATTEMPTS: u32 = 100;

/// What is to be done with a Log, as far as is known.
enum Place {
    /// Done.
    Settled(LogOutcome),
    /// It is new, under this id.
    Free(EncodedLog),
    /// Another process was faster: look again.
    Contested,
}

impl MongoStore {
    /// Stores a batch; see `LogStore::insert_logs`.
    pub(super) async fn store_logs(&self, logs: &[EncodedLog]) -> Result<Vec<LogOutcome>> {
        let mut outcomes = vec![LogOutcome::New; logs.len()];
        let mut seen: HashSet<ObjectId> = HashSet::with_capacity(logs.len());
        let (mut fresh, mut later) = (Vec::with_capacity(logs.len()), Vec::new());
        for (index, log) in logs.iter().enumerate() {
            // Logs that their id does not identify, and second halves of one id, need a look at what is stored.
            if log.pairing_key().is_some() || !seen.insert(log.id().0) { later.push(index) } else { fresh.push(index) }
        }
        let taken = self.insert_all(fresh.iter().filter_map(|index| logs.get(*index))).await?;
        later.extend(taken.into_iter().filter_map(|place| fresh.get(place).copied()));
        if later.is_empty() {
            return Ok(outcomes);
        }
        later.sort_unstable();
        let mut stored = StoredLogs::default();
        stored.load(self, later.iter().filter_map(|index| logs.get(*index))).await?;
        let mut waiting: Vec<EncodedLog> = Vec::new();
        for index in later {
            if let (Some(log), Some(outcome)) = (logs.get(index), outcomes.get_mut(index)) {
                *outcome = self.settle(log, &mut stored, &mut waiting).await?;
            }
        }
        self.insert_waiting(&mut waiting).await?;
        self.write_notes(std::mem::take(&mut stored.notes)).await?;
        Ok(outcomes)
    }

    /// Inserts documents as they are encoded, in as few commands as they fit in; the places of those whose ids are taken.
    async fn insert_all<'a>(&self, logs: impl Iterator<Item = &'a EncodedLog>) -> Result<Vec<usize>> {
        let (mut documents, mut n, mut size, mut begin, mut taken) = (RawArrayBuf::new(), 0, 0, 0, Vec::new());
        for log in logs {
            let length = log.bytes().len();
            if n == MAX_DOCUMENTS || (n > 0 && size + length > MAX_BYTES) {
                let batch = std::mem::take(&mut documents);
                taken.extend(self.insert_raw(batch).await?.into_iter().map(|place| begin + place));
                begin += std::mem::take(&mut n);
                size = 0;
            }
            documents.push(RawBsonRef::Document(log.document()));
            (n, size) = (n + 1, size + length);
        }
        if n > 0 {
            taken.extend(self.insert_raw(documents).await?.into_iter().map(|place| begin + place));
        }
        Ok(taken)
    }

    async fn insert_raw(&self, documents: RawArrayBuf) -> Result<Vec<usize>> {
        let command = rawdoc! { "insert": "Log", "ordered": false, "writeConcern": { "w": "majority", "j": true }, "documents": documents };
        let reply = self.database.run_raw_command(command).await.map_err(fault)?;
        let mut taken = Vec::new();
        for error in reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document) {
            let code = error.get_i32("code").unwrap_or_default();
            if code != DUPLICATE_KEY {
                return Err(refused(code, error.get_str("errmsg").unwrap_or("a Log was refused")));
            }
            taken.push(usize::try_from(error.get_i32("index").unwrap_or_default()).unwrap_or_default());
        }
        match reply.get_document("writeConcernError") {
            Ok(concern) => Err(unacknowledged(concern)),
            Err(_) => Ok(taken),
        }
    }

    /// Inserts the later Logs that were found to be new. One whose id another process took in between has the same content.
    async fn insert_waiting(&self, waiting: &mut Vec<EncodedLog>) -> Result<()> {
        self.insert_all(waiting.iter()).await?;
        waiting.clear();
        Ok(())
    }

    /// Finds the place of a Log whose id is taken, or does not identify it.
    async fn settle(&self, log: &EncodedLog, stored: &mut StoredLogs, waiting: &mut Vec<EncodedLog>) -> Result<LogOutcome> {
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                stored.load(self, std::iter::once(log)).await?;
            }
            match self.place(log, stored, waiting).await? {
                Place::Settled(outcome) => return Ok(outcome),
                Place::Contested => {}
                Place::Free(new) if new.pairing_key().is_none() => {
                    if self.insert_all(std::iter::once(&new)).await?.is_empty() {
                        stored.note(new.document().to_owned());
                        return Ok(LogOutcome::New);
                    }
                }
                Place::Free(new) => {
                    stored.note(new.document().to_owned());
                    waiting.push(new);
                    return Ok(LogOutcome::New);
                }
            }
        }
        Err(Error::Unavailable { reason: format!("other processes keep changing Log {}", log.id()), source: None })
    }

    async fn place(&self, log: &EncodedLog, stored: &mut StoredLogs, waiting: &mut Vec<EncodedLog>) -> Result<Place> {
        let key = log.pairing_key().unwrap_or(log.id().0);
        let mut completes = None;
        // The first exchange of the message id may be this one, or lack its half.
        match stored.get(key) {
            Some(first) if log.message_id().is_some() => match merge_halves(first, log.document()) {
                Merged::AlreadyThere => return Ok(repeated(key, log, stored)),
                Merged::Completed(whole) => completes = Some((key, whole)),
                Merged::Occupied => {}
            },
            // Neither message id nor client: the id is the content's.
            Some(_) if log.pairing_key().is_none() => return Ok(repeated(key, log, stored)),
            // It was there when it was inserted, and is no more.
            None if log.pairing_key().is_none() => return Ok(Place::Free(log.clone())),
            _ => {}
        }
        let log = log.as_later();
        for id in stored.with_print(key, log.halves()) {
            let Some(there) = stored.get(id) else { continue };
            match merge_halves(there, log.document()) {
                Merged::AlreadyThere => return Ok(repeated(id, &log, stored)),
                Merged::Completed(whole) => completes = Some((id, whole)),
                Merged::Occupied => {}
            }
        }
        if completes.is_none() && log.is_half() {
            // Those of this batch take part.
            self.insert_waiting(waiting).await?;
            completes = stored.open_partner(self, key, &log).await?;
        }
        let Some((id, whole)) = completes else { return Ok(Place::Free(log)) };
        if waiting.iter().any(|new| new.id().0 == id) {
            self.insert_waiting(waiting).await?;
        }
        let mut notes = Notes::default();
        if let Some(there) = stored.get(id) {
            notes.add(id, there, &log, true);
        }
        self.write_notes(notes).await?;
        let done = self.complete(id, &whole, stored).await?;
        Ok(if done { Place::Settled(LogOutcome::Completed) } else { Place::Contested })
    }

    /// Puts the completed Log in the place of the one that was read; false, and the one read is forgotten, when another process changed it.
    async fn complete(&self, id: ObjectId, whole: &EncodedLog, stored: &mut StoredLogs) -> Result<bool> {
        let Some(before) = stored.get(id) else { return Ok(false) };
        let print = |print: Option<i64>| print.map_or(Bson::Null, Bson::Int64);
        let Halves { request, response } = Halves::of(before);
        // The verdict too: an analyst may have explained its group in between.
        let known = before.get_document("verdict").ok().and_then(|verdict| verdict.get_str("known_error_id").ok());
        let known = known.map_or(Bson::Null, |known| Bson::String(known.to_owned()));
        let same =
            doc! { "_id": id, "halves.request": print(request), "halves.response": print(response), "verdict.known_error_id": known };
        let done = self.collection::<RawDocumentBuf>("Log").replace_one(same, whole.document().to_owned()).await.map_err(fault)?;
        if done.matched_count > 0 {
            stored.note(whole.document().to_owned());
            return Ok(true);
        }
        stored.forget(id);
        Ok(false)
    }
}

/// A Log that came again, by another file perhaps.
fn repeated(id: ObjectId, log: &EncodedLog, stored: &mut StoredLogs) -> Place {
    stored.note_repeat(id, log);
    Place::Settled(LogOutcome::AlreadyStored)
}
