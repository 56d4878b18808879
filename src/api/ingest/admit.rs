//! How much may be sent: places for requests under way, bytes a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::listeners::Counts;
use crate::{
    api::error::{ApiError, Code},
    domain::{BranchCode, Quarantined},
    usecase::{
        Services,
        advise::Adviser,
        ingest::{
            posts::Posts,
            replay::{self, Replayed},
        },
    },
};

/// Large bodies read at a time; the others wait for their turn.
const LARGE_AT_ONCE: usize = 2;
/// Small bodies unwrapped at a time: each may become twenty times larger.
const UNWRAPPED_AT_ONCE: usize = 16;
/// When to come again where places are taken, in seconds.
const COME_AGAIN: u32 = 2;

/// Whatever is wrong with the store, what was sent is not lost if it is sent again: no shipper throws away what a 503 answers.
pub(super) fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::warn!(%error, "what a branch sent cannot be taken");
    ApiError::new(Code::Unavailable, "it cannot be stored just now: send it again")
}

/// Places for requests under way, and how much each branch sent of late.
pub(crate) struct Gate {
    pub(super) posts: Posts,
    pub(super) adviser: Adviser,
    pub(super) large: Arc<Semaphore>,
    pub(super) unwrapping: Semaphore,
    places: Arc<Semaphore>,
    places_per_branch: usize,
    bytes_per_minute: u64,
    branches: Arc<Mutex<HashMap<BranchCode, Traffic>>>,
    listeners: Mutex<Vec<Arc<Counts>>>,
}

/// What one branch does.
struct Traffic {
    under_way: usize,
    /// Bytes that it may still send; below zero when the last request was larger.
    credit: i64,
    at: Instant,
}

/// A place that a request has, given back when it ends.
pub(super) struct Pass {
    branches: Arc<Mutex<HashMap<BranchCode, Traffic>>>,
    branch: BranchCode,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    /// Opens the gate, and starts what writes posts.
    pub(crate) fn open(services: Arc<Services>) -> anyhow::Result<Self> {
        let config = services.config.ingest.clone();
        Ok(Self {
            posts: Posts::start(services)?,
            adviser: Adviser::default(),
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
            unwrapping: Semaphore::new(UNWRAPPED_AT_ONCE),
            places: Arc::new(Semaphore::new(config.max_requests)),
            places_per_branch: config.max_requests_per_branch,
            bytes_per_minute: config.branch_bytes_per_minute,
            branches: Arc::default(),
            listeners: Mutex::default(),
        })
    }

    /// Brings everything up to date: the server ends.
    pub(crate) async fn close(&self) -> anyhow::Result<()> {
        Ok(self.posts.close().await?)
    }

    /// Has a piece of the quarantine read again.
    pub(crate) async fn replay(&self, services: &Services, piece: Quarantined) -> anyhow::Result<Replayed> {
        Ok(replay::replay(services, &self.posts, piece).await?)
    }

    /// Remembers an address without HTTP, whose counts are asked for.
    pub(super) fn note_listener(&self, counts: Arc<Counts>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(counts);
    }

    /// What happened at each address without HTTP.
    pub(crate) fn listeners(&self) -> Vec<Arc<Counts>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A place for a request of this branch.
    pub(super) fn admit(&self, branch: &BranchCode) -> Result<Pass, ApiError> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Err(ApiError::new(Code::Unavailable, "too many requests are under way: send it again").retry_after(COME_AGAIN));
        };
        let mut branches = self.branches.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let quota = i64::try_from(self.bytes_per_minute).unwrap_or(i64::MAX);
        let traffic = branches.entry(branch.clone()).or_insert(Traffic { under_way: 0, credit: quota, at: now });
        if traffic.under_way >= self.places_per_branch {
            let message = "too many requests of this branch are under way: send it again";
            return Err(ApiError::new(Code::TooManyRequests, message).retry_after(COME_AGAIN));
        }
        if quota > 0 {
            let earned = now.duration_since(traffic.at).as_secs_f64() * quota as f64 / 60.0;
            traffic.credit = traffic.credit.saturating_add(earned as i64).min(quota);
            traffic.at = now;
            if traffic.credit <= 0 {
                let seconds = (1 - traffic.credit).saturating_mul(60) / quota + 1;
                let message = "the branch has sent as much as it may in this time: send it again later";
                return Err(ApiError::new(Code::TooManyRequests, message).retry_after(u32::try_from(seconds).unwrap_or(u32::MAX)));
            }
        }
        traffic.under_way += 1;
        Ok(Pass { branches: self.branches.clone(), branch: branch.clone(), _place: place })
    }
}

impl Pass {
    /// Takes what was received off the branch's credit.
    pub(super) fn spend(&self, bytes: u64) {
        self.change(|traffic| traffic.credit = traffic.credit.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX)));
    }

    /// Takes off what a body was larger when it was unwrapped: what it costs to read and keep.
    pub(super) fn spend_unwrapped(&self, received: u64, unwrapped: u64) {
        self.spend(unwrapped.saturating_sub(received));
    }

    fn change(&self, change: impl FnOnce(&mut Traffic)) {
        if let Some(traffic) = self.branches.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&self.branch) {
            change(traffic);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.change(|traffic| traffic.under_way = traffic.under_way.saturating_sub(1));
    }
}
