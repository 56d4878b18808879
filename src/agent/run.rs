//! The agent's two halves: this thread reads and keeps, another sends. They meet in the spool.

use std::{
    cmp::Reverse,
    convert::Infallible,
    fs,
    path::PathBuf,
    sync::Arc,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use super::{
    Error, durable,
    follow::{Follower, Stop},
    pattern::Pattern,
    position::Positions,
    report::{self, report_all},
    send::Client,
    sending::send_all,
    spool::Spool,
    state::{Board, FileState, LOCK, State},
    unix_now,
};

/// How often files are looked at.
const SCAN: Duration = Duration::from_secs(1);
/// How often the state is written.
const STATE: Duration = Duration::from_secs(2);
/// How often what is long gone is forgotten.
const PRUNE: Duration = Duration::from_secs(3600);
/// Files that the state names.
const FILES_SHOWN: usize = 200;

/// What an agent is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://…`
    pub server: String,
    /// The branch's code.
    pub branch: String,
    /// File with the ingestion key.
    pub key_file: PathBuf,
    /// File with the certificates to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// Files, folders and patterns.
    pub watch: Vec<PathBuf>,
    /// Folder of batches, positions and state.
    pub spool: PathBuf,
    /// Bytes that batches may take.
    pub spool_bytes: u64,
    /// Silence after which whole lines go though their record may go on.
    pub idle: Duration,
}

/// Follows, keeps and sends until the process ends.
///
/// # Errors
/// When it cannot start; once it runs, whatever goes wrong is waited for.
pub fn run(settings: &Settings) -> Result<Infallible, Error> {
    let spool_failed = |error| Error::Spool(settings.spool.clone(), error);
    fs::create_dir_all(&settings.spool).map_err(spool_failed)?;
    let _held = durable::lock(&settings.spool.join(LOCK)).map_err(spool_failed)?.ok_or_else(|| Error::Locked(settings.spool.clone()))?;
    let mut positions = Positions::load(&settings.spool.join("positions.json"), unix_now())?;
    let spool = Arc::new(Spool::open(&settings.spool, settings.spool_bytes, positions.sequence()).map_err(spool_failed)?);
    // Batches that were written and not noted before the last end.
    for (sequence, header) in spool.headers_after(positions.sequence()) {
        positions.cover(sequence, header.position);
    }
    let client = Client::new(&settings.server, &settings.branch, &settings.key_file, settings.ca_file.as_deref())?;
    let (client, name) = (Arc::new(client), report::name(&settings.spool).map_err(spool_failed)?);
    let board = Arc::new(Board::new(&settings.server, &settings.branch));
    let (to_send, told, sender) = (spool.clone(), board.clone(), client.clone());
    thread::Builder::new().name("send".to_owned()).spawn(move || send_all(&to_send, &sender, &told)).map_err(spool_failed)?;
    let (waiting, reported) = (spool.clone(), board.clone());
    thread::Builder::new()
        .name("report".to_owned())
        .spawn(move || report_all(&name, &waiting, &client, &reported))
        .map_err(spool_failed)?;
    let patterns = settings.watch.iter().cloned().map(Pattern::new).collect();
    let mut follower = Follower::new(patterns, positions, settings.idle);
    let (mut written, mut pruned): (Option<Instant>, Instant) = (None, Instant::now());
    loop {
        let outcome = follower.round(&spool);
        let more = outcome.as_ref().is_ok_and(|more| *more);
        board.reading(outcome.err().map(|stop| match stop {
            Stop::Full => ("spool_full", "the spool is full: reading goes on when something was sent".to_owned()),
            Stop::Disk(error) => ("disk", format!("the spool cannot be written: {error}")),
        }));
        if pruned.elapsed() >= PRUNE {
            follower.prune();
            pruned = Instant::now();
        }
        if written.is_none_or(|written| written.elapsed() >= STATE) {
            if let Err(error) = board.write(&settings.spool, |state| fill(state, &follower, &spool)) {
                tracing::debug!(%error, "the state cannot be written");
            }
            written = Some(Instant::now());
        }
        if !more {
            sleep(SCAN);
        }
    }
}

/// Writes down how far reading and sending are.
fn fill(state: &mut State, follower: &Follower, spool: &Spool) {
    let now = unix_now();
    let filling = spool.filling();
    (state.spool.batches, state.spool.bytes, state.spool.max_bytes) = (filling.batches, filling.bytes, filling.max_bytes);
    state.files = follower.states();
    state.n_files = state.files.len();
    state.files.extend(follower.troubles());
    state.lag_bytes = state.files.iter().map(|file| file.lag_bytes).sum();
    // What is wrong is seen however many others wait.
    let rank = |file: &FileState| (file.trouble.is_none(), Reverse(file.lag_bytes));
    state.files.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.path.cmp(&b.path)));
    state.files.truncate(FILES_SHOWN);
    let oldest = [filling.oldest_at, follower.behind_since()].into_iter().flatten().min();
    state.lag_seconds = oldest.map_or(0, |oldest| now.saturating_sub(oldest));
}
