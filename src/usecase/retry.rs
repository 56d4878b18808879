//! An unreachable store is tried again with growing pauses, for a stated time, and it is said what is waited for.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::store::{Error, Result};

/// First pause.
const FIRST: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(5);

/// Calls until it succeeds, fails for good, or the time is up.
///
/// # Errors
/// The last one; when the time is up, it says how long was waited.
pub async fn retry<T, F: Future<Output = Result<T>>>(patience: Duration, what: &str, mut call: impl FnMut() -> F) -> Result<T> {
    let begun = Instant::now();
    let mut pause = FIRST;
    loop {
        match call().await {
            Err(error) if error.is_transient() => {
                if begun.elapsed() + pause > patience {
                    let Error::Unavailable { reason, source } = error else { return Err(error) };
                    return Err(Error::Unavailable { reason: format!("{reason} (waited {} s to {what})", patience.as_secs()), source });
                }
                tracing::warn!(%error, wait_ms = pause.as_millis() as u64, "cannot {what} yet, waiting for the store");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
            other => return other,
        }
    }
}
