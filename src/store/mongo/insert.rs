//! Storing a batch of Logs: one raw command for all that are new, one for all that get their other half.

use std::collections::HashSet;

use bson::{RawBsonRef, cstr, oid::ObjectId};

use super::{
    MongoStore,
    bulk::Bulk,
    complete::Completion,
    marks::Mark,
    meeting::{Waiting, outcome_of},
    small::DUPLICATE_KEY,
    stored::StoredLogs,
};
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
    /// It is there, in this Log.
    There(ObjectId),
    /// It is new, under this id.
    Free(EncodedLog),
}

/// What is to be written of a batch.
#[derive(Default)]
struct Unwritten {
    /// Later Logs that were found to be new, and their places in the batch.
    new: Vec<(usize, EncodedLog)>,
    /// Those of them, and of those that are there, that wait for their other half.
    waiting: Vec<Waiting>,
    /// Logs that get their other half.
    completions: Vec<Completion>,
    /// Places in the batch of those that another process was faster with: they are looked at again.
    contested: HashSet<usize>,
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
        // Halves that this call stored: until it returns, nobody is told of them.
        let mut untold = HashSet::new();
        for attempt in 0..MAX_ATTEMPTS {
            let (mut stored, mut unwritten) = (StoredLogs::default(), Unwritten::default());
            stored.load(self, later.iter().filter_map(|index| logs.get(*index)), attempt > 0).await?;
            for index in later {
                if let (Some(log), Some(outcome)) = (logs.get(index), outcomes.get_mut(index)) {
                    *outcome = self.settle((index, log), untold.contains(&index), &mut stored, &mut unwritten).await?;
                }
            }
            self.flush(&mut stored, &mut unwritten).await?;
            let Unwritten { mut waiting, contested, .. } = unwritten;
            // What this batch completed is whole, unless another process was faster.
            waiting.retain(|half| !contested.contains(&half.index) && (!contested.is_empty() || stored.is_half(half.log.id().0)));
            untold.extend(waiting.iter().filter(|half| half.is_untold).map(|half| half.index));
            later = contested.into_iter().chain(self.look_again(&waiting).await?).collect();
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
            unwritten.contested.insert(*index);
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
    async fn settle(
        &self,
        (index, log): (usize, &EncodedLog),
        is_untold: bool,
        stored: &mut StoredLogs,
        unwritten: &mut Unwritten,
    ) -> Result<LogOutcome> {
        let new = match self.place(index, log, stored, unwritten).await? {
            Place::Settled(outcome) => return Ok(outcome),
            Place::There(id) => {
                // By another file perhaps.
                stored.note_repeat(index, id, log);
                let Some(there) = stored.get(id) else { return Ok(LogOutcome::AlreadyStored) };
                unwritten.waiting.extend(Waiting::new(index, there, is_untold));
                return Ok(if is_untold { outcome_of(&log.as_later(), there) } else { LogOutcome::AlreadyStored });
            }
            Place::Free(new) => new,
        };
        if new.pairing_key().is_some() {
            stored.note(new.document().to_owned());
            unwritten.waiting.extend(Waiting::new(index, new.document(), true));
            unwritten.new.push((index, new));
        } else if self.insert_all(std::iter::once(&new)).await?.is_empty() {
            stored.note(new.document().to_owned());
        } else {
            unwritten.contested.insert(index);
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
                Merged::AlreadyThere => return Ok(Place::There(key)),
                Merged::Completed(whole) => completes = Some((key, whole)),
                Merged::Occupied => {}
            },
            // It was there when it was inserted, and is no more.
            None if log.pairing_key().is_none() => return Ok(Place::Free(log.clone())),
            _ => {}
        }
        let log = log.as_later();
        if completes.is_none() && log.is_half() && stored.with_print(key, log.halves()).is_empty() && !stored.has_asked_for(&log) {
            // Those of this batch take part.
            self.flush(stored, unwritten).await?;
            stored.ask_for(self, std::slice::from_ref(&log)).await?;
        }
        for id in stored.with_print(key, log.halves()) {
            let Some(there) = stored.get(id) else { continue };
            match merge_halves(there, log.document()) {
                Merged::AlreadyThere => return Ok(Place::There(id)),
                Merged::Completed(whole) => completes = Some((id, whole)),
                Merged::Occupied => {}
            }
        }
        if completes.is_none() && log.is_half() {
            completes = stored.open_partner(self, &log).await?;
        }
        let Some((id, whole)) = completes else { return Ok(free(log, stored)) };
        let Some(before) = stored.get(id) else { return Ok(Place::Free(log)) };
        if Mark::of(before).is_some() {
            // It is on its way into another Log, and completed by nobody.
            unwritten.contested.insert(index);
            return Ok(Place::Settled(LogOutcome::AlreadyStored));
        }
        let outcome = LogOutcome::completing(before);
        unwritten.completions.push(Completion::new(index, id, before, &whole));
        stored.note_completion(index, id, &log);
        stored.note(whole.document().to_owned());
        Ok(Place::Settled(outcome))
    }
}

/// A later Log that nothing stored is. Its request may have come before, with another response; then that one has its id.
fn free(log: EncodedLog, stored: &StoredLogs) -> Place {
    if stored.get(log.id().0).is_none() {
        return Place::Free(log);
    }
    let log = log.as_beside();
    let id = log.id().0;
    if stored.get(id).is_none() { Place::Free(log) } else { Place::There(id) }
}
