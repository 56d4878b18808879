//! Halves that come to several processes at one moment and have no id in common: those without a message id, and those of a message id that
//! was used before.
//!
//! Each looks for its partner before it is stored. Where both look before either is there, neither finds the other: so whoever stored a half
//! looks once more, before anybody is told of it. Of two that are stored the one with the greater id gives way, whoever found them:
//!
//! 1. it is marked, if it is as it was read: what it goes into, and whose half was not told of yet (that file then completed the Log);
//! 2. who gave it is noted of the other Log;
//! 3. the other Log becomes whole, if it is as it was read and not marked itself;
//! 4. the half is deleted.
//!
//! Every step is one conditional write of one document, and says in the database what comes next, so that any process may take any of them,
//! several at once too (`marks`): whoever meets a marked half takes it on. Then
//!
//! - nothing is lost: a half is deleted only after the other Log was read to have it, as a majority knows it, and a Log never loses a half
//!   but with its file. Where a process dies between 1 and 3, both halves are there as they were; between 3 and 4 the whole Log, and the
//!   half once more, marked;
//! - nothing is there twice in the end: a marked half is completed by nobody, as whatever completes a Log asks that it be as it was read, the
//!   mark included. So it ends in one Log only;
//! - a mark is taken off only where the other Log is whole without the half, or gone. As it never is open again, no process that still
//!   believes in the mark can complete it. (Unless its file is taken back in those milliseconds, and the same half comes again; then two
//!   exchanges have one half.)
//! - nobody waits for anybody: of two that give way to each other both mark the same half. A half goes into one with a lesser id, so that of
//!   many no circle comes about. Where the other one gives way to a third, that is done first.
//!
//! What a dead process left is taken on by the same half when it is sent again, here or to another server (by its partner as well, while
//! that waits), by whatever looks for a partner and finds it, and, where nobody sends anything, by who counts anew what the dead process
//! brought: that also looks once more for the partners of its halves. Only there, and in the process that stored it, is a half marked:
//! elsewhere nobody knows whom the ledger has told of what. So the ledger is right: a Log names the files that brought and completed it in
//! the write that makes it whole, and who stored a half and finds it gone reads there what has become of it.
//!
//! Who sends a half again that waits is noted, and the half looked at after that: where it is marked or gone by then, it is placed again and
//! noted of the whole Log. So no note is left behind by step 2.

use std::collections::{HashMap, HashSet};

use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;

use super::{
    MongoStore, fault,
    marks::Mark,
    open_halves::{OpenHalves, least, outline, projection},
};
use crate::{
    domain::{EncodedLog, Halves, LogFileId, LogId, LogOutcome, LogSource, Side},
    store::Result,
};

/// Halves asked for at once.
const ASKED: usize = 1000;
/// How often the halves of a file are looked at while others change them.
const ROUNDS: usize = 10;

/// A stored half that waits for its partner, as far as is known.
pub(super) struct Waiting {
    /// Place in its batch of what came.
    pub(super) index: usize,
    /// Its outline.
    pub(super) log: EncodedLog,
    /// Whether it was stored just now, so that nobody was told of it.
    pub(super) is_untold: bool,
}

impl Waiting {
    /// Of a stored Log, or of one that is about to be; `None` where it is whole, or found by its id alone.
    pub(super) fn new(index: usize, log: &RawDocument, is_untold: bool) -> Option<Self> {
        let log = outline(log).filter(|log| log.is_half() && log.pairing_key().is_some())?;
        Some(Self { index, log, is_untold })
    }
}

/// What is stored now of what some halves may meet, as outlines.
struct Seen {
    /// The Logs that have one of these halves.
    having: HashMap<ObjectId, EncodedLog>,
    /// Those of them that are whole, by their halves.
    whole: HashMap<(ObjectId, Side, i64), ObjectId>,
    /// Halves that may be their partners, marked ones too; `None` where each is to be asked for by itself.
    open: Option<OpenHalves>,
}

impl MongoStore {
    /// Looks once more for the partners of halves that are stored; the places in the batch of those that are to be placed again, as they met
    /// one or are gone.
    pub(super) async fn look_again(&self, waiting: &[Waiting]) -> Result<Vec<usize>> {
        let mut again = Vec::new();
        for waiting in waiting.chunks(ASKED) {
            let mut seen = self.see(waiting).await?;
            for half in waiting {
                if self.meet(half, &mut seen).await? {
                    again.push(half.index);
                }
            }
        }
        Ok(again)
    }

    /// Reads what these halves may meet.
    async fn see(&self, waiting: &[Waiting]) -> Result<Seen> {
        let halves: Vec<EncodedLog> = waiting.iter().map(|half| half.log.clone()).collect();
        let (mut requests, mut responses) = (Vec::new(), Vec::new());
        for half in &halves {
            let Halves { request, response } = half.halves();
            requests.extend(request);
            responses.extend(response);
        }
        let open = self.open_for(&halves).await?.map(OpenHalves::from_iter);
        let mut seen = Seen { having: HashMap::new(), whole: HashMap::new(), open };
        for (field, prints) in [("halves.request", requests), ("halves.response", responses)] {
            if prints.is_empty() {
                continue;
            }
            for log in self.outlines(doc! { "pairing_key": { "$gt": least() }, field: { "$in": prints } }).await? {
                if !log.is_half() {
                    seen.whole.extend(prints_of(&log).map(|print| (print, log.id().0)));
                }
                seen.having.insert(log.id().0, log);
            }
        }
        Ok(seen)
    }

    async fn outlines(&self, query: Document) -> Result<Vec<EncodedLog>> {
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = logs.find(query).projection(projection());
        let found: Vec<RawDocumentBuf> = find.await.map_err(fault)?.try_collect().await.map_err(fault)?;
        Ok(found.into_iter().filter_map(|log| EncodedLog::from_document(log).ok()).collect())
    }

    /// Lets one half meet its partner; whether it is to be placed again.
    async fn meet(&self, half: &Waiting, seen: &mut Seen) -> Result<bool> {
        let Some(there) = seen.having.get(&half.log.id().0) else { return Ok(true) };
        if !there.is_half() {
            return Ok(false);
        }
        if Mark::of(there.document()).is_some() {
            return Ok(true);
        }
        let Some(LogSource { file: late, .. }) = LogSource::owner(there.document()) else { return Ok(false) };
        // Somebody else brought the same half, and completed a Log with it before this one was there.
        if let Some(whole) = prints_of(there).find_map(|print| seen.whole.get(&print)) {
            self.give_way(there, *whole, late).await?;
            return Ok(true);
        }
        let mut of_one;
        let open = match &mut seen.open {
            Some(open) => open,
            None => {
                of_one = self.open_for(std::slice::from_ref(there)).await?.into_iter().flatten().collect();
                &mut of_one
            }
        };
        let Some(partner) = open.partner_of(there).cloned() else { return Ok(false) };
        let is_on_its_way = Mark::of(partner.document()).is_some();
        if !is_on_its_way && !half.is_untold {
            return Ok(false);
        }
        // Whatever becomes of it, it is no other half's partner in this round.
        open.remove(partner.id().0);
        if is_on_its_way {
            self.take_on(partner.id().0).await?;
        } else {
            let (into, giving) = if there.id() < partner.id() { (there, &partner) } else { (&partner, there) };
            self.give_way(giving, into.id().0, late).await?;
        }
        Ok(true)
    }

    /// One half goes into another Log.
    async fn give_way(&self, giving: &EncodedLog, into: ObjectId, late: LogFileId) -> Result<()> {
        if self.mark_half(giving, Mark { into, late }).await? {
            self.take_on(giving.id().0).await?;
        }
        Ok(())
    }

    /// Lets the halves of a file meet that a process stored and did not look at again, and takes on whatever is on its way.
    pub(super) async fn let_meet(&self, file: &LogFileId) -> Result<()> {
        self.take_all_on().await?;
        let open = doc! { "log_file_id": file.0, "state": { "$ne": "complete" }, "pairing_key": { "$gt": least() } };
        let logs = self.collection::<RawDocumentBuf>("Log");
        let find = logs.find(open).projection(projection());
        let mut halves = find.await.map_err(fault)?.try_chunks(ASKED);
        while let Some(halves) = halves.try_next().await.map_err(|error| fault(error.1))? {
            let mut waiting: Vec<Waiting> = halves
                .into_iter()
                .filter_map(|log| Waiting::new(0, &log, true))
                .enumerate()
                .map(|(index, half)| Waiting { index, ..half })
                .collect();
            for _ in 0..ROUNDS {
                let again = self.look_again(&waiting).await?;
                waiting.retain(|half| again.contains(&half.index));
                if waiting.is_empty() {
                    break;
                }
                // Those that are gone have met.
                let ids: Vec<ObjectId> = waiting.iter().map(|half| half.log.id().0).collect();
                let left: HashSet<LogId> = self.outlines(doc! { "_id": { "$in": ids } }).await?.iter().map(EncodedLog::id).collect();
                waiting.retain(|half| left.contains(&half.log.id()));
            }
        }
        Ok(())
    }
}

/// Under what the halves of a Log that has a pairing key are known.
fn prints_of(log: &EncodedLog) -> impl Iterator<Item = (ObjectId, Side, i64)> + use<> {
    let Halves { request, response } = log.halves();
    let sides = [(Side::Request, request), (Side::Response, response)];
    log.pairing_key().into_iter().flat_map(move |key| sides.into_iter().filter_map(move |(side, print)| Some((key, side, print?))))
}

/// What became of a half that this process stored, and that the Log `stored` has now.
pub(super) fn outcome_of(half: &EncodedLog, stored: &RawDocument) -> LogOutcome {
    let file = |log: &RawDocument| log.get_object_id("log_file_id").ok();
    let completed = stored.get_document("completion").and_then(|completion| completion.get_object_id("file")).ok();
    let (own, is_at_its_id) = (file(half.document()), stored.get_object_id("_id").is_ok_and(|id| id == half.id().0));
    if file(stored) == own && (completed != own || is_at_its_id) {
        return LogOutcome::New;
    }
    match half.halves().request {
        _ if completed != own => LogOutcome::AlreadyStored,
        Some(_) => LogOutcome::Completed(Side::Request),
        None => LogOutcome::Completed(Side::Response),
    }
}

#[cfg(test)]
mod tests;
