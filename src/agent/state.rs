//! What an agent does just now, as a small file in its spool folder: for `agent status` and for whoever watches the machine.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{durable, unix_now};

/// The file's name.
const NAME: &str = "state.json";
/// The name of the lock that a running agent holds.
pub(super) const LOCK: &str = "lock";

/// What an agent does. Times are in seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Version of the program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Where it sends to.
    pub server: String,
    /// Whose logs.
    pub branch: String,
    /// When it was started.
    pub started_at: u64,
    /// When this was written.
    pub updated_at: u64,
    /// Bytes in files that were not read yet.
    pub lag_bytes: u64,
    /// How long the oldest text waits that the server does not have.
    pub lag_seconds: u64,
    /// Files that are followed; `files` has the first of them.
    pub n_files: usize,
    /// Those furthest behind first.
    pub files: Vec<FileState>,
    /// Batches on their way.
    pub spool: SpoolState,
    /// When the server took a batch last.
    pub last_success_at: Option<u64>,
    /// When it heard the agent last, be it without a batch.
    pub heard_at: Option<u64>,
    /// Batches and bytes of text that it took since the start.
    pub sent_batches: u64,
    /// Bytes of text.
    pub sent_bytes: u64,
    /// What keeps it from sending.
    pub sending: Option<Trouble>,
    /// What keeps it from reading.
    pub reading: Option<Trouble>,
    /// What went wrong last, though it be over.
    pub last_error: Option<Trouble>,
}

/// One followed file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileState {
    /// Its path.
    pub path: String,
    /// Bytes in it.
    pub size_bytes: u64,
    /// Bytes of text read and kept.
    pub offset: u64,
    /// Bytes not read yet.
    pub lag_bytes: u64,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

impl FileState {
    /// The same where the file has so many bytes.
    #[must_use]
    pub(super) fn of_size(self, size_bytes: u64) -> Self {
        Self { size_bytes, lag_bytes: size_bytes.saturating_sub(self.offset), ..self }
    }
}

/// How full the spool is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpoolState {
    /// Batches that wait.
    pub batches: usize,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes that it may have.
    pub max_bytes: u64,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// `unreachable`, `refused`, `unwanted`, `spool_full`, `disk`, `damaged`.
    pub kind: String,
    /// In words.
    pub text: String,
    /// Since when.
    pub since: u64,
}

/// The state of the agent of this spool folder as it was written last, and whether the agent runs.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn read(spool: &Path) -> io::Result<(State, bool)> {
    let state = serde_json::from_slice(&fs::read(spool.join(NAME))?)?;
    Ok((state, durable::is_locked(&spool.join(LOCK))))
}

/// Where the parts of an agent write down what they do.
#[derive(Default)]
pub(super) struct Board(Mutex<State>);

impl Board {
    /// The board of an agent that starts.
    pub(super) fn new(server: &str, branch: &str) -> Self {
        Self(Mutex::new(State {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            server: server.to_owned(),
            branch: branch.to_owned(),
            started_at: unix_now(),
            ..State::default()
        }))
    }

    /// A batch was taken.
    pub(super) fn sent(&self, text_bytes: u64) {
        let mut state = self.state();
        state.last_success_at = Some(unix_now());
        state.heard_at = state.last_success_at;
        state.sent_batches += 1;
        state.sent_bytes += text_bytes;
        if let Some(trouble) = state.sending.take() {
            // As loud as what it ends: who reads the journal must not believe that it still holds.
            tracing::warn!(kind = trouble.kind, "sends again");
        }
    }

    /// The server heard how the agent is, while nothing waited to be sent.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        state.heard_at = Some(unix_now());
        // What a batch met is told by a batch alone.
        if let Some(trouble) = state.sending.take_if(|trouble| ["unreachable", "refused"].contains(&trouble.kind.as_str())) {
            tracing::warn!(kind = trouble.kind, "the server answers again");
        }
    }

    /// Sending does not work; it is logged when it begins or becomes another trouble.
    pub(super) fn cannot_send(&self, kind: &str, text: String) {
        let mut state = self.state();
        let trouble = note(state.sending.take(), kind, text);
        state.last_error = Some(trouble.clone());
        state.sending = Some(trouble);
    }

    /// Reading works, or does not.
    pub(super) fn reading(&self, trouble: Option<(&str, String)>) {
        let mut state = self.state();
        state.reading = trouble.map(|(kind, text)| note(state.reading.take(), kind, text));
        if let Some(trouble) = state.reading.clone() {
            state.last_error = Some(trouble);
        }
    }

    /// Writes the state, with what `fill` says, into the spool folder.
    pub(super) fn write(&self, spool: &Path, fill: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.state();
        fill(&mut state);
        state.updated_at = unix_now();
        durable::replace(&spool.join(NAME), &serde_json::to_vec(&*state)?)
    }

    /// The state as it was written last, with what happened since.
    pub(super) fn snapshot(&self) -> State {
        self.state().clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(before: Option<Trouble>, kind: &str, text: String) -> Trouble {
    match before {
        Some(before) if before.kind == kind => Trouble { text, ..before },
        _ => {
            tracing::warn!(kind, "{text}");
            Trouble { kind: kind.to_owned(), text, since: unix_now() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_troubles_end() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_err());
        let board = Board::new("http://x", "K1");
        board.cannot_send("unreachable", "no route".to_owned());
        board.reading(Some(("spool_full", "full".to_owned())));
        board.write(folder.path(), |state| state.n_files = 3).unwrap();
        let (state, runs) = read(folder.path()).unwrap();
        assert!(!runs);
        assert_eq!((state.branch.as_str(), state.n_files), ("K1", 3));
        assert_eq!(state.sending.map(|trouble| trouble.text).as_deref(), Some("no route"));
        assert_eq!(state.reading.map(|trouble| trouble.kind).as_deref(), Some("spool_full"));
        board.sent(10);
        board.reading(None);
        board.write(folder.path(), |_| ()).unwrap();
        let (state, _) = read(folder.path()).unwrap();
        assert_eq!((state.sending, state.reading, state.sent_batches, state.sent_bytes), (None, None, 1, 10));
        assert_eq!(state.last_error.map(|trouble| trouble.kind).as_deref(), Some("spool_full"));
    }

    #[test]
    fn who_is_heard_can_send_unless_a_batch_says_otherwise() {
        let board = Board::new("http://x", "K1");
        assert_eq!(board.snapshot().heard_at, None);
        for (kind, expected) in [("refused", None), ("unreachable", None), ("unwanted", Some("unwanted")), ("damaged", Some("damaged"))] {
            board.cannot_send(kind, String::new());
            board.heard();
            let state = board.snapshot();
            assert_eq!(state.sending.map(|trouble| trouble.kind).as_deref(), expected);
            assert!(state.heard_at.is_some() && state.last_success_at.is_none());
        }
    }
}
