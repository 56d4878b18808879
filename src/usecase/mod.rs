//! The use cases: load, call the pure core, save. Pages, JSON and command line are three doors to the functions here.
//!
//! [`Services`] is what a use case needs: the store, the knowledge base as an index in memory, the groups of the unknown.
//! Nothing here knows of HTTP, of pages or of which store it talks to.

pub mod advise;
pub mod approve;
pub mod diagnose;
pub mod groups;
pub mod ingest;
pub mod ingest_keys;
mod knowledge;
pub mod knowledge_base;
pub mod preview;
mod properties;
pub mod regroup;
pub mod rejudge;
mod retry;
pub mod sign_in;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use groups::Groups;
pub use ingest::{IngestError, IngestRequest, Ingested, OnProgress, Progress};
pub use knowledge::Knowledge;
pub use retry::retry;

use crate::{config::Config, detect, store::SharedStore};

/// What use cases are given.
pub struct Services {
    /// Where documents live.
    pub store: SharedStore,
    /// The knowledge base as matched against, kept up to date with the store.
    pub knowledge: Arc<Knowledge>,
    /// The groups of unknown errors.
    pub groups: Arc<Groups>,
    /// Keys of branches as asked for lately.
    pub keys: ingest_keys::KeyRing,
    /// By which errors are found in Logs.
    pub rules: Arc<detect::Rules>,
    /// The configuration.
    pub config: Arc<Config>,
    /// How far the judging anew of unknown errors is, while it runs.
    rejudging: Mutex<Option<rejudge::Rejudged>>,
}

impl Services {
    /// Loads the knowledge base and the groups from a store.
    ///
    /// # Errors
    /// When the store does not answer or holds corrupt documents.
    pub async fn open(store: SharedStore, config: Arc<Config>) -> crate::store::Result<Self> {
        let knowledge = Arc::new(Knowledge::default());
        knowledge.refresh(store.as_ref()).await?;
        let groups = Arc::new(Groups::default());
        groups.refresh(store.as_ref()).await?;
        let rules = Arc::new(config.detect.clone());
        Ok(Self { store, knowledge, groups, keys: ingest_keys::KeyRing::default(), rules, config, rejudging: Mutex::default() })
    }

    /// Takes over what other processes changed, and finishes what a crash interrupted.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh(&self) -> crate::store::Result<()> {
        self.knowledge.refresh(self.store.as_ref()).await?;
        self.groups.refresh(self.store.as_ref()).await?;
        approve::finish_pending(self).await
    }

    /// How far the judging anew of unknown errors is; `None` while none runs.
    pub fn rejudging(&self) -> Option<rejudge::Rejudged> {
        *self.rejudging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_rejudging(&self, so_far: Option<rejudge::Rejudged>) {
        *self.rejudging.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
    }

    /// Folder for uploads on their way in.
    pub fn spool_dir(&self) -> PathBuf {
        self.config.data.dir.join("spool")
    }
}
