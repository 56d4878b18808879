//! Streams whose records may say less than was stored are counted anew, read off their Logs: this server's, when the store did not say what
//! it took, and those of servers that died. That reads all that a branch sent on a day, so that nobody waits for it: such a stream takes
//! no more posts, and is counted once those in hand are written.

use std::{
    sync::Weak,
    time::{Duration, Instant},
};

use bson::DateTime;

use super::Shared;
use crate::{
    domain::{Brought, FileState, Ledger, LogFile},
    store,
};

/// Shortest pause between two times; it grows with what they take, so that counting never fills the day.
const PAUSE: Duration = Duration::from_secs(1);
/// How many times longer the pause is than the counting.
const REST: u32 = 10;
/// Streams of servers that died that are asked for at a time.
const AT_ONCE: usize = 1000;
/// How often they are looked for, at least.
const RECOVER: Duration = Duration::from_secs(600);

/// Counts anew again and again, until the way in is closed.
pub(super) async fn keep_recounting(shared: Weak<Shared>) {
    let mut recovered: Option<Instant> = None;
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let begun = Instant::now();
        if let Err(error) = shared.count_doubted().await {
            tracing::warn!(%error, "what branches sent cannot be counted anew yet");
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
    /// Counts those of this server's streams anew of which it is not known what was stored, and closes them.
    pub(super) async fn count_doubted(&self) -> store::Result<()> {
        let _turn = self.counting.lock().await;
        let countable = {
            let mut streams = self.streams.lock().await;
            let today = Ledger::day_of(DateTime::now());
            self.unsettled().unsure.retain(|id| !streams.doubt(id, today));
            streams.countable()
        };
        for mut file in countable {
            self.count_anew(&mut file).await?;
            file.state = FileState::Done;
            let mut streams = self.streams.lock().await;
            self.services.store.save_log_file(&file).await?;
            streams.close(file);
        }
        Ok(())
    }

    /// Brings the record of a stream up to what stands in the Logs. Less it never becomes: Logs may have been removed since. What came again
    /// and was counted stays.
    async fn count_anew(&self, file: &mut LogFile) -> store::Result<()> {
        let store = self.services.store.as_ref();
        let brought = store.count_brought(&file.id).await?;
        correct(file, &brought);
        file.outcome.quarantined = i64::try_from(store.count_quarantined(&file.id).await?).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Counts anew what servers that died had written, and closes their streams.
    pub(super) async fn recover(&self) -> store::Result<()> {
        let left_behind_ms = i64::from(self.services.config.ingest.left_behind_seconds) * 1000;
        let before = DateTime::from_millis(DateTime::now().timestamp_millis() - left_behind_ms);
        loop {
            let left = self.services.store.list_left_log_files(before, AT_ONCE).await?;
            let mut n_closed = 0;
            for file in &left {
                // This server's own are not left, however long nobody sent anything.
                if self.streams.lock().await.find(&file.id).is_none() {
                    n_closed += usize::from(self.recount(file).await?);
                }
            }
            if left.len() < AT_ONCE || n_closed == 0 {
                return Ok(());
            }
        }
    }

    /// Counts what is left anew and closes it; false where whoever was taken for dead wrote it meanwhile.
    async fn recount(&self, left: &LogFile) -> store::Result<bool> {
        let store = self.services.store.as_ref();
        let mut file = left.clone();
        let tally = store.tally_log_file(&file.id).await?;
        // A file's own record was written with all that is counted of it.
        if file.is_stream() {
            self.count_anew(&mut file).await?;
        }
        let (known, groups): (Vec<_>, Vec<_>) =
            (tally.known.into_iter().map(|(id, _)| id).collect(), tally.unknown.into_iter().map(|(id, _)| id).collect());
        store.recount_log_errors(&groups).await?;
        store.recount_known_errors(&known).await?;
        file.state = FileState::Done;
        let Some(written) = left.open_at() else { return Ok(false) };
        store.close_left_log_file(&file, written).await
    }
}

/// Brings a record up to what its stream brought.
fn correct(file: &mut LogFile, brought: &Brought) {
    let (counts, outcome) = (&mut file.counts, &mut file.outcome);
    let repeated = outcome.joined_logs - outcome.completed_logs;
    // Logs that were completed by older programs do not say so, and look as if they had come whole.
    let untold = (outcome.completed_logs - brought.completed).max(0);
    counts.complete = counts.complete.max(brought.first.complete - untold);
    outcome.new_logs = outcome.new_logs.max(brought.new);
    outcome.completed_logs = outcome.completed_logs.max(brought.completed);
    outcome.joined_logs = repeated + outcome.completed_logs;
    counts.logs = outcome.new_logs + outcome.joined_logs;
    // Errors may be known by now that were not: both numbers are of one moment.
    let (known, unknown) = (brought.first.errors_known, brought.first.errors_unknown);
    if known + unknown > outcome.errors_known + outcome.errors_unknown {
        (outcome.errors_known, outcome.errors_unknown, counts.errors) = (known, unknown, known + unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::streams, *};
    use crate::domain::{FileOutcome, FirstBrought, LogFileId, ParseCounts};

    fn record(complete: i64, outcome: FileOutcome) -> LogFile {
        let counts = ParseCounts { complete, logs: outcome.new_logs + outcome.joined_logs, ..ParseCounts::default() };
        let begun = streams::begin(LogFileId::from_content(&[b"stream"]), &"K1".parse().unwrap(), "test", 0, DateTime::from_millis(0));
        LogFile { counts, outcome, ..begun }
    }

    #[test]
    fn a_record_grows_to_what_was_stored_and_keeps_what_came_again() {
        let outcome = FileOutcome { new_logs: 3, joined_logs: 4, completed_logs: 1, errors_known: 1, ..FileOutcome::default() };
        let mut file = record(2, outcome);
        let first = FirstBrought { complete: 4, errors_known: 1, errors_unknown: 2 };
        correct(&mut file, &Brought { new: 6, completed: 2, first });
        let FileOutcome { new_logs, joined_logs, completed_logs, errors_known, errors_unknown, .. } = file.outcome;
        assert_eq!((new_logs, joined_logs, completed_logs, errors_known, errors_unknown), (6, 5, 2, 1, 2));
        assert_eq!((file.counts.logs, file.counts.complete, file.counts.errors), (11, 4, 3));
        // Logs were removed: what was brought was brought.
        let before = file.clone();
        correct(&mut file, &Brought::default());
        assert_eq!(file, before);
    }

    #[test]
    fn what_older_programs_completed_did_not_come_whole() {
        let outcome = FileOutcome { new_logs: 5, joined_logs: 3, completed_logs: 3, ..FileOutcome::default() };
        let mut file = record(1, outcome);
        // Of the five, three were completed and do not say so, and one was stored and not counted.
        correct(&mut file, &Brought { new: 6, completed: 0, first: FirstBrought { complete: 5, ..FirstBrought::default() } });
        assert_eq!((file.outcome.new_logs, file.outcome.completed_logs, file.counts.complete), (6, 3, 2));
    }
}
