//! The queue of one address: bounded in bytes, emptied in batches, and what finds no room in it counted.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use bson::DateTime;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::{Gate, networks::Networks};
use crate::usecase::{
    Services,
    ingest::arrivals::{self, Mailbox, Message},
};

/// Bytes that may wait at an address, those that its connections may have of messages that are not whole yet, and what a message takes
/// beside its own.
const ROOM: usize = 24 << 20;
const PARTS: usize = 8 << 20;
const OVERHEAD: usize = 256;
/// How long a connection waits for room for half a message.
const HELD: Duration = Duration::from_secs(30);
/// How often it is said that connections are turned away.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// Messages that are written together, and how long they are gathered.
const BATCH: usize = 2000;
const GATHERING: Duration = Duration::from_millis(200);
/// Longest pause before a store that failed is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What happened at an address since the server began.
#[derive(Debug)]
pub(crate) struct Counts {
    /// The address, and what is spoken there.
    pub(crate) name: String,
    /// Whose logs come there.
    pub(crate) branch: String,
    /// Messages that were taken.
    pub(crate) received: AtomicU64,
    /// Messages for which there was no room, or of which a part never came.
    pub(crate) lost: AtomicU64,
    /// Datagrams and connections of those who may not send.
    pub(crate) refused: AtomicU64,
    /// Connections for which there was no place.
    pub(crate) turned_away: AtomicU64,
    /// Lost ones that are not in the ledger yet.
    unsaid: AtomicU64,
}

/// The way in of one address.
pub(super) struct Intake {
    queue: mpsc::UnboundedSender<(Message, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    parts: Arc<Semaphore>,
    counts: Arc<Counts>,
    networks: Networks,
    last: AtomicI64,
    /// When it was said last that connections are turned away.
    said: Mutex<Option<Instant>>,
}

impl Intake {
    /// Opens it, and starts what empties it: that ends when the last who may put something in is gone.
    pub(super) fn open(mailbox: Mailbox, networks: Networks, services: Arc<Services>, gate: Arc<Gate>) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::unbounded_channel();
        let zero = AtomicU64::default;
        let (name, branch) = (mailbox.name.clone(), mailbox.branch.to_string());
        let counts =
            Arc::new(Counts { name, branch, received: zero(), lost: zero(), refused: zero(), turned_away: zero(), unsaid: zero() });
        gate.note_listener(counts.clone());
        let storing = Storing { mailbox, counts: counts.clone(), services, gate };
        let intake = Self {
            queue,
            room: Arc::new(Semaphore::new(ROOM)),
            parts: Arc::new(Semaphore::new(PARTS)),
            counts,
            networks,
            last: AtomicI64::default(),
            said: Mutex::default(),
        };
        (intake, tokio::spawn(storing.run(waiting)))
    }

    /// Whether this address may send; one that may not is counted.
    pub(super) fn admits(&self, sender: IpAddr) -> bool {
        let admitted = self.networks.contain(sender);
        self.counts.refused.fetch_add(u64::from(!admitted), Ordering::Relaxed);
        admitted
    }

    /// Puts a message in if there is room.
    pub(super) fn offer(&self, sender: IpAddr, bytes: Vec<u8>) {
        match self.room.clone().try_acquire_many_owned(size(&bytes)) {
            Ok(place) => self.put(sender, bytes, place),
            Err(_) => self.lose(1),
        }
    }

    /// Puts a message in when there is room: meanwhile whoever sends has to wait.
    pub(super) async fn push(&self, sender: IpAddr, bytes: Vec<u8>) {
        if let Ok(place) = self.room.clone().acquire_many_owned(size(&bytes)).await {
            self.put(sender, bytes, place);
        }
    }

    /// Counts a connection for which there is no place, and says so once a minute.
    pub(super) fn turn_away(&self, sender: IpAddr) {
        let n = self.counts.turned_away.fetch_add(1, Ordering::Relaxed) + 1;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            *said = Some(Instant::now());
            tracing::warn!(listener = %self.counts.name, %sender, n, "connections are turned away: all places, or all of their sender, are taken");
        }
    }

    /// Room for what a connection has of a message that is not whole yet; `None` when there was none for long.
    pub(super) async fn hold(&self, n_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let n_bytes = u32::try_from(n_bytes.min(PARTS)).unwrap_or(u32::MAX);
        let held = timeout_at(Instant::now() + HELD, self.parts.clone().acquire_many_owned(n_bytes)).await;
        held.ok()?.ok()
    }

    /// Counts messages that are lost.
    pub(super) fn lose(&self, n: usize) {
        self.counts.lost.fetch_add(n as u64, Ordering::Relaxed);
        self.counts.unsaid.fetch_add(n as u64, Ordering::Relaxed);
    }

    fn put(&self, sender: IpAddr, bytes: Vec<u8>, place: OwnedSemaphorePermit) {
        let received = self.moment();
        if self.queue.send((Message { sender, received, bytes }, place)).is_ok() {
            self.counts.received.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Now, in nanoseconds, and later than any moment before it: two messages that are alike are told apart by it.
    fn moment(&self) -> i64 {
        let now = i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default();
        let next = |last: i64| now.max(last.saturating_add(1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(last.unwrap_or_default())
    }
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len().saturating_add(OVERHEAD).min(ROOM)).unwrap_or(u32::MAX)
}

/// What empties the queue.
struct Storing {
    mailbox: Mailbox,
    counts: Arc<Counts>,
    services: Arc<Services>,
    gate: Arc<Gate>,
}

impl Storing {
    async fn run(self, mut waiting: mpsc::UnboundedReceiver<(Message, OwnedSemaphorePermit)>) {
        let mut tick = tokio::time::interval(LONGEST_PAUSE);
        loop {
            let first = tokio::select! {
                first = waiting.recv() => first,
                _ = tick.tick() => {
                    self.say_lost().await;
                    continue;
                }
            };
            let Some((first, place)) = first else { break };
            let (mut messages, mut places) = (vec![first], vec![place]);
            let until = Instant::now() + GATHERING;
            while messages.len() < BATCH
                && let Ok(Some((message, place))) = timeout_at(until, waiting.recv()).await
            {
                messages.push(message);
                places.push(place);
            }
            self.store(messages.into()).await;
        }
        self.say_lost().await;
    }

    /// Writes messages, as long as it takes.
    async fn store(&self, messages: Arc<[Message]>) {
        let (mut n_done, mut pause) = (0, Duration::from_millis(100));
        while n_done < messages.len() {
            match arrivals::take(&self.services, &self.gate.posts, &self.mailbox, &messages, n_done).await {
                Ok(n) => n_done += n,
                Err(error) => {
                    tracing::warn!(%error, listener = %self.counts.name, "messages cannot be written yet");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Puts what was lost into the ledger.
    async fn say_lost(&self) {
        let n = self.counts.unsaid.swap(0, Ordering::Relaxed);
        if n == 0 {
            return;
        }
        if let Err(error) = self.gate.posts.note_lost(&self.mailbox, n, DateTime::now()).await {
            tracing::warn!(%error, "lost messages cannot be noted yet");
            self.counts.unsaid.fetch_add(n, Ordering::Relaxed);
        }
    }
}
