//! Posts: small bodies that many branches send at a time. Each is read by itself, and what waits is written together, so that a
//! thousand posts cost a few durable writes and none is answered before its own is done.
//!
//! While one batch is being written the next is read and those behind it gather: under load batches grow, without it nobody waits.
//! `read` makes Logs, `commit` writes them, `stages` keeps both going, `streams` counts what each branch sent, `settle` brings groups
//! and catalogue up to date, `recount` counts in the store what a server could not.

mod commit;
mod read;
mod recount;
mod settle;
mod stages;
mod streams;

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bson::DateTime;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Ingested, arrivals::Mailbox, reader::Finding};
use crate::{
    domain::{Branch, BranchCode, IngestKey, KnownErrorId, Ledger, LogFile, LogOutcome, ProblemKind, Stretch},
    parse::FormatChoice,
    store,
    usecase::Services,
};
use commit::Committer;
use settle::Unsettled;
use streams::Streams;

/// Posts that may wait, and bytes of theirs; beyond that they are sent away. One alone always may, however large.
const QUEUE: usize = 4096;
const ROOM: usize = 64 << 20;
/// How long the settings of a branch are believed without asking the store.
const FRESH: Duration = Duration::from_secs(2);

/// What a branch sent in one request, decoded.
#[derive(Debug)]
pub struct Post {
    /// The branch.
    pub branch: BranchCode,
    /// The key that it came with.
    pub sender: String,
    /// Text, or a JSON object a line.
    pub body: Vec<u8>,
    /// How to read it.
    pub format: FormatChoice,
    /// Where it stood before, if its sender said so.
    pub stretch: Option<Stretch>,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Posted {
    /// Records in it: halves of exchanges, lines, objects.
    pub received: i64,
    /// Logs that were not there.
    pub new: i64,
    /// Logs that were there and did not change.
    pub already_known: i64,
    /// Logs that waited for a half that it brought.
    pub paired: i64,
    /// Pieces that could not be read, kept as they came.
    pub quarantined: i64,
    /// Its errors that the knowledge base knows.
    pub errors_known: i64,
    /// Its errors that it does not know.
    pub errors_unknown: i64,
    /// The known errors among them.
    #[serde(skip)]
    pub known: BTreeSet<KnownErrorId>,
}

impl Posted {
    /// What became of a body that was large enough to be a file.
    pub fn of_file(done: &Ingested) -> Self {
        let (counts, outcome) = (&done.file.counts, &done.file.outcome);
        let (new, paired) = if done.again { (0, 0) } else { (outcome.new_logs, outcome.completed_logs) };
        Self {
            received: counts.records,
            new,
            already_known: (counts.logs - new - paired).max(0),
            paired,
            quarantined: outcome.quarantined,
            errors_known: outcome.errors_known,
            errors_unknown: outcome.errors_unknown,
            known: done.known.clone(),
        }
    }

    fn count(&mut self, outcome: LogOutcome) {
        match outcome {
            LogOutcome::New => self.new += 1,
            LogOutcome::AlreadyStored => self.already_known += 1,
            LogOutcome::Completed(_) => self.paired += 1,
        }
    }
}

/// Why a post was not taken: all of them say that it may be sent again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PostError {
    /// Too many wait.
    #[error("too many posts wait to be written")]
    Full,
    /// The branch's settings cannot be used.
    #[error("the settings of branch {0} cannot be used: {1}")]
    Branch(BranchCode, String),
    /// The store.
    #[error(transparent)]
    Store(Arc<store::Error>),
    /// The server is going down, or reading failed.
    #[error("the post was interrupted: {0}")]
    Interrupted(String),
}

/// A post on its way, and who waits for the answer.
struct Queued {
    post: Post,
    /// The program failed on it before it came here, in this: it goes to quarantine unread.
    failed: Option<ProblemKind>,
    waiter: Waiter,
}

/// Who waits for an answer, and what is held until it is there.
struct Waiter {
    answer: oneshot::Sender<Result<Posted, PostError>>,
    _held: Box<dyn Send + Sync>,
}

impl Waiter {
    /// Whoever sent the post may have left meanwhile; what became of it is the same.
    fn tell(self, became: Result<Posted, PostError>) {
        _ = self.answer.send(became);
    }
}

/// The way in for posts.
pub struct Posts {
    queue: mpsc::Sender<Queued>,
    /// Of bytes that are not written yet.
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
}

/// What the stages share.
struct Shared {
    services: Arc<Services>,
    streams: tokio::sync::Mutex<Streams>,
    /// Held by whoever counts streams in the store.
    counting: tokio::sync::Mutex<()>,
    unsettled: Mutex<Unsettled>,
    /// Held by whoever writes properties.
    learning: tokio::sync::Mutex<()>,
    branches: Mutex<HashMap<BranchCode, (Branch, Instant)>>,
}

impl Posts {
    /// Starts the stages; they end when the value is dropped.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn start(services: Arc<Services>) -> Result<Self, getrandom::Error> {
        Self::start_with(services, |shared, ready| Committer::new(shared).run(ready))
    }

    /// As [`Posts::start`], with this as the stage that writes.
    fn start_with<W: Future<Output = ()> + Send + 'static>(
        services: Arc<Services>,
        write: impl Fn(Arc<Shared>, mpsc::Receiver<read::Batch>) -> W + Send + 'static,
    ) -> Result<Self, getrandom::Error> {
        let shared = Arc::new(Shared::new(services)?);
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(stages::keep_going(shared.clone(), waiting, write));
        tokio::spawn(stages::keep_counting(Arc::downgrade(&shared), settle::keep_settling));
        tokio::spawn(stages::keep_counting(Arc::downgrade(&shared), recount::keep_recounting));
        Ok(Self { queue, room: Arc::new(Semaphore::new(ROOM)), shared })
    }

    /// Has a post written; it is on disk when this returns.
    ///
    /// # Errors
    /// When it was not, or not certainly; sending it again does no harm.
    pub async fn take(&self, post: Post) -> Result<Posted, PostError> {
        self.take_holding(post, ()).await
    }

    /// As [`Posts::take`]. What is `held` is let go of when the post is done with, whether anybody still waits for that or not.
    ///
    /// # Errors
    /// As [`Posts::take`].
    pub async fn take_holding(&self, post: Post, held: impl Send + Sync + 'static) -> Result<Posted, PostError> {
        self.queue(post, None, held).await
    }

    /// Has a body put into quarantine as it came, as the program fails on it, in this; it is on disk when this returns.
    ///
    /// # Errors
    /// As [`Posts::take`].
    pub async fn quarantine(&self, post: Post, failed: ProblemKind) -> Result<Posted, PostError> {
        self.queue(post, Some(failed), ()).await
    }

    async fn queue(&self, post: Post, failed: Option<ProblemKind>, held: impl Send + Sync + 'static) -> Result<Posted, PostError> {
        let (answer, answered) = oneshot::channel();
        let n_bytes = u32::try_from(post.body.len().min(ROOM)).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(n_bytes).map_err(|_| PostError::Full)?;
        let waiter = Waiter { answer, _held: Box::new((held, room)) };
        self.queue.try_send(Queued { post, failed, waiter }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PostError::Full,
            mpsc::error::TrySendError::Closed(_) => PostError::Interrupted("the server is going down".to_owned()),
        })?;
        answered.await.unwrap_or_else(|_| Err(PostError::Interrupted("it is not known whether it was written".to_owned())))
    }

    /// Notes in the ledger that a body came again that is a file already.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_repeat(&self, key: &IngestKey, size_bytes: i64, posted: &Posted) -> store::Result<()> {
        let now = DateTime::now();
        let (day, mut streams) = (Ledger::day_of(now), self.shared.streams.lock().await);
        let posted = Posted { errors_known: 0, errors_unknown: 0, ..posted.clone() };
        let brought = streams::Brought { size_bytes, posted, ..streams::Brought::default() };
        let post = (streams.id(&key.branch, &key.id, day), (&key.branch, key.id.as_str()), &brought);
        let grown = streams.grown(day, now, [post].into_iter());
        self.shared.services.store.save_log_files(&grown).await?;
        streams.keep(grown);
        Ok(())
    }

    /// Notes in the ledger that messages to this mailbox were lost.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_lost(&self, mailbox: &Mailbox, n: u64, now: DateTime) -> store::Result<()> {
        let (day, mut streams) = (Ledger::day_of(now), self.shared.streams.lock().await);
        let brought = streams::Brought { lost: i64::try_from(n).unwrap_or(i64::MAX), ..streams::Brought::default() };
        let post = (streams.id(&mailbox.branch, &mailbox.name, day), (&mailbox.branch, mailbox.name.as_str()), &brought);
        let grown = streams.grown(day, now, [post].into_iter());
        self.shared.services.store.save_log_files(&grown).await?;
        streams.keep(grown);
        Ok(())
    }

    /// Has groups and known errors of a file be counted with those of other posts.
    pub(super) fn count_later(&self, file: &LogFile, finding: &Finding, version: i64) {
        let mut unsettled = self.shared.unsettled();
        unsettled.groups.extend(finding.groups.iter().map(|(id, group)| (*id, group.clone())));
        unsettled.known.extend(finding.known.iter().cloned());
        unsettled.close_later([file.clone()]);
        unsettled.version = Some(unsettled.version.map_or(version, |older| older.min(version)));
    }

    /// Brings counts and catalogue up to date, and closes the streams: the server ends.
    ///
    /// # Errors
    /// When the store does not answer; the next server does it then.
    pub async fn close(&self) -> store::Result<()> {
        self.shared.settle().await?;
        self.shared.count_doubted().await?;
        self.shared.close_streams(|_| true).await
    }
}

impl Shared {
    fn new(services: Arc<Services>) -> Result<Self, getrandom::Error> {
        Ok(Self {
            services,
            streams: tokio::sync::Mutex::new(Streams::new()?),
            counting: tokio::sync::Mutex::default(),
            unsettled: Mutex::default(),
            learning: tokio::sync::Mutex::default(),
            branches: Mutex::default(),
        })
    }

    /// The branch as it was a moment ago, at the earliest.
    async fn branch(&self, code: &BranchCode) -> store::Result<Branch> {
        let known = self.branches.lock().unwrap_or_else(PoisonError::into_inner).get(code).cloned();
        if let Some((branch, _)) = known.filter(|(_, asked)| asked.elapsed() < FRESH) {
            return Ok(branch);
        }
        let branch = self.services.branch(code).await?;
        self.branches.lock().unwrap_or_else(PoisonError::into_inner).insert(code.clone(), (branch.clone(), Instant::now()));
        Ok(branch)
    }
}
