//! What known errors mean: vectors made by an embedding model, kept in the store and in the index, following the knowledge base.
//!
//! Every process takes over the vectors that others made, makes those that are missing in the background, and removes those of entries that
//! are gone. Without a model nothing here costs anything, and errors are recognised by their words alone.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::Services;
use crate::{
    domain::{KnownError, KnownErrorId, KnownErrorVectors},
    inference::semantic::{Vector, asked, passages},
    store::{self, Store},
    suggest::{Embedder, Fault, ModelState, NoEmbedder, Priority},
};

/// Known errors whose vectors are made and written together.
const BATCH: usize = 256;

/// Identifiers looked through at once for entries that are gone.
const PAGE: usize = 5000;

/// Pause between two looks at the knowledge base.
const PAUSE: Duration = Duration::from_secs(2);

/// How long a page waits for the meaning of an error; then its words have to do.
const PATIENCE: Duration = Duration::from_secs(2);

/// The embedding model of this process, if it has one.
#[derive(Default)]
pub struct Meanings {
    embedder: OnceLock<Arc<dyn Embedder>>,
}

impl Meanings {
    /// Uses this model from now on; the first one stays.
    pub fn use_model(&self, embedder: Arc<dyn Embedder>) {
        // A second one would be asked about vectors of the first.
        let _second = self.embedder.set(embedder);
    }

    /// How the model is, and what helps where there is none.
    pub fn state(&self) -> ModelState {
        self.embedder.get().map_or_else(|| NoEmbedder.state(), |embedder| embedder.state())
    }
}

/// Whether more will soon be known of what known errors mean than is now: the model is being loaded, or vectors are being made.
pub(super) fn are_coming(services: &Services) -> bool {
    let Some(embedder) = services.meanings.embedder.get() else { return false };
    match (embedder.state(), embedder.model()) {
        (ModelState::Absent { .. }, _) => false,
        (ModelState::Ready, Some(model)) => !services.knowledge.has_followed(&model),
        (ModelState::Ready | ModelState::Loading, _) => true,
    }
}

/// Why the vectors could not follow the knowledge base.
#[derive(Debug, thiserror::Error)]
pub enum MeaningError {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The model.
    #[error(transparent)]
    Model(#[from] Fault),
}

/// Follows the knowledge base, until there is no model any more.
pub async fn follow(services: &Services) {
    loop {
        match catch_up(services).await {
            Ok(0) => {}
            Ok(n_known_errors) => tracing::info!(n_known_errors, "known errors are found by meaning as well"),
            Err(error) => tracing::warn!(%error, "cannot make vectors of known errors; trying again"),
        }
        if matches!(services.meanings.state(), ModelState::Absent { .. }) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Brings the vectors in line with the knowledge base as this process has it; the number of known errors that got theirs.
///
/// # Errors
/// When the store or the model fails; what was done until then stays.
pub async fn catch_up(services: &Services) -> Result<usize, MeaningError> {
    let Some((embedder, model)) = services.meanings.embedder.get().and_then(|embedder| Some((embedder, embedder.model()?))) else {
        return Ok(0);
    };
    if services.knowledge.has_followed(&model) {
        return Ok(0);
    }
    services.knowledge.use_meanings_of(&model);
    let mut n_done = 0;
    loop {
        let entries = services.knowledge.without_meaning(BATCH);
        if entries.is_empty() {
            break;
        }
        n_done += entries.len();
        let vectors = vectors(services.store.as_ref(), embedder.as_ref(), &model, &entries).await?;
        services.knowledge.set_meanings(entries.iter().zip(&vectors));
    }
    remove_gone(services).await?;
    Ok(n_done)
}

/// The vectors of these entries: those in the store, and new ones where its are of other passages.
async fn vectors(
    store: &dyn Store,
    embedder: &dyn Embedder,
    model: &str,
    entries: &[KnownError],
) -> Result<Vec<Vec<Vector>>, MeaningError> {
    let ids: Vec<KnownErrorId> = entries.iter().map(|entry| entry.id.clone()).collect();
    let stored = store.find_known_error_vectors(model, &ids).await?;
    let mut stored: HashMap<KnownErrorId, KnownErrorVectors> =
        stored.into_iter().map(|vectors| (vectors.known_error_id.clone(), vectors)).collect();
    let mut missing = Vec::new();
    for entry in entries {
        let passages = passages_of(store, entry).await?;
        if stored.get(&entry.id).is_none_or(|vectors| vectors.digest != KnownErrorVectors::digest_of(&passages)) {
            missing.push((entry.id.clone(), passages));
        }
    }
    let texts: Vec<String> = missing.iter().flat_map(|(_, passages)| passages.iter().cloned()).collect();
    let mut embedded = if texts.is_empty() { Vec::new() } else { embedder.embed(texts, Priority::Background).await? }.into_iter();
    let mut made = Vec::with_capacity(missing.len());
    for (id, passages) in missing {
        let vectors = embedded.by_ref().take(passages.len()).filter_map(|vector| Some(Vector::new(&vector)?.to_bytes()));
        made.push(KnownErrorVectors::new(id, model, &passages, &vectors.collect::<Vec<_>>()));
    }
    store.save_known_error_vectors(&made).await?;
    stored.extend(made.into_iter().map(|vectors| (vectors.known_error_id.clone(), vectors)));
    let read = |id| stored.get(id).into_iter().flat_map(|vectors| vectors.vectors().filter_map(Vector::from_bytes)).collect();
    Ok(ids.iter().map(read).collect())
}

/// The texts by which an entry is found: its title with its text and what to do about it.
async fn passages_of(store: &dyn Store, entry: &KnownError) -> store::Result<Vec<String>> {
    let answers = store.list_answers(Some(&entry.id)).await?;
    let body = answers.iter().fold(entry.text.clone(), |body, answer| body + "\n" + &answer.text);
    Ok(passages(&entry.title, &body))
}

/// Removes the vectors of entries that are no longer matched against.
async fn remove_gone(services: &Services) -> store::Result<()> {
    let version = services.knowledge.version();
    let mut after = None;
    loop {
        let ids = services.store.list_known_errors_with_vectors(after.as_ref(), PAGE).await?;
        let gone: Vec<KnownErrorId> = ids.iter().filter(|id| !services.knowledge.is_matched(id)).cloned().collect();
        // An entry is there before its vectors are: where no other has come since, none of them is merely new.
        if services.store.knowledge_version().await? != version {
            return Ok(());
        }
        if !gone.is_empty() {
            services.store.delete_known_error_vectors(&gone).await?;
        }
        if ids.len() < PAGE {
            break;
        }
        after = ids.last().cloned();
    }
    services.knowledge.set_followed(version);
    Ok(())
}

/// What an error means; `None` where no model is ready in time or nothing could be compared with it.
pub(super) async fn meaning(services: &Services, text: &str) -> Option<Vector> {
    let embedder = services.meanings.embedder.get()?;
    if embedder.model().is_none() || !services.knowledge.has_meanings() {
        return None;
    }
    let texts = asked(text);
    if texts.is_empty() {
        return None;
    }
    match tokio::time::timeout(PATIENCE, embedder.embed(texts, Priority::Analyst)).await {
        Ok(Ok(vectors)) => Vector::between(&vectors),
        Ok(Err(error)) => {
            tracing::debug!(%error, "an error is compared by its words alone");
            None
        }
        Err(_) => None,
    }
}
