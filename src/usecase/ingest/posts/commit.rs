//! Writes batches, one after the other: groups before the Logs that name them, records of streams after the Logs that they count, and
//! answers when all of it is on disk.

use std::{collections::HashSet, sync::Arc, time::Duration};

use rustc_hash::FxHashSet;
use tokio::sync::mpsc;

use super::{
    super::{
        agreed::{Amended, Open},
        poison,
        reader::Finding,
    },
    PostError, Posted, Shared,
    read::{Batch, ReadPost},
    streams::Brought,
};
use crate::{
    domain::{EncodedLog, FirstBrought, GroupId, LogError, LogOutcome, LogState, ParseCounts},
    store,
    usecase::{
        properties::{self, Catalogue},
        retry,
    },
};

/// How long a store that does not answer is waited for before clients are told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shapes of Logs whose properties are stored before they are answered; a branch that makes up more is answered all the same.
const MAX_SHAPES: usize = 10_000;

/// The stage that writes.
pub(super) struct Committer {
    shared: Arc<Shared>,
    patience: Duration,
    /// Groups that the store is known to have.
    stored_groups: HashSet<GroupId>,
    /// Shapes of Logs whose properties the store is known to have.
    stored_shapes: FxHashSet<u64>,
}

impl Committer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let patience = PATIENCE.min(Duration::from_secs(shared.services.config.store.retry_seconds));
        Self { shared, patience, stored_groups: HashSet::new(), stored_shapes: FxHashSet::default() }
    }

    pub(super) async fn run(mut self, mut ready: mpsc::Receiver<Batch>) {
        while let Some(batch) = ready.recv().await {
            let (day, now, version) = (batch.day, batch.now, batch.version);
            let refused = self.write(batch).await;
            // What is wrong with one post is no other's fault: each is tried by itself.
            let alone = refused.len() == 1;
            for (post, error) in refused {
                if alone || error.is_transient() {
                    tracing::warn!(%error, branch = %post.branch, "a post cannot be written");
                    post.waiter.tell(Err(PostError::Store(error)));
                    continue;
                }
                for (post, error) in self.write(Batch { day, now, version, posts: vec![post] }).await {
                    tracing::error!(%error, branch = %post.branch, "a post cannot be written");
                    post.waiter.tell(Err(PostError::Store(error)));
                }
            }
        }
    }

    /// Writes a batch and answers; what could not be written comes back.
    async fn write(&mut self, mut batch: Batch) -> Vec<(ReadPost, Arc<store::Error>)> {
        if let Err(error) = self.agree(&mut batch).await {
            let error = Arc::new(error);
            return batch.posts.into_iter().map(|post| (post, error.clone())).collect();
        }
        let n_logs: Vec<usize> = batch.posts.iter().map(|post| post.batch.logs.len()).collect();
        let logs: Arc<[EncodedLog]> = batch.posts.iter_mut().flat_map(|post| std::mem::take(&mut post.batch.logs)).collect();
        match self.store(&batch, &n_logs, &logs).await {
            Ok(posted) => {
                if self.note(&mut batch, &logs, &posted.1)
                    && let Err(error) = self.shared.store_properties().await
                {
                    tracing::warn!(%error, "new properties cannot be noted yet");
                }
                for (post, posted) in batch.posts.into_iter().zip(posted.0) {
                    post.waiter.tell(Ok(posted));
                }
                Vec::new()
            }
            Err(error) => {
                self.doubt(&batch);
                let error = Arc::new(error);
                let mut rest = &*logs;
                let again = |(mut post, n): (ReadPost, usize)| {
                    let (own, others) = rest.split_at_checked(n).unwrap_or((rest, &[]));
                    (post.batch.logs, rest) = (own.to_vec(), others);
                    (post, error.clone())
                };
                batch.posts.into_iter().zip(n_logs).map(again).collect()
            }
        }
    }

    /// Sees to it that all processes agree on the groups of a batch.
    async fn agree(&self, batch: &mut Batch) -> store::Result<()> {
        let mut open: Vec<Open<'_>> = batch.posts.iter_mut().map(|post| Open::new(post.stream, &mut post.batch)).collect();
        let agreed = self.shared.services.agree_on(&mut open, self.patience).await;
        // A post that is tried again goes on from here, whether they were agreed on or not.
        let amended: Vec<Amended> = open.into_iter().map(|open| open.amended).collect();
        amended.into_iter().zip(&mut batch.posts).for_each(|(amended, post)| amended.apply(&mut post.finding));
        agreed
    }

    /// Writes what stands in a batch, whose posts have so many of these Logs each.
    async fn store(&mut self, batch: &Batch, n_logs: &[usize], logs: &Arc<[EncodedLog]>) -> store::Result<(Vec<Posted>, Vec<LogOutcome>)> {
        let store = self.shared.services.store.as_ref();
        self.begin_streams(batch).await?;
        let changed = batch.posts.iter().flat_map(|post| &post.batch.groups);
        let unsure =
            batch.posts.iter().flat_map(|post| post.finding.groups.values()).filter(|group| !self.stored_groups.contains(&group.id));
        let groups: Vec<LogError> = self.shared.services.groups.described(unsure.chain(changed));
        if !groups.is_empty() {
            retry(self.patience, "store error groups", || store.insert_log_errors(&groups)).await?;
            self.stored_groups.extend(groups.iter().map(|group| group.id));
        }
        let outcomes = match logs.is_empty() {
            true => Vec::new(),
            false => {
                let mut n_attempts = 0;
                let attempt = || {
                    n_attempts += 1;
                    store.insert_logs(logs)
                };
                let stored = retry(self.patience, "store Logs", attempt).await?;
                if n_attempts > 1 {
                    self.doubt(batch);
                }
                stored
            }
        };
        let quarantine: Vec<_> = batch.posts.iter().flat_map(|post| post.batch.quarantine.iter().cloned()).collect();
        if !quarantine.is_empty() {
            retry(self.patience, "store quarantined bytes", || store.insert_quarantined(&quarantine)).await?;
        }
        let mut rest = logs.iter().zip(&outcomes);
        let each = batch.posts.iter().zip(n_logs).map(|(post, n)| posted(post, rest.by_ref().take(*n)));
        let (posted, brought): (Vec<Posted>, Vec<Brought>) = each.unzip();
        let mut streams = self.shared.streams.lock().await;
        let each = batch.posts.iter().zip(&brought).map(|(post, brought)| (post.stream, (&post.branch, post.sender.as_str()), brought));
        let grown = streams.grown(batch.day, batch.now, each);
        retry(self.patience, "count what branches sent", || store.save_log_files(&grown)).await?;
        streams.keep(grown);
        Ok((posted, outcomes))
    }

    /// Writes the records of streams that are new before what they count.
    async fn begin_streams(&self, batch: &Batch) -> store::Result<()> {
        let mut streams = self.shared.streams.lock().await;
        let each = batch.posts.iter().map(|post| (post.stream, &post.branch, post.sender.as_str()));
        let begun = streams.begun(batch.day, batch.now, each);
        if !begun.is_empty() {
            retry(self.patience, "count what branches sent", || self.shared.services.store.save_log_files(&begun)).await?;
            streams.keep(begun);
        }
        Ok(())
    }

    /// It is not known which attempt stored what: the streams end here, and are counted in the store a moment later.
    fn doubt(&self, batch: &Batch) {
        self.shared.unsettled().unsure.extend(batch.posts.iter().map(|post| post.stream));
    }

    /// Remembers what counts and catalogue have to be brought up to date with; whether there are Logs of shapes that were not met before.
    fn note(&mut self, batch: &mut Batch, logs: &[EncodedLog], outcomes: &[LogOutcome]) -> bool {
        let mut unsettled = self.shared.unsettled();
        let mut has_new_shapes = false;
        for (log, outcome) in logs.iter().zip(outcomes) {
            let learnt = poison::caught(|| {
                let shape = properties::shape(log.bytes());
                let is_first = shape.is_some_and(|shape| self.stored_shapes.len() < MAX_SHAPES && self.stored_shapes.insert(shape));
                // One that is there already may have come to a server that was killed before it noted the properties.
                if is_first || *outcome != LogOutcome::AlreadyStored {
                    unsettled.catalogue.add_of(shape, log.document());
                }
                is_first
            });
            let Some(is_first) = learnt else {
                // Its Logs are stored: nobody is to send them again for that.
                tracing::error!(log.id = %log.id(), "learning the properties of a Log panicked: this is a bug");
                unsettled.catalogue = Catalogue::default();
                continue;
            };
            has_new_shapes |= is_first;
        }
        for post in &mut batch.posts {
            unsettled.groups.append(&mut post.finding.groups);
            unsettled.known.extend(post.finding.known.iter().cloned());
            if !post.batch.quarantine.is_empty() {
                unsettled.quarantine.insert(post.stream);
            }
        }
        unsettled.version = Some(unsettled.version.map_or(batch.version, |version| version.min(batch.version)));
        has_new_shapes
    }
}

/// What became of a post with these Logs, and what it adds to the ledger.
fn posted<'l>(post: &ReadPost, logs: impl Iterator<Item = (&'l EncodedLog, &'l LogOutcome)>) -> (Posted, Brought) {
    let Finding { report, errors_known, errors_unknown, known, .. } = &post.finding;
    let mut posted = Posted {
        received: report.counts.records,
        quarantined: i64::try_from(post.batch.quarantine.len()).unwrap_or(i64::MAX),
        errors_known: *errors_known,
        errors_unknown: *errors_unknown,
        known: known.clone(),
        ..Posted::default()
    };
    // Of a stream, that which was there before is counted once more only as received.
    let mut counts = ParseCounts { complete: 0, request_only: 0, response_only: 0, ..report.counts };
    let (mut first, has_errors) = (FirstBrought::default(), errors_known + errors_unknown > 0);
    for (log, outcome) in logs {
        posted.count(*outcome);
        if has_errors {
            first.add(log, *outcome);
        }
        let of_state = match log.state() {
            LogState::Complete => &mut counts.complete,
            LogState::RequestOnly => &mut counts.request_only,
            LogState::ResponseOnly => &mut counts.response_only,
        };
        *of_state += i64::from(*outcome == LogOutcome::New);
    }
    // An error that comes again with its Log is one, to the ledger.
    let counted = Posted { errors_known: first.errors_known, errors_unknown: first.errors_unknown, ..posted.clone() };
    let (format, encoding) = (report.format.clone(), report.encoding);
    let brought = Brought { size_bytes: post.size_bytes, counts, format, encoding, posted: counted, lost: 0 };
    (posted, brought)
}
