//! The end of a file: what it led to is counted, now or a moment later, and its record closed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bson::DateTime;

use super::reader::Finding;
use crate::{
    domain::{
        Brought, EncodedLog, FileOutcome, FileState, FirstBrought, GroupId, KnownErrorId, LogError, LogFile, LogFileId, LogOutcome, Method,
        ParseCounts, Verdict,
    },
    parse::Whole,
    store,
    usecase::{Services, rejudge, retry, triage},
};

/// Groups that were met in a file.
struct Met {
    ids: Vec<GroupId>,
    /// How many of them the file brought.
    n_new: i64,
    /// Those that an analyst explained meanwhile.
    explained: Vec<(GroupId, KnownErrorId)>,
}

/// What became of a file's Logs as they were stored.
#[derive(Debug, Default)]
pub(super) struct Stored {
    new: i64,
    completed: i64,
    first: FirstBrought,
    /// Some may have been stored by an attempt that nobody heard of.
    unsure: bool,
}

impl Stored {
    /// Nothing yet; `unsure` where somebody began before.
    pub(super) fn new(unsure: bool) -> Self {
        Self { unsure, ..Self::default() }
    }

    /// The store was asked several times.
    pub(super) fn doubt(&mut self) {
        self.unsure = true;
    }

    /// Takes Logs and what became of them into account.
    pub(super) fn add(&mut self, logs: &[EncodedLog], outcomes: &[LogOutcome]) {
        for (log, outcome) in logs.iter().zip(outcomes) {
            self.new += i64::from(*outcome == LogOutcome::New);
            self.completed += i64::from(matches!(outcome, LogOutcome::Completed(_)));
            self.first.add(log, *outcome);
        }
    }
}

impl Services {
    /// Counts what the file led to and closes its record; whether groups and known errors are counted, which may wait where `now` is
    /// false: then the record stays open.
    pub(super) async fn finish(
        &self,
        file: &mut LogFile,
        finding: &Finding,
        stored: &Stored,
        now: bool,
        patience: Duration,
    ) -> store::Result<bool> {
        let store = self.store.as_ref();
        let met = self.meet(&file.id, &finding.groups, patience).await?;
        retry(patience, "note properties", || store.add_properties(&file.id, &finding.properties)).await?;
        let new_logs = retry(patience, "count Logs", || store.count_log_file(&file.id)).await?;
        // Where they differ, it was begun before and not finished, or the store took more than it could say.
        let (first, completed_logs) = match stored.new == new_logs && !stored.unsure {
            true => (stored.first, stored.completed),
            false => self.count_first(&file.id, finding, stored, patience).await?,
        };
        let report = &finding.report;
        file.format = report.format.clone();
        file.encoding = report.encoding.to_owned();
        file.counts = ParseCounts { errors: finding.errors_known + finding.errors_unknown, ..report.counts };
        file.outcome = FileOutcome {
            new_logs,
            joined_logs: (report.counts.logs - new_logs).max(0),
            completed_logs,
            errors_known: finding.errors_known,
            errors_unknown: finding.errors_unknown,
            groups_new: met.n_new,
            groups_seen: i64::try_from(met.ids.len()).unwrap_or_default() - met.n_new,
            quarantined: i64::try_from(store.count_quarantined(&file.id).await?).unwrap_or_default(),
            lost: 0,
            first: Some(first),
        };
        file.message = report.notes.first().map(|note| note.text.clone());
        let state = match report.whole {
            Whole::Ok | Whole::Empty => FileState::Done,
            Whole::Truncated | Whole::Binary | Whole::NotALog | Whole::ProgramFault => FileState::Failed,
        };
        file.finished_at = Some(DateTime::now());
        let now = now || state == FileState::Failed || (finding.groups.is_empty() && finding.known.is_empty());
        if now {
            self.recount(&met, &finding.known, patience).await?;
            file.state = state;
        }
        retry(patience, "close the file's record", || store.save_log_file(file)).await?;
        retry(patience, "close the file's properties", || store.close_properties(&file.id)).await?;
        Ok(now)
    }

    /// Counts in the store what a file was the first to bring, and the Logs that it completed; no more than stands in it.
    async fn count_first(
        &self,
        id: &LogFileId,
        finding: &Finding,
        stored: &Stored,
        patience: Duration,
    ) -> store::Result<(FirstBrought, i64)> {
        let store = self.store.as_ref();
        let Brought { completed, first, .. } = retry(patience, "count what the file brought", || store.count_brought(id)).await?;
        let first = FirstBrought {
            complete: first.complete.min(finding.report.counts.complete),
            errors_known: first.errors_known.min(finding.errors_known).max(stored.first.errors_known),
            errors_unknown: first.errors_unknown.min(finding.errors_unknown).max(stored.first.errors_unknown),
        };
        Ok((first, completed.min(finding.report.counts.logs).max(stored.completed)))
    }

    /// Sees to it that every group that was met is stored, that its Logs know what an analyst said of it meanwhile, and that groups and
    /// known errors are counted.
    pub(super) async fn settle(
        &self,
        groups: &BTreeMap<GroupId, LogError>,
        known: &BTreeSet<KnownErrorId>,
        patience: Duration,
    ) -> store::Result<()> {
        let met = self.meet(&LogFileId::from_content(&[]), groups, patience).await?;
        self.recount(&met, known, patience).await
    }

    /// Sees to it that every group that was met in a file is stored.
    async fn meet(&self, file: &LogFileId, groups: &BTreeMap<GroupId, LogError>, patience: Duration) -> store::Result<Met> {
        let store = self.store.as_ref();
        let ids: Vec<GroupId> = groups.keys().copied().collect();
        let stored = retry(patience, "look for error groups", || store.find_log_errors(&ids)).await?;
        let there: BTreeSet<GroupId> = stored.iter().map(|group| group.id).collect();
        // A process met them in a file that it could not finish, so that here they were not new. Those that are none any more, because other
        // processes had learnt something first, have no Logs.
        let missing = self.groups.described(groups.values().filter(|group| !there.contains(&group.id)));
        if !missing.is_empty() {
            retry(patience, "store error groups", || store.insert_log_errors(&missing)).await?;
        }
        let n_new = stored.iter().chain(&missing).filter(|group| group.first_log_file_id == *file).count();
        Ok(Met {
            ids: stored.iter().chain(&missing).map(|group| group.id).collect(),
            n_new: i64::try_from(n_new).unwrap_or(i64::MAX),
            explained: stored.into_iter().filter_map(|group| Some((group.id, group.known_error_id?))).collect(),
        })
    }

    /// Tells Logs of groups what an analyst said of these meanwhile, and counts groups and known errors.
    async fn recount(&self, met: &Met, known: &BTreeSet<KnownErrorId>, patience: Duration) -> store::Result<()> {
        let store = self.store.as_ref();
        for (id, known) in &met.explained {
            let verdict = Verdict { known_error_id: Some(known.clone()), group_id: Some(*id), method: Some(Method::Approved), score: 1.0 };
            retry(patience, "tell Logs what they are", || rejudge::tell_unknown(store, *id, &verdict)).await?;
        }
        let known: Vec<_> = known.iter().cloned().collect();
        retry(patience, "count error groups", || store.recount_log_errors(&met.ids)).await?;
        retry(patience, "look at groups that were set aside", || triage::reopen(self, &met.ids, DateTime::now())).await?;
        retry(patience, "count known errors", || store.recount_known_errors(&known)).await?;
        self.teller.note(&met.ids);
        Ok(())
    }

    /// What was read before the knowledge changed may have been stored after others judged anew.
    pub(super) async fn judge_again_since(&self, version: i64, patience: Duration) -> store::Result<()> {
        if retry(patience, "ask for the knowledge base's version", || self.store.knowledge_version()).await? != version {
            rejudge::rejudge(self, &|_| {}).await?;
        }
        Ok(())
    }
}
