//! Composition root: chooses and opens the store, loads what use cases need. It alone knows every module.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{
    config::{Config, LlmBackend},
    ml::{self, embedder::LocalEmbedder, openai},
    store::{SharedStore, mongo::MongoStore, sqlite::SqliteStore},
    usecase::{Services, meanings, retry},
};

/// Which store a URL means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind<'u> {
    /// The embedded one, in this file.
    Sqlite(&'u Path),
    /// MongoDB, at this URL.
    Mongo(&'u str),
}

impl<'u> StoreKind<'u> {
    /// `None` where it means none.
    pub fn of(url: &'u str) -> Option<Self> {
        match url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//")) {
            Some("") => None,
            Some(path) => Some(Self::Sqlite(Path::new(path))),
            None => ["mongodb://", "mongodb+srv://"].iter().any(|scheme| url.starts_with(scheme)).then_some(Self::Mongo(url)),
        }
    }
}

/// Opens the configured store without migrating it.
///
/// # Errors
/// When the URL is of no known kind or the store does not answer in the configured time.
pub async fn open_store(config: &Config) -> Result<SharedStore> {
    let url = config.store_url();
    let patience = Duration::from_secs(config.store.retry_seconds);
    let store: SharedStore = match StoreKind::of(&url) {
        Some(StoreKind::Sqlite(path)) => {
            let busy = (patience / 4).clamp(Duration::from_millis(500), Duration::from_secs(10));
            let store = retry(patience, "open the store", || async { SqliteStore::open(path, busy) }).await?;
            let folder = &config.raw.dir;
            Arc::new(if folder.as_os_str().is_empty() { store } else { store.keeping_raw_in(folder) })
        }
        Some(StoreKind::Mongo(url)) => {
            Arc::new(MongoStore::connect(url, (patience / 4).clamp(Duration::from_secs(1), Duration::from_secs(5))).await?)
        }
        None => bail!("`{}` is no store: `sqlite:PATH` and `mongodb://…` are", url.split(':').next().unwrap_or_default()),
    };
    retry(patience, "reach the store", || store.ping()).await?;
    Ok(store)
}

/// Opens the configured store, brings its schema up to date and loads what use cases need.
///
/// # Errors
/// When the store cannot be opened, migrated or read.
pub async fn open(config: Config) -> Result<Arc<Services>> {
    let store = open_store(&config).await?;
    store.migrate().await.context("cannot bring the store's schema up to date")?;
    let services = Services::open(store, Arc::new(config)).await?;
    crate::usecase::approve::finish_pending(&services).await?;
    Ok(Arc::new(services))
}

/// Starts what writes drafts, as it is configured: drafts wait until a model is loaded, and are put together from the nearest answers
/// where there is none.
pub fn start_model(services: &Services) {
    match services.config.llm.backend {
        LlmBackend::Local => services.drafts.use_backend(ml::start(&services.config.llm, &services.config.data.dir)),
        LlmBackend::Http => services.drafts.use_backend(openai::start(&services.config.llm)),
        LlmBackend::None => {}
    }
}

/// Loads the embedding model beside everything else, and has the vectors of known errors follow the knowledge base.
pub fn start_embedder(services: &Arc<Services>) {
    let (services, config) = (services.clone(), &services.config);
    services.meanings.use_model(Arc::new(LocalEmbedder::start(&config.llm, &config.data.dir)));
    tokio::spawn(async move { meanings::follow(&services).await });
}
