//! Drafts under way in this process: whoever looks at a page follows them, and whoever no longer wants one stops it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, watch};

use crate::{domain::SuggestionId, suggest::Preview};

/// How far a draft is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The model is busy with so many others.
    Queued(usize),
    /// The model reads what it is asked.
    Reading,
    /// What can be shown of what was written so far.
    Text(Preview),
}

/// What is shared with those who look at a draft.
struct Shared {
    progress: watch::Sender<Progress>,
    stop: Arc<Notify>,
}

/// Drafts under way.
#[derive(Default)]
pub(super) struct Live(Mutex<HashMap<SuggestionId, Shared>>);

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<SuggestionId, Shared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a draft; it is under way until what is returned is dropped.
    pub(super) fn begin(&self, id: SuggestionId) -> UnderWay<'_> {
        let (progress, stop) = (watch::Sender::new(Progress::Queued(0)), Arc::new(Notify::new()));
        self.lock().insert(id, Shared { progress: progress.clone(), stop: stop.clone() });
        UnderWay { live: self, id, progress, stop }
    }

    /// Follows a draft that is under way in this process; it closes when the draft is.
    pub(super) fn follow(&self, id: &SuggestionId) -> Option<watch::Receiver<Progress>> {
        self.lock().get(id).map(|shared| shared.progress.subscribe())
    }

    /// Stops a draft if it is under way in this process.
    pub(super) fn stop(&self, id: &SuggestionId) {
        if let Some(shared) = self.lock().get(id) {
            shared.stop.notify_one();
        }
    }
}

/// A draft under way.
pub(super) struct UnderWay<'a> {
    live: &'a Live,
    id: SuggestionId,
    progress: watch::Sender<Progress>,
    stop: Arc<Notify>,
}

impl UnderWay<'_> {
    /// Tells how far it is.
    pub(super) fn tell(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }

    /// Waits until nobody wants it any more.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.live.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_late_sees_what_was_written_and_the_end() {
        let (live, id) = (Live::default(), SuggestionId::from_content(&[b"a"]));
        assert!(live.follow(&id).is_none());
        let draft = live.begin(id);
        let half = || Progress::Text(Preview { text: "half".into(), steps: Vec::new() });
        draft.tell(half());
        let mut follower = live.follow(&id).unwrap();
        assert_eq!(*follower.borrow_and_update(), half());
        drop(draft);
        assert!(follower.changed().await.is_err());
        assert!(live.follow(&id).is_none());
    }

    #[tokio::test]
    async fn a_draft_that_is_stopped_before_it_listens_still_hears_of_it() {
        let (live, id) = (Live::default(), SuggestionId::from_content(&[b"a"]));
        let draft = live.begin(id);
        live.stop(&id);
        draft.stopped().await;
    }
}
