//! The sending half: one batch at a time, the oldest first, again until the server has it.

use std::{io, thread::sleep, time::Duration};

use super::{
    backoff::Backoff,
    send::{Client, Verdict},
    spool::Spool,
    state::Board,
};

/// How often an empty spool is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Sends what the spool has, for ever.
pub(super) fn send_all(spool: &Spool, client: &Client, board: &Board) {
    let mut backoff = Backoff::default();
    loop {
        if let Some(sequence) = spool.next(LOOK)
            && let Some(wait) = send_one(spool, client, board, sequence, &mut backoff)
        {
            sleep(wait);
        }
    }
}

/// Tries one batch; how long to wait before the next try.
fn send_one(spool: &Spool, client: &Client, board: &Board, sequence: u64, backoff: &mut Backoff) -> Option<Duration> {
    let batch = match spool.read(sequence) {
        Ok(batch) => batch,
        Err(error) => return Some(unreadable(spool, board, sequence, &error, backoff)),
    };
    match client.post(&batch) {
        Verdict::Taken => {
            backoff.succeeded();
            board.sent(batch.header.text_bytes);
            // A file that stays is sent again after a restart, and known to the server then.
            if let Err(error) = spool.remove(sequence) {
                board.cannot_send("disk", format!("a batch that was sent cannot be removed: {error}"));
            }
            None
        }
        Verdict::Later { why, wait } => {
            board.cannot_send("unreachable", why);
            if backoff.is_stuck() {
                // If the server fails at this batch alone, the others are not to wait for it.
                spool.postpone(sequence);
            }
            Some(backoff.failed(wait, random()))
        }
        Verdict::Refused { why } => {
            board.cannot_send("refused", why);
            Some(backoff.refused(random()))
        }
        Verdict::Unwanted { why } => {
            board.cannot_send("unwanted", why);
            let others = spool.postpone(sequence);
            Some(if others { backoff.failed(None, random()) } else { backoff.refused(random()) })
        }
    }
}

/// A batch that is damaged goes out of the way; where the disk fails, it is tried again.
fn unreadable(spool: &Spool, board: &Board, sequence: u64, error: &io::Error, backoff: &mut Backoff) -> Duration {
    let damaged = matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotFound);
    board.cannot_send(if damaged { "damaged" } else { "disk" }, format!("batch {sequence:016x} cannot be read: {error}"));
    if damaged && let Err(error) = spool.set_aside(sequence) {
        tracing::warn!(%error, "a damaged batch stays where it is");
    }
    backoff.failed(None, random())
}

/// A number for jitter; without a source of chance, all agents wait the longest.
fn random() -> u64 {
    getrandom::u64().unwrap_or(1000)
}
