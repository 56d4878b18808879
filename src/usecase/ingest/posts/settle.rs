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
/// How many times longer the pause is than the counting.
const REST: u32 = 10;
/// Such streams that are asked for at a time.
const AT_ONCE: usize = 1000;
/// How often they are looked for, at least.
const RECOVER: Duration = Duration::from_secs(600);

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
    let mut recovered: Option<Instant> = None;
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
        let left_behind = Duration::from_secs(shared.services.config.ingest.left_behind_seconds.into());
        if recovered.is_none_or(|at| at.elapsed() > RECOVER.min(left_behind)) {
            match shared.recover().await {
                Ok(()) => recovered = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "streams of servers that died cannot be counted yet"),
            }
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
        done.and(self.settle_unsure().await).and(self.store_properties().await)
    }

    /// Counts those of this server's streams anew of which it is not known what was stored.
    async fn settle_unsure(&self) -> store::Result<()> {
        let mut unsure = std::mem::take(&mut self.unsettled().unsure);
        while let Some(id) = unsure.first().copied() {
            if let Err(error) = self.count_unsure(&id).await {
                self.unsettled().unsure.append(&mut unsure);
                return Err(error);
            }
            unsure.remove(&id);
        }
        Ok(())
    }

    async fn count_unsure(&self, id: &LogFileId) -> store::Result<()> {
        // What is being written now is counted afterwards.
        let _writing = self.writing.lock().await;
        let mut streams = self.streams.lock().await;
        let Some(mut file) = streams.find(id) else { return Ok(()) };
        self.count_anew(&mut file).await?;
        self.services.store.save_log_file(&file).await?;
        streams.keep(vec![file]);
        Ok(())
    }

    /// Brings the record of a stream up to what stands in the Logs. Less it never becomes: Logs may have been removed since. What came again
    /// and was counted stays.
    async fn count_anew(&self, file: &mut LogFile) -> store::Result<()> {
        let store = self.services.store.as_ref();
        let brought = store.count_brought(&file.id).await?;
        let (counts, outcome) = (&mut file.counts, &mut file.outcome);
        let repeated = outcome.joined_logs - outcome.completed_logs;
        outcome.new_logs = outcome.new_logs.max(brought.new);
        outcome.completed_logs = outcome.completed_logs.max(brought.completed);
        outcome.joined_logs = repeated + outcome.completed_logs;
        counts.logs = outcome.new_logs + outcome.joined_logs;
        counts.complete = counts.complete.max(brought.first.complete);
        // Errors may be known by now that were not: both numbers are of one moment.
        let (known, unknown) = (brought.first.errors_known, brought.first.errors_unknown);
        if known + unknown > outcome.errors_known + outcome.errors_unknown {
            (outcome.errors_known, outcome.errors_unknown, counts.errors) = (known, unknown, known + unknown);
        }
        outcome.quarantined = i64::try_from(store.count_quarantined(&file.id).await?).unwrap_or(i64::MAX);
        Ok(())
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
            let mut streams = self.streams.lock().await;
            let Some(mut file) = streams.find(id) else { continue };
            file.outcome.quarantined = i64::try_from(store.count_quarantined(id).await?).unwrap_or(i64::MAX);
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

    /// Closes this server's streams of the days that fit, but those that are to be counted anew first: nobody does that with a closed one.
    pub(super) async fn close_streams(&self, fits: impl Fn(i64) -> bool) -> store::Result<()> {
        let mut streams = self.streams.lock().await;
        let unsure = self.unsettled().unsure.clone();
        for mut file in streams.list(fits).into_iter().filter(|file| !unsure.contains(&file.id)) {
            file.state = FileState::Done;
            self.services.store.save_log_file(&file).await?;
            streams.close(file);
        }
        // What was read yesterday may be written today.
        streams.forget_before(Ledger::day_of(DateTime::now()) - 1);
        Ok(())
    }

    /// Counts anew what servers that died had written, and closes their streams.
    async fn recover(&self) -> store::Result<()> {
        let left_behind_ms = i64::from(self.services.config.ingest.left_behind_seconds) * 1000;
        let before = DateTime::from_millis(DateTime::now().timestamp_millis() - left_behind_ms);
        loop {
            let left = self.services.store.list_left_log_files(before, AT_ONCE).await?;
            let mut n_closed = 0;
            for mut file in left.iter().cloned() {
                // This server's own are not left, however long nobody sent anything.
                if self.streams.lock().await.find(&file.id).is_none() {
                    self.recount(&mut file).await?;
                    n_closed += 1;
                }
            }
            if left.len() < AT_ONCE || n_closed == 0 {
                return Ok(());
            }
        }
    }

    async fn recount(&self, file: &mut LogFile) -> store::Result<()> {
        let store = self.services.store.as_ref();
        let tally = store.tally_log_file(&file.id).await?;
        // A file's own record was written with all that is counted of it.
        if file.is_stream() {
            self.count_anew(file).await?;
        }
        let (known, groups): (Vec<_>, Vec<_>) =
            (tally.known.into_iter().map(|(id, _)| id).collect(), tally.unknown.into_iter().map(|(id, _)| id).collect());
        store.recount_log_errors(&groups).await?;
        store.recount_known_errors(&known).await?;
        file.state = FileState::Done;
        store.save_log_file(file).await
    }
}
