//! What may come a moment after the answer: counts of groups and known errors, the catalogue of properties, pieces counted anew.
//!
//! Counts are counted from the store, so that a server that dies before leaves only what the next one counts. The catalogue of
//! properties is learnt on the way and kept until the store has taken it: Logs of a shape that this server has not met before are
//! answered when their properties are stored, of all others a killed server leaves a second uncounted, so that the catalogue's counts
//! are no promise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use bson::{DateTime, oid::ObjectId};

use super::Shared;
use crate::{
    domain::{FileState, GroupId, KnownErrorId, Ledger, LogError, LogFile, LogFileId, PropertyDelta},
    store,
    usecase::{properties::Catalogue, rejudge},
};

/// Shortest pause between two times; it grows with what they take, so that counting never fills the day.
const PAUSE: Duration = Duration::from_secs(1);
/// Files that wait to be counted. Those beyond stay open, and are counted as those of servers that died are: from the store.
const MAX_FILES: usize = 10_000;
/// What was learnt of properties that waits under names of its own; what is learnt beyond waits together.
const MAX_LEARNT: usize = 32;
/// Records that are closed in one write.
const AT_ONCE: usize = 500;
/// How many times longer the pause is than the counting.
const REST: u32 = 10;

/// What was written and is not in all counts yet.
#[derive(Default)]
pub(super) struct Unsettled {
    pub(super) groups: BTreeMap<GroupId, LogError>,
    pub(super) known: BTreeSet<KnownErrorId>,
    pub(super) catalogue: Catalogue,
    /// Streams that brought pieces to quarantine.
    pub(super) quarantine: BTreeSet<LogFileId>,
    /// Streams whose counts may be less than what was stored, as after a store that died in the middle.
    pub(super) unsure: BTreeSet<LogFileId>,
    /// Posts that are files, closed when all is counted that was in them.
    files: Vec<LogFile>,
    /// The oldest knowledge by which errors were judged.
    pub(super) version: Option<i64>,
    /// Properties that the store has not taken yet, each time under a name of its own.
    learnt: Vec<(LogFileId, Vec<PropertyDelta>)>,
}

impl Unsettled {
    /// Has these files be closed when all is counted that was in them, as many as there is room for.
    pub(super) fn close_later(&mut self, files: impl IntoIterator<Item = LogFile>) {
        let room = MAX_FILES.saturating_sub(self.files.len());
        self.files.extend(files.into_iter().take(room));
    }

    /// What is to be noted of properties. A store that takes nothing for long is offered a few large pieces, not ever more.
    fn take_learnt(&mut self) -> Vec<(LogFileId, Vec<PropertyDelta>)> {
        let mut learnt = std::mem::take(&mut self.learnt);
        if learnt.len() < MAX_LEARNT {
            let deltas = std::mem::take(&mut self.catalogue).into_deltas();
            if !deltas.is_empty() {
                learnt.push((LogFileId(ObjectId::new()), deltas));
            }
        }
        learnt
    }
}

/// Settles again and again, until the way in is closed.
pub(super) async fn keep_settling(shared: Weak<Shared>) {
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let begun = Instant::now();
        if let Err(error) = shared.settle().await {
            tracing::warn!(%error, "counts cannot be brought up to date yet");
        }
        let today = Ledger::day_of(DateTime::now());
        if let Err(error) = shared.close_streams(|day| day < today).await {
            tracing::warn!(%error, "yesterday's streams cannot be closed yet");
        }
        drop(shared);
        tokio::time::sleep(PAUSE.max(begun.elapsed() * REST)).await;
    }
}

impl Shared {
    pub(super) fn unsettled(&self) -> MutexGuard<'_, Unsettled> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings all counts up to date with what was written.
    pub(super) async fn settle(&self) -> store::Result<()> {
        self.services.keys.note_uses(&self.services).await?;
        let (groups, known, quarantine, files, version) = {
            let mut unsettled = self.unsettled();
            let Unsettled { groups, known, quarantine, files, version, .. } = &mut *unsettled;
            (std::mem::take(groups), std::mem::take(known), std::mem::take(quarantine), std::mem::take(files), version.take())
        };
        let done = match version {
            Some(version) => match self.settle_counts(&groups, &known, &quarantine, version).await {
                Ok(()) => self.close_files(&files).await,
                failed => failed,
            },
            None => Ok(()),
        };
        if let (Err(_), Some(version)) = (&done, version) {
            let mut unsettled = self.unsettled();
            unsettled.groups.extend(groups);
            unsettled.known.extend(known);
            unsettled.quarantine.extend(quarantine);
            unsettled.close_later(files);
            unsettled.version = Some(unsettled.version.map_or(version, |newer| newer.min(version)));
        }
        done.and(self.store_properties().await)
    }

    async fn settle_counts(
        &self,
        groups: &BTreeMap<GroupId, LogError>,
        known: &BTreeSet<KnownErrorId>,
        quarantine: &BTreeSet<LogFileId>,
        version: i64,
    ) -> store::Result<()> {
        let (services, store) = (&self.services, self.services.store.as_ref());
        services.settle(groups, known, Duration::ZERO).await?;
        for id in quarantine {
            // Nobody who writes waits for the counting: what comes meanwhile is counted the next time.
            let quarantined = i64::try_from(store.count_quarantined(id).await?).unwrap_or(i64::MAX);
            let mut streams = self.streams.lock().await;
            let Some(mut file) = streams.find(id) else { continue };
            file.outcome.quarantined = quarantined;
            store.save_log_file(&file).await?;
            streams.keep(vec![file]);
        }
        // What was read before the knowledge changed may have been stored after others judged anew.
        if store.knowledge_version().await? != version {
            rejudge::rejudge(services, &|_| {}).await?;
        }
        Ok(())
    }

    /// Closes the records of files in which all was counted.
    async fn close_files(&self, files: &[LogFile]) -> store::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let close = |file: &LogFile| LogFile { state: FileState::Done, ..file.clone() };
        self.services.store.save_log_files(&files.iter().map(close).collect::<Vec<_>>()).await
    }

    /// Writes what was learnt of properties; what the store does not take is kept for the next time. What somebody else is writing just
    /// now is written as well when this returns.
    pub(super) async fn store_properties(&self) -> store::Result<()> {
        let _turn = self.learning.lock().await;
        // The second time for what waited behind many.
        for _ in 0..2 {
            let mut learnt = self.unsettled().take_learnt();
            while let Some((once, deltas)) = learnt.last() {
                if let Err(error) = self.add_properties(once, deltas).await {
                    self.unsettled().learnt.extend(learnt);
                    return Err(error);
                }
                learnt.pop();
            }
        }
        Ok(())
    }

    /// Each time is counted as a file of its own, so that a second attempt adds nothing.
    async fn add_properties(&self, once: &LogFileId, deltas: &[PropertyDelta]) -> store::Result<()> {
        self.services.store.add_properties(once, deltas).await?;
        self.services.store.close_properties(once).await
    }

    /// Closes this server's streams of the days that fit, but those that are to be counted anew first: whoever does that closes them.
    pub(super) async fn close_streams(&self, fits: impl Fn(i64) -> bool) -> store::Result<()> {
        let mut streams = self.streams.lock().await;
        let unsure = self.unsettled().unsure.clone();
        let closed = streams.list(fits).into_iter().filter(|file| !unsure.contains(&file.id));
        let closed: Vec<LogFile> = closed.map(|file| LogFile { state: FileState::Done, ..file }).collect();
        // All of a day end at once, and posts wait meanwhile.
        for files in closed.chunks(AT_ONCE) {
            self.services.store.save_log_files(files).await?;
            files.iter().for_each(|file| streams.close(file.clone()));
        }
        // What was read yesterday may be written today.
        streams.forget_before(Ledger::day_of(DateTime::now()) - 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::{super::streams, *};

    #[test]
    fn what_waits_is_bounded_however_long_the_store_takes_nothing() {
        let mut unsettled = Unsettled::default();
        let file = streams::begin(LogFileId::from_content(&[b"x"]), &"K1".parse().unwrap(), "test", 0, DateTime::from_millis(0));
        for _ in 0..3 {
            unsettled.close_later(vec![file.clone(); MAX_FILES / 2]);
        }
        assert_eq!(unsettled.files.len(), MAX_FILES);
        for n in 0..3 * MAX_LEARNT as i32 {
            unsettled.catalogue.add_of(None, &rawdoc! { "request": { "n": n } });
            // As if the store had not taken it.
            unsettled.learnt = unsettled.take_learnt();
        }
        assert_eq!(unsettled.learnt.len(), MAX_LEARNT);
        // Once it takes some, it is told the rest.
        unsettled.learnt.clear();
        let rest = unsettled.take_learnt();
        let [(_, deltas)] = rest.as_slice() else { panic!("{rest:?}") };
        assert_eq!(deltas.iter().filter(|delta| delta.path == "request.n").map(|delta| delta.count).sum::<i64>(), 2 * MAX_LEARNT as i64);
        assert!(unsettled.take_learnt().is_empty());
    }
}
