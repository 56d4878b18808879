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
    pub(super) files: Vec<LogFile>,
    /// The oldest knowledge by which errors were judged.
    pub(super) version: Option<i64>,
    /// Properties that the store has not taken yet, each time under a name of its own.
    learnt: Vec<(LogFileId, Vec<PropertyDelta>)>,
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
            unsettled.files.extend(files);
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
        let (catalogue, mut learnt) = {
            let mut unsettled = self.unsettled();
            (std::mem::take(&mut unsettled.catalogue), std::mem::take(&mut unsettled.learnt))
        };
        let deltas = catalogue.into_deltas();
        if !deltas.is_empty() {
            learnt.push((LogFileId(ObjectId::new()), deltas));
        }
        while let Some((once, deltas)) = learnt.last() {
            if let Err(error) = self.add_properties(once, deltas).await {
                self.unsettled().learnt.extend(learnt);
                return Err(error);
            }
            learnt.pop();
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
