//! The use cases: load, call the pure core, save. Pages, JSON and command line are three doors to the functions here.
//!
//! [`Services`] is what a use case needs: the store, the knowledge base as an index in memory, the groups of the unknown.
//! Nothing here knows of HTTP, of pages or of which store it talks to.

pub mod account;
pub mod advise;
pub mod approve;
pub mod around;
pub(crate) mod aside;
pub mod audit;
pub mod csv;
pub mod diagnose;
pub mod duplicates;
pub mod examples;
pub mod export;
pub mod feedback;
mod figures;
pub mod files;
pub mod four_eyes;
pub mod groups;
pub mod histogram;
mod import;
pub mod ingest;
pub mod ingest_keys;
pub mod judge;
mod kept;
mod knowledge;
pub mod knowledge_base;
pub mod known_csv;
pub mod ledger;
pub mod meanings;
pub mod overview;
pub mod people;
pub mod preview;
mod properties;
pub mod proposals;
pub mod queue_logs;
pub mod queue_view;
pub mod raw;
pub mod reading;
pub mod refusals;
pub mod regroup;
pub mod regroup_plan;
pub mod rejudge;
pub mod rejudge_known;
mod rejudge_others;
pub mod remove;
pub mod reprocess;
mod retry;
pub mod revise;
pub mod sign_in;
pub(crate) mod spool;
pub mod statuses;
pub mod suggest;
pub mod tell;
pub mod tokens;
pub mod triage;
pub mod uploads;
pub mod values;
pub mod views;
pub mod waiting;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use groups::Groups;
pub use ingest::{
    IngestError, IngestRequest, Ingested, OnProgress, Progress,
    archive::{Arrived, Refused, Watch},
};
pub use kept::Gathered;
pub use knowledge::{Knowledge, description, rule_of};
pub use retry::retry;

use crate::{config::Config, detect, domain::KnownErrorId, store::SharedStore};

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
    /// Drafts for unknown errors, and what writes them.
    pub drafts: suggest::Drafts,
    /// The embedding model, where there is one.
    pub meanings: meanings::Meanings,
    /// Who tells branches what fails.
    pub teller: tell::Teller,
    /// The configuration.
    pub config: Arc<Config>,
    /// How far uploads of programs are.
    pub uploads: uploads::Uploads,
    /// Refusals of strangers that were noted of late.
    pub refusals: refusals::Refusals,
    /// Figures about the whole store, kept where it is large.
    figures: figures::Figures,
    /// How far the judging anew of unknown errors is, while it runs.
    rejudging: Mutex<Option<rejudge::Rejudged>>,
    /// Held by whoever judges stored Logs anew in this process.
    judging: tokio::sync::Mutex<()>,
    /// Known errors that seem to be one, in this version of the knowledge base.
    duplicates: Mutex<Option<(i64, Arc<Vec<duplicates::Duplicate>>)>>,
    /// Files that are being removed or read again.
    busy: reprocess::Busy,
    /// What the latest changes of known errors came to.
    outcomes: Mutex<Vec<(KnownErrorId, rejudge_known::Outcome)>>,
}

/// Outcomes that are remembered.
const OUTCOMES: usize = 256;

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
        Ok(Self {
            store,
            knowledge,
            groups,
            keys: ingest_keys::KeyRing::default(),
            rules: Arc::new(config.detect.clone()),
            drafts: suggest::Drafts::default(),
            meanings: meanings::Meanings::default(),
            teller: tell::Teller::default(),
            config,
            uploads: uploads::Uploads::default(),
            refusals: refusals::Refusals::default(),
            figures: figures::Figures::default(),
            rejudging: Mutex::default(),
            judging: tokio::sync::Mutex::default(),
            duplicates: Mutex::default(),
            busy: reprocess::Busy::default(),
            outcomes: Mutex::default(),
        })
    }

    /// Takes over what other processes changed, and finishes what a crash interrupted.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh(&self) -> crate::store::Result<()> {
        self.knowledge.refresh(self.store.as_ref()).await?;
        self.groups.refresh(self.store.as_ref()).await?;
        approve::finish_pending(self).await?;
        rejudge_known::finish_pending(self).await
    }

    /// What the latest change of a known error that this process judged the Logs by came to.
    pub fn outcome(&self, id: &KnownErrorId) -> Option<rejudge_known::Outcome> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.iter().rev().find(|(known, _)| known == id).map(|(_, outcome)| *outcome)
    }

    fn remembered_duplicates(&self, version: i64) -> Option<Arc<Vec<duplicates::Duplicate>>> {
        let remembered = self.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.as_ref().filter(|(of, _)| *of == version).map(|(_, found)| found.clone())
    }

    fn remember_duplicates(&self, version: i64, found: Vec<duplicates::Duplicate>) -> Arc<Vec<duplicates::Duplicate>> {
        let found = Arc::new(found);
        *self.duplicates.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, found.clone()));
        found
    }

    fn note_outcome(&self, id: &KnownErrorId, outcome: rejudge_known::Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.retain(|(known, _)| known != id);
        if outcomes.len() >= OUTCOMES {
            outcomes.remove(0);
        }
        outcomes.push((id.clone(), outcome));
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
