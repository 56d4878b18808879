//! Work that takes a processor: off the threads that answer requests.

use std::{future::Future, sync::Arc, time::Duration};

use super::{Services, rejudge_known};
use crate::domain::KnownErrorId;

/// How long a page waits for the Logs to be judged by a change; with more of them, it says that they still are.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the work on a thread of its own; `None` when it broke down.
pub(crate) async fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work)).await.ok()
}

/// Has the stored Logs judged by the latest change of a known error, and waits a moment for that. What is not done then goes on, and what
/// a crash cuts off is taken up again.
pub(crate) async fn judge(services: &Arc<Services>, id: &KnownErrorId) {
    let (services, id) = (services.clone(), id.clone());
    let work = aside(async move {
        if let Err(error) = rejudge_known::settle(&services, &id).await {
            tracing::warn!(known_error.id = %id, %error, "cannot judge Logs by a change; trying again later");
        }
    });
    let _ = tokio::time::timeout(PATIENCE, tokio::spawn(work)).await;
}
