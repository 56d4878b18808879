//! Ends calls that nobody waits for any more or whose time is over, however long the server is silent.

use std::{thread, time::Duration};

use super::Shared;

/// How soon a call ends after nobody wants it.
const TICK: Duration = Duration::from_millis(50);

/// Watches until the queue is closed and empty.
pub(super) fn watch(shared: &Shared) {
    while let Some(overdue) = shared.queue.overdue() {
        for job in overdue {
            job.agent.shutdown();
        }
        thread::sleep(TICK);
    }
}
