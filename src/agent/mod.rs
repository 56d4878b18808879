//! The branch's side: follows log files, keeps what it read on disk, sends it until the server has it for good.
//!
//! ```text
//! pattern ─► placing, follow (which file is which, read up to where) ─► cut (where a batch ends) ─► spool (on disk, fsynced) ─► send ─► forgotten after a 2xx
//! ```
//!
//! A batch carries the place up to which it was read, so a kill at any moment loses nothing; at most a batch is sent twice, which the
//! server knows by its content. What is wrong (no network, a revoked key, a full disk) is a state that `state` shows, never a loss: files
//! keep their bytes until there is room. The room knows no store and no part of the server but which lines go on with an event (`parse::lines`):
//! what the server reads as one is not torn.

mod backoff;
mod cut;
mod durable;
mod follow;
mod followed;
mod growth;
mod identity;
mod journal;
mod pattern;
mod placing;
mod position;
mod report;
mod retry_after;
mod run;
mod send;
mod sending;
mod source;
mod spool;
mod state;
#[cfg(test)]
mod tests;

pub use run::{Settings, run};
pub use state::{FileState, SpoolState, State, Trouble, read as read_state};

use std::{
    io,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another agent has the spool folder.
    #[error("another agent works with the spool folder {}", .0.display())]
    Locked(PathBuf),
    /// The spool folder cannot be used.
    #[error("the spool folder {} cannot be used", .0.display())]
    Spool(PathBuf, #[source] io::Error),
    /// A file that the settings name cannot be read.
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The positions were written by another version or damaged.
    #[error("{} is no file of positions: move it away to read all files from their beginning", .0.display())]
    Positions(PathBuf, #[source] serde_json::Error),
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(String),
}

/// Seconds since 1970, by the machine's clock.
fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
