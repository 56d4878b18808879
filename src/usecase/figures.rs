//! Figures about the whole store, as pages show them: kept for a while where the store is large, each with the moment of which it is.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    Services,
    kept::{Gathered, Kept},
    overview::Overview,
    queue_logs::{Among, Valued},
};
use crate::{
    domain::KnownErrorId,
    query::Filter,
    store::{self, Facets, KnownErrorCount, LogPage, MomentsFound, Queue, QueueCount, QueueOrder, Result, Scope, ScopedStore, StateCount},
};

/// Logs from which on their figures may be kept.
const MANY_LOGS: i64 = 20_000;
/// Moments from which on they may be kept.
const MANY_MOMENTS: usize = 10_000;
/// Known errors from which on their counts may be kept.
const MANY_KNOWN: usize = 2000;

/// Groups from which on their numbers may be kept.
const MANY_GROUPS: i64 = 5000;

/// Logs counted for a chart where they have to be read for it: some are enough to see when they came.
const READ_LOGS: usize = 4_000;
/// More than this is counted only for who asks to look further, whatever it takes.
const AT_ONCE: usize = 10_000;

/// Groups of a queue from which on its facets may be kept.
const MANY_FACETED: i64 = 1000;

/// What is kept.
#[derive(Default)]
pub(super) struct Figures {
    states: Kept<(), Vec<StateCount>>,
    known: Kept<(), KnownCounts>,
    moments: Kept<(String, usize), MomentsFound>,
    queue: Kept<(), Vec<QueueCount>>,
    facets: Kept<String, Facets>,
    /// By what the Logs have to be.
    pub(super) among: Kept<String, Among>,
    pub(super) valued: Kept<String, Valued>,
    pub(super) properties: Kept<(), Vec<String>>,
    /// By what the person sees.
    pub(super) overviews: Kept<String, Overview>,
}

impl Figures {
    /// Forgets what the queue of unknown errors counts: whoever changes where a group stands sees what they did.
    pub(super) fn forget_queue(&self) {
        self.queue.forget();
        self.facets.forget();
        self.among.forget();
        self.valued.forget();
    }
}

/// How often each known error came.
pub type KnownCounts = FxHashMap<KnownErrorId, KnownErrorCount>;

/// Whether there are so many Logs that their figures may be kept.
pub(super) fn is_large(found: &MomentsFound) -> bool {
    found.incomplete || found.moments.len() >= MANY_MOMENTS
}

impl Services {
    /// Number of Logs in each state, by branch, of the branches that are seen.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn state_counts(&self, scope: &Scope) -> Result<Gathered<Vec<StateCount>>> {
        let store = self.store.clone();
        let many =
            |counts: &Vec<StateCount>| counts.iter().map(|count| count.normal + count.known + count.unknown).sum::<i64>() >= MANY_LOGS;
        let all = self.figures.states.get((), many, async move { store.count_states().await }).await?;
        if *scope == Scope::All {
            return Ok(all);
        }
        let own = all.value.iter().filter(|count| scope.holds(&count.branch)).cloned().collect();
        Ok(Gathered { value: Arc::new(own), at: all.at })
    }

    /// How often each known error came; `None` for who does not see all branches.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known_error_counts(&self, scope: &Scope) -> Result<Option<Gathered<KnownCounts>>> {
        if *scope != Scope::All {
            return Ok(None);
        }
        let store = self.store.clone();
        let by_id = |counts: Vec<KnownErrorCount>| counts.into_iter().map(|count| (count.id.clone(), count)).collect::<KnownCounts>();
        let gather = async move { store.list_known_error_counts().await.map(by_id) };
        self.figures.known.get((), |counts: &KnownCounts| counts.len() >= MANY_KNOWN, gather).await.map(Some)
    }

    /// How many groups of unknown errors stand how.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue_counts(&self) -> Result<Gathered<Vec<QueueCount>>> {
        let store = self.store.clone();
        let many = |counts: &Vec<QueueCount>| counts.iter().map(|count| count.n).sum::<i64>() >= MANY_GROUPS;
        self.figures.queue.get((), many, async move { store.count_queue().await }).await
    }

    /// How many of a queue's groups have which value; see [`crate::store::FacetStore::count_facets`]. Where there are too many, the most frequent
    /// are counted, whatever the order of the page.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue_facets(&self, queue: &Queue, most: usize) -> Result<Gathered<Facets>> {
        let (store, queue) = (self.store.clone(), Queue { after: None, limit: 0, order: QueueOrder::Count, ..queue.clone() });
        let many = |facets: &Facets| facets.n_groups >= MANY_FACETED;
        self.figures.facets.get(format!("{queue:?}"), many, async move { store.count_facets(&queue, most).await }).await
    }

    /// What came of the newest Logs that are seen and satisfy a filter, at most so many. Of Logs that have to be read for it, fewer are looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn moments(&self, scope: &Scope, filter: &Filter, limit: usize) -> Result<Gathered<MomentsFound>> {
        let (reads, filter) = (ScopedStore::new(self.store.clone(), scope.clone()), filter.clone());
        let within = scope.within(filter.clone());
        let is_dear = limit <= AT_ONCE && !store::is_told_by_indexes(&within);
        let (key, scan_limit) = ((within.to_string(), limit), if is_dear { limit.min(READ_LOGS) } else { limit });
        let gather = async move { reads.list_moments(&LogPage { filter: &filter, limit, after: None, scan_limit }).await };
        self.figures.moments.get(key, is_large, gather).await
    }
}
