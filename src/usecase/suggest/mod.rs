//! Drafts for unknown errors: asked for, written, followed, decided about.
//!
//! A suggestion is a document with a state, so that it outlives the process that writes it: `drafter` takes what waits under a lease,
//! `write` has it composed and keeps what came of it, `request` is what people do, `settle` what an approval makes of a draft. Evidence
//! is gathered by `gather`; what a model is asked and what is made of its reply belongs to `crate::suggest`.

mod ahead;
mod compose;
mod counters;
mod drafter;
mod gather;
mod live;
mod prepare;
mod question;
mod reply;
mod request;
mod settle;
mod weeks;
mod write;

use std::sync::{Arc, OnceLock};

use tokio::sync::{Notify, watch};

pub use compose::{Composed, Outcome, for_group, for_text};
pub use counters::Counters;
pub use drafter::run;
pub use gather::{Outlook, outlook, rejected};
pub use live::Progress;
pub use question::{About, Answered, AskError, MAX_QUESTION, ask as ask_question};
pub use request::{MAX_WORDS, SHOWN, SuggestError, TurnedDown, Wish, ahead, ask, cancel, find, reject};
pub use settle::approved;
pub use weeks::{Week, weeks};

use crate::{
    domain::SuggestionId,
    suggest::{Backend, ModelState},
};

/// What writes drafts in this process, and those under way.
pub struct Drafts {
    backend: OnceLock<Arc<dyn Backend>>,
    /// Under which name this process takes work.
    holder: String,
    live: live::Live,
    wake: Notify,
    /// What was written so far.
    pub counters: Counters,
}

impl Default for Drafts {
    fn default() -> Self {
        let holder = bson::oid::ObjectId::new().to_hex();
        Self { backend: OnceLock::new(), holder, live: live::Live::default(), wake: Notify::new(), counters: Counters::default() }
    }
}

impl Drafts {
    /// Has this write drafts from now on; the first that is named stays.
    pub fn use_backend(&self, backend: Arc<dyn Backend>) {
        let _ = self.backend.set(backend);
    }

    /// What writes; `None` where drafts are put together from the nearest answers alone.
    pub fn backend(&self) -> Option<&Arc<dyn Backend>> {
        self.backend.get()
    }

    /// How the model is; `None` where none is wanted.
    pub fn state(&self) -> Option<ModelState> {
        self.backend().map(|backend| backend.state())
    }

    /// Whether there is a model that takes requests, now or soon.
    pub fn has_model(&self) -> bool {
        matches!(self.state(), Some(ModelState::Ready | ModelState::Loading))
    }

    /// Follows a draft that is written by this process.
    pub fn follow(&self, id: &SuggestionId) -> Option<watch::Receiver<Progress>> {
        self.live.follow(id)
    }

    /// There is something to do.
    fn wake(&self) {
        self.wake.notify_one();
    }

    /// A draft is no longer wanted.
    fn stop(&self, id: &SuggestionId) {
        self.live.stop(id);
    }
}
