//! What the page of the queue shows, all of it read at once.

use std::sync::Arc;

use super::{facets, queue_view::View, session::Viewer};
use crate::{
    domain::{Branch, Bulk, LogError, User},
    query::Path,
    store::{Facets, Queue, QueueCount, Result},
    usecase::{Services, queue_logs::Valued},
};

/// The parts.
pub(super) struct Parts {
    pub(super) groups: Vec<LogError>,
    /// How many groups stand how.
    pub(super) counts: Arc<Vec<QueueCount>>,
    pub(super) facets: Arc<Facets>,
    /// The values of the property that was chosen.
    pub(super) valued: Option<Arc<Valued>>,
    /// Properties to choose from.
    pub(super) properties: Arc<Vec<String>>,
    pub(super) branches: Vec<Branch>,
    /// For who may ask somebody to deal with groups.
    pub(super) people: Vec<User>,
    /// The change that was just made.
    pub(super) bulk: Option<Bulk>,
}

/// Reads the parts; `done` names the change that was just made.
pub(super) async fn read(services: &Services, viewer: &Viewer, view: &View, queue: &Queue, done: &str) -> Result<Parts> {
    let (store, reads) = (services.store.as_ref(), viewer.reads(services));
    let people = async { if viewer.frame.may_explain() { store.list_users().await } else { Ok(Vec::new()) } };
    let bulk = async {
        match done.parse() {
            Ok(id) => store.find_bulk(&id).await,
            Err(_) => Ok(None),
        }
    };
    let valued = async {
        match view.by.parse::<Path>() {
            Ok(path) => services.queue_values(&view.log_filter(), &path).await.map(|found| Some(found.value)),
            Err(_) => Ok(None),
        }
    };
    let (groups, counts, facets, valued, properties, branches, people, bulk) = tokio::try_join!(
        store.list_queue(queue),
        services.queue_counts(),
        services.queue_facets(queue, facets::COUNTED),
        valued,
        services.common_properties(),
        reads.list_branches(),
        people,
        bulk,
    )?;
    let (counts, facets, properties) = (counts.value, facets.value, properties.value);
    Ok(Parts { groups, counts, facets, valued, properties, branches, people, bulk })
}
