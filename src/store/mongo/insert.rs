//! Storing a batch of Logs: one raw command for all that are new, one for all that get their other half.

use std::collections::HashSet;

use bson::{RawBsonRef, cstr, oid::ObjectId};

use super::{MongoStore, bulk::Bulk, complete::Completion, meeting::Half, small::DUPLICATE_KEY, stored::StoredLogs};
use crate::{
    domain::{EncodedLog, LogOutcome, Merged, merge_halves},
    store::{Error, Result},
};

/// Attempts to change a Log that other processes change too.
const MAX_ATTEMPTS: u32 = 100;

/// What is to be done with a Log, as far as is known.
enum Place {
    /// Nothing, or it is among what is to be written.
    Settled(LogOutcome),
    /// It is new, under this id.
    Free(EncodedLog),
}

/// What is to be written of a batch.
#[derive(Default)]
struct Unwritten {
    /// Later Logs that were found to be new, and their places in the batch.
    new: Vec<(usize, EncodedLog)>,
    /// Those of them that wait for their other half, also when they are written.
    halves: Vec<Half>,
    /// Logs that get their other half.
    completions: Vec<Completion>,
    /// Places in the batch of those that another process was faster with: they are looked at again.
    contested: Vec<usize>,
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
        for attempt in 0..MAX_ATTEMPTS {
            let (mut stored, mut unwritten) = (StoredLogs::default(), Unwritten::default());
            stored.load(self, later.iter().filter_map(|index| logs.get(*index)), attempt > 0).await?;
            for index in later {
                if let (Some(log), Some(outcome)) = (logs.get(index), outcomes.get_mut(index)) {
                    *outcome = self.settle(index, log, &mut stored, &mut unwritten).await?;
                }
            }
            self.flush(&mut stored, &mut unwritten).await?;
            let waiting = unwritten.halves.into_iter().filter(|(_, log)| stored.waits(log.id().0)).collect();
            later = unwritten.contested;
            later.extend(self.give_way(&mut stored, waiting).await?);
            later.sort_unstable();
            later.dedup();
            if later.is_empty() {
                return Ok(outcomes);
            }
        }
        Err(Error::Unavailable { reason: "other processes keep changing the same Logs".to_owned(), source: None })
    }

    /// Inserts documents as they are encoded, in as few commands as they fit in; the places of those whose ids are taken.
    async fn insert_all<'a>(&self, logs: impl Iterator<Item = &'a EncodedLog>) -> Result<Vec<usize>> {
        let mut bulk = Bulk::new(self, cstr!("insert"), cstr!("documents"), &[DUPLICATE_KEY]);
        for log in logs {
            bulk.add(RawBsonRef::Document(log.document())).await?;
        }
        bulk.finish().await
    }

    /// Writes what is to be written. Notes come first: see `sources`.
    async fn flush(&self, stored: &mut StoredLogs, unwritten: &mut Unwritten) -> Result<()> {
        let new = std::mem::take(&mut unwritten.new);
        for place in self.insert_all(new.iter().map(|(_, log)| log)).await? {
            // Another process took its id in between. What stands there may be the same, or wait for a half, or be another exchange: it is
            // looked at again, and so is whatever of this batch met it.
            let Some((index, log)) = new.get(place) else { continue };
            unwritten.contested.push(*index);
            unwritten.contested.extend(stored.forget(log.id().0));
            unwritten.completions.retain(|completion| completion.id != log.id().0);
        }
        self.write_notes(std::mem::take(&mut stored.notes)).await?;
        let contested = self.complete_all(&unwritten.completions).await?;
        unwritten.contested.extend(contested);
        unwritten.completions.clear();
        Ok(())
    }

    /// Finds the place of a Log whose id is taken, or does not identify it.
    async fn settle(&self, index: usize, log: &EncodedLog, stored: &mut StoredLogs, unwritten: &mut Unwritten) -> Result<LogOutcome> {
        let new = match self.place(index, log, stored, unwritten).await? {
            Place::Settled(outcome) => return Ok(outcome),
            Place::Free(new) => new,
        };
        if new.pairing_key().is_some() {
            stored.note(new.document().to_owned());
            if new.is_half() {
                unwritten.halves.push((index, new.clone()));
            }
            unwritten.new.push((index, new));
        } else if self.insert_all(std::iter::once(&new)).await?.is_empty() {
            stored.note(new.document().to_owned());
        } else {
            unwritten.contested.push(index);
        }
        Ok(LogOutcome::New)
    }

    async fn place(&self, index: usize, log: &EncodedLog, stored: &mut StoredLogs, unwritten: &mut Unwritten) -> Result<Place> {
        let key = log.pairing_key().unwrap_or(log.id().0);
        let mut completes = None;
        // The first exchange of the message id may be this one, or lack its half.
        match stored.get(key) {
            // So may what has the id of its content, where it has neither message id nor client.
            Some(first) if log.message_id().is_some() || log.pairing_key().is_none() => match merge_halves(first, log.document()) {
                Merged::AlreadyThere => return Ok(repeated(index, key, log, stored)),
                Merged::Completed(whole) => completes = Some((key, whole)),
                Merged::Occupied => {}
            },
            // It was there when it was inserted, and is no more.
            None if log.pairing_key().is_none() => return Ok(Place::Free(log.clone())),
            _ => {}
        }
        let log = log.as_later();
        for id in stored.with_print(key, log.halves()) {
            let Some(there) = stored.get(id) else { continue };
            match merge_halves(there, log.document()) {
                Merged::AlreadyThere => return Ok(repeated(index, id, &log, stored)),
                Merged::Completed(whole) => completes = Some((id, whole)),
                Merged::Occupied => {}
            }
        }
        if completes.is_none() && log.is_half() {
            // Those of this batch take part.
            self.flush(stored, unwritten).await?;
            completes = stored.open_partner(self, key, &log).await?;
        }
        let Some((id, whole)) = completes else { return Ok(free(index, log, stored)) };
        let Some(before) = stored.get(id) else { return Ok(Place::Free(log)) };
        let outcome = LogOutcome::completing(before);
        unwritten.completions.push(Completion::new(index, id, before, &whole));
        stored.note_completion(index, id, &log);
        stored.note(whole.document().to_owned());
        Ok(Place::Settled(outcome))
    }
}

/// A later Log that nothing stored is. Its request may have come before, with another response; then that one has its id.
fn free(index: usize, log: EncodedLog, stored: &mut StoredLogs) -> Place {
    if stored.get(log.id().0).is_none() {
        return Place::Free(log);
    }
    let log = log.as_beside();
    let id = log.id().0;
    if stored.get(id).is_none() { Place::Free(log) } else { repeated(index, id, &log, stored) }
}

/// A Log that came again, by another file perhaps.
fn repeated(index: usize, id: ObjectId, log: &EncodedLog, stored: &mut StoredLogs) -> Place {
    stored.note_repeat(index, id, log);
    Place::Settled(LogOutcome::AlreadyStored)
}
