//! Halves on their way into another Log. A half that is to give way is marked first: what it goes into, and which file then completed
//! that Log. From then on nobody completes it, and whoever meets it takes the way on, step by step, until it is gone or parted again.
//! `meeting` says why nothing is lost by that.

use bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};
use futures_util::TryStreamExt;
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria};

use super::{
    MongoStore,
    as_read::{filter, halves_as_read},
    fault,
    open_halves::{least, waits},
};
use crate::{
    domain::{EncodedLog, Halves, LogFileId, LogState, meet_halves},
    store::{Error, Result},
};

/// Steps of one half, and of those that it waits for, while others take the same.
const MAX_STEPS: usize = 1000;

/// What stands in a half that gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The Log that it goes into.
    pub(super) into: ObjectId,
    /// The file that then completed that Log: the one of which nobody was told yet what became of its half.
    pub(super) late: LogFileId,
}

impl Mark {
    /// That of a stored Log.
    pub(super) fn of(log: &RawDocument) -> Option<Self> {
        let mark = log.get_document("meets").ok()?;
        Some(Self { into: mark.get_object_id("log").ok()?, late: LogFileId(mark.get_object_id("file").ok()?) })
    }
}

/// What one step led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The half is on no way (any more).
    Arrived,
    /// There is another step to take.
    Nearer,
    /// This Log, into which it goes, is on its way itself and comes first.
    After(ObjectId),
}

impl MongoStore {
    /// Marks a half that waits, as it was read; false where it has changed since.
    pub(super) async fn mark_half(&self, giving: &EncodedLog, mark: Mark) -> Result<bool> {
        let same = filter(giving.id().0, halves_as_read(giving.id().0, giving.document()))?;
        let set = doc! { "$set": { "meets": { "log": mark.into, "file": mark.late.0 } } };
        Ok(self.collection::<Document>("Log").update_one(same, set).await.map_err(fault)?.modified_count > 0)
    }

    /// Takes a marked half to the end of its way; one that is not marked stays.
    pub(super) async fn take_on(&self, id: ObjectId) -> Result<()> {
        // Each goes into one with a lesser id or into a Log that is whole, so that this ends.
        let mut chain = vec![id];
        for _ in 0..MAX_STEPS {
            let Some(id) = chain.last() else { return Ok(()) };
            match self.step_on(*id).await? {
                Step::Arrived => {
                    chain.pop();
                }
                Step::Nearer => {}
                Step::After(into) => chain.push(into),
            }
        }
        Err(Error::Unavailable { reason: "other processes keep changing the same halves".to_owned(), source: None })
    }

    /// Takes the next step of a marked half. What was done stands in the database, so that whoever comes after a death goes on there.
    pub(super) async fn step_on(&self, id: ObjectId) -> Result<Step> {
        let Some(giving) = self.lasting(id).await? else { return Ok(Step::Arrived) };
        let Some(mark) = Mark::of(&giving) else { return Ok(Step::Arrived) };
        let Some(into) = self.lasting(mark.into).await? else { return self.part(&giving).await };
        let of_file = |log: &RawDocument| log.get_object_id("log_file_id").map_or(mark.late, LogFileId);
        if has_half_of(&into, &giving) {
            self.hand_notes(&giving, &into, of_file(&into)).await?;
            self.forget_notes(&[id]).await?;
            let same = filter(id, halves_as_read(id, &giving))?;
            self.collection::<Document>("Log").delete_one(same).await.map_err(fault)?;
            return Ok(Step::Nearer);
        }
        if Mark::of(&into).is_some() {
            return Ok(Step::After(mark.into));
        }
        let Some(whole) = meet_halves(&into, &giving, mark.late).filter(|_| waits(&into)) else { return self.part(&giving).await };
        // Notes come before what they tell of: see `sources`.
        self.hand_notes(&giving, &into, of_file(whole.document())).await?;
        self.replace_log(&into, &whole).await?;
        Ok(Step::Nearer)
    }

    /// A Log as a majority has it: no step follows from one that a new primary might not know.
    async fn lasting(&self, id: ObjectId) -> Result<Option<RawDocumentBuf>> {
        let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
        let logs = self.collection::<RawDocumentBuf>("Log");
        logs.find_one(doc! { "_id": id }).read_concern(ReadConcern::majority()).selection_criteria(primary).await.map_err(fault)
    }

    /// Takes the mark off: what the half was to go into is whole without it, or gone.
    async fn part(&self, giving: &RawDocumentBuf) -> Result<Step> {
        let Ok(id) = giving.get_object_id("_id") else { return Ok(Step::Arrived) };
        let same = filter(id, halves_as_read(id, giving))?;
        self.collection::<Document>("Log").update_one(same, doc! { "$unset": { "meets": "" } }).await.map_err(fault)?;
        Ok(Step::Nearer)
    }

    /// Takes on all halves that are on their way; there are some only where a process died.
    pub(super) async fn take_all_on(&self) -> Result<()> {
        let logs = self.collection::<Document>("Log");
        let find = logs.find(doc! { "meets.log": { "$gt": least() } });
        let marked: Vec<Document> = find.projection(doc! { "_id": 1 }).await.map_err(fault)?.try_collect().await.map_err(fault)?;
        for id in marked.iter().filter_map(|log| log.get_object_id("_id").ok()) {
            self.take_on(id).await?;
        }
        Ok(())
    }
}

/// Whether a Log has the very half that the other one is, as it is there once.
fn has_half_of(log: &RawDocument, half: &RawDocument) -> bool {
    let (have, one) = (Halves::of(log), Halves::of(half));
    let key = |log: &RawDocument| log.get_object_id("pairing_key").ok();
    let is_same = match half.get_str("state") {
        Ok(state) if state == LogState::RequestOnly.as_str() => have.request.is_some() && have.request == one.request,
        Ok(state) if state == LogState::ResponseOnly.as_str() => have.response.is_some() && have.response == one.response,
        _ => false,
    };
    is_same && key(log).is_some() && key(log) == key(half)
}
