//! Figures that are dear to gather, kept for a while in proportion to what gathering takes, so that however many ask for them, gathering never fills
//! the day. What is cheap, as everything is in a small store, is never kept.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bson::DateTime;

use crate::store::Result;

/// What is gathered in less time is not kept.
const CHEAP: Duration = Duration::from_millis(5);
/// How many times longer a figure is kept than it takes to gather.
const REST: u32 = 20;
/// How long at least.
const LEAST: Duration = Duration::from_secs(5);
/// How much longer one is shown, while it is gathered anew beside.
const GRACE: Duration = Duration::from_secs(60);
/// Figures kept of one kind.
const MAX_KEPT: usize = 64;

/// A figure, and of when it is.
#[derive(Debug)]
pub struct Gathered<T> {
    /// The figure.
    pub value: Arc<T>,
    /// When gathering it began.
    pub at: DateTime,
}

impl<T> Clone for Gathered<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), at: self.at }
    }
}

/// Figures of one kind, by what they are asked for with.
pub(super) struct Kept<K, T> {
    held: Arc<Mutex<HashMap<K, Held<T>>>>,
    /// Held by whoever gathers what nobody has yet; others wait for it.
    first: Arc<Mutex<HashMap<K, Turn>>>,
    /// How often all was forgotten, changed and read while `held` is locked.
    n_forgotten: Arc<AtomicU64>,
}

type Turn = Arc<tokio::sync::Mutex<()>>;

struct Held<T> {
    gathered: Gathered<T>,
    since: Instant,
    took: Duration,
    /// Somebody gathers it anew.
    renewing: bool,
}

impl<T> Held<T> {
    /// How long it is kept.
    fn rest(&self) -> Duration {
        (self.took * REST).max(LEAST)
    }
}

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self { held: Arc::default(), first: Arc::default(), n_forgotten: Arc::default() }
    }
}

impl<K, T> Clone for Kept<K, T> {
    fn clone(&self) -> Self {
        Self { held: self.held.clone(), first: self.first.clone(), n_forgotten: self.n_forgotten.clone() }
    }
}

impl<K: Eq + Hash + Clone + Send + 'static, T: Send + Sync + 'static> Kept<K, T> {
    /// The figure as it is kept, or gathered now. `is_dear` says of one whether it may be kept at all.
    ///
    /// # Errors
    /// When it cannot be gathered.
    pub(super) async fn get<F>(&self, key: K, is_dear: fn(&T) -> bool, gather: F) -> Result<Gathered<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        match self.look(&key) {
            Look::Fresh(gathered) => Ok(gathered),
            Look::Stale(gathered) => {
                let kept = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = kept.renew(key.clone(), is_dear, gather).await {
                        tracing::warn!(%error, "a figure cannot be gathered anew");
                        // The next who asks tries again.
                        kept.lock().remove(&key);
                    }
                });
                Ok(gathered)
            }
            Look::Missing => self.in_turn(key, is_dear, gather).await,
        }
    }

    /// Forgets what is kept, and what is being gathered: whoever asks next gets what is now.
    pub(super) fn forget(&self) {
        let mut held = self.lock();
        held.clear();
        self.n_forgotten.fetch_add(1, Ordering::Relaxed);
    }

    /// Gathers what nobody has; of many who ask at once, the first does it for all.
    async fn in_turn(&self, key: K, is_dear: fn(&T) -> bool, gather: impl Future<Output = Result<T>>) -> Result<Gathered<T>> {
        let turn = {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            if first.len() >= MAX_KEPT {
                // Of those who went away before they were done.
                first.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            first.entry(key.clone()).or_default().clone()
        };
        let held = turn.lock().await;
        let gathered = match self.look(&key) {
            Look::Fresh(gathered) => Ok(gathered),
            Look::Stale(_) | Look::Missing => self.renew(key.clone(), is_dear, gather).await,
        };
        drop(held);
        // Whoever waits has the turn in hand; whoever comes later finds what was gathered, or takes a new turn.
        self.first.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        gathered
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Held<T>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, key: &K) -> Look<T> {
        let mut held = self.lock();
        let Some(found) = held.get_mut(key) else { return Look::Missing };
        let (age, rest) = (found.since.elapsed(), found.rest());
        if age < rest || (found.renewing && age < rest + GRACE) {
            return Look::Fresh(found.gathered.clone());
        }
        if age > rest + GRACE {
            return Look::Missing;
        }
        found.renewing = true;
        Look::Stale(found.gathered.clone())
    }

    async fn renew(&self, key: K, is_dear: fn(&T) -> bool, gather: impl Future<Output = Result<T>>) -> Result<Gathered<T>> {
        let n_forgotten = {
            let _held = self.lock();
            self.n_forgotten.load(Ordering::Relaxed)
        };
        let (at, begun) = (DateTime::now(), Instant::now());
        let gathered = Gathered { value: Arc::new(gather.await?), at };
        let took = begun.elapsed();
        let mut held = self.lock();
        if self.n_forgotten.load(Ordering::Relaxed) != n_forgotten {
            // It may be of before what made others forget.
        } else if took < CHEAP || !is_dear(&gathered.value) {
            held.remove(&key);
        } else {
            if held.len() >= MAX_KEPT {
                held.retain(|_, held| held.since.elapsed() < held.rest());
            }
            if held.len() < MAX_KEPT {
                held.insert(key, Held { gathered: gathered.clone(), since: begun + took, took, renewing: false });
            }
        }
        Ok(gathered)
    }
}

/// What is kept of a figure.
enum Look<T> {
    /// It may be shown.
    Fresh(Gathered<T>),
    /// It may be shown this time, and whoever was told so gathers it anew.
    Stale(Gathered<T>),
    /// Nothing, or it is too old.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn slow(value: i32) -> Result<i32> {
        tokio::time::sleep(CHEAP * 10).await;
        Ok(value)
    }

    #[tokio::test]
    async fn what_is_dear_is_gathered_once_for_many() {
        let kept = Kept::default();
        assert_eq!(*kept.get("a", |_| true, slow(1)).await.unwrap().value, 1);
        assert_eq!(*kept.get("a", |_| true, slow(2)).await.unwrap().value, 1);
        assert_eq!(*kept.get("b", |_| true, slow(3)).await.unwrap().value, 3);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_gathered_anew() {
        let kept = Kept::default();
        kept.get("a", |_| true, slow(1)).await.unwrap();
        kept.forget();
        assert_eq!(*kept.get("a", |_| true, slow(2)).await.unwrap().value, 2);
        let forget_meanwhile = async {
            kept.forget();
            slow(3).await
        };
        let (key, is_dear) = ("b", |_: &i32| true);
        kept.renew(key, is_dear, forget_meanwhile).await.unwrap();
        assert_eq!(*kept.get(key, is_dear, slow(4)).await.unwrap().value, 4, "what was gathered while it was forgotten is not kept");
    }

    #[tokio::test]
    async fn what_is_cheap_or_small_is_gathered_each_time() {
        let kept = Kept::default();
        for value in [1, 2] {
            assert_eq!(*kept.get("small", |_| false, slow(value)).await.unwrap().value, value);
            assert_eq!(*kept.get("cheap", |_| true, async move { Ok(value) }).await.unwrap().value, value);
        }
    }

    #[tokio::test]
    async fn what_is_stale_is_shown_once_more_while_it_is_gathered() {
        let kept = Kept::default();
        kept.get("a", |_| true, slow(1)).await.unwrap();
        kept.lock().get_mut("a").unwrap().since -= LEAST;
        assert_eq!(*kept.get("a", |_| true, slow(2)).await.unwrap().value, 1);
        let mut value = 1;
        while value == 1 {
            tokio::task::yield_now().await;
            value = *kept.get("a", |_| true, slow(3)).await.unwrap().value;
        }
        assert_eq!(value, 2);
    }

    #[test]
    fn a_figure_is_kept_for_some_seconds_and_longer_where_it_is_dearer() {
        let gathered = Gathered { value: Arc::new(0), at: DateTime::now() };
        let rest = |took| Held { gathered: gathered.clone(), since: Instant::now(), took, renewing: false }.rest();
        assert_eq!([rest(CHEAP), rest(LEAST)], [LEAST, LEAST * REST]);
    }

    #[tokio::test]
    async fn what_fails_is_tried_again() {
        let kept = Kept::default();
        let failed = kept.get("a", |_| true, async { Err(crate::store::Error::Refused("no".into())) }).await;
        assert!(failed.is_err());
        assert_eq!(*kept.get("a", |_| true, slow(2)).await.unwrap().value, 2);
    }

    #[tokio::test]
    async fn no_more_is_kept_than_there_is_room_for() {
        let kept = Kept::default();
        for key in 0..MAX_KEPT + 3 {
            kept.lock().insert(
                key,
                Held {
                    gathered: Gathered { value: Arc::new(0), at: DateTime::now() },
                    since: Instant::now(),
                    took: GRACE,
                    renewing: false,
                },
            );
        }
        kept.lock().remove(&0);
        let n = kept.lock().len();
        kept.get(usize::MAX, |_| true, slow(1)).await.unwrap();
        assert_eq!(kept.lock().len(), n);
    }
}
