//! The agent says how it is, once a minute, so that head office sees who is silent or behind. Nobody waits for it: what cannot be said
//! now is said a minute later. While there is nothing to send, the answer tells whether sending would work: a key that was revoked is
//! known before the next log line comes.

use std::{fs, io, path::Path, thread::sleep, time::Duration};

use super::{
    durable,
    send::{Client, Verdict},
    spool::Spool,
    state::Board,
};

/// How often.
const EVERY: Duration = Duration::from_secs(60);
/// First there has to be something to say.
const FIRST: Duration = Duration::from_secs(5);
/// Files that are told.
const FILES: usize = 20;
/// File with the name that the agent has given itself.
const NAME: &str = "agent-name";
/// Longest name.
const MAX_NAME: usize = 64;

/// The name of the agent of this spool folder: made of chance when the folder was new, and kept.
///
/// # Errors
/// When it cannot be kept.
pub(super) fn name(spool: &Path) -> io::Result<String> {
    let path = spool.join(NAME);
    let is_name = |text: &str| !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match fs::read_to_string(&path) {
        Ok(text) if is_name(text.trim()) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let chance = getrandom::u64().map_err(io::Error::other)?;
    let name = format!("{chance:016x}");
    durable::write(&path, &[name.as_bytes()])?;
    Ok(name)
}

/// Says how the agent is, for ever.
pub(super) fn report_all(name: &str, spool: &Spool, client: &Client, board: &Board) {
    let host = host();
    sleep(FIRST);
    loop {
        let mut state = board.snapshot();
        state.files.truncate(FILES);
        let said = serde_json::to_value(&state).and_then(|mut said| {
            if let Some(said) = said.as_object_mut() {
                said.insert("agent".to_owned(), name.into());
                said.insert("host".to_owned(), host.as_str().into());
            }
            serde_json::to_vec(&said)
        });
        match said {
            Ok(said) => note(client.report(&said), spool.filling().batches == 0, board),
            Err(error) => tracing::debug!(%error, "the agent's state cannot be said"),
        }
        sleep(EVERY);
    }
}

/// What the answer says of sending. Where batches wait, they say it themselves.
fn note(verdict: Verdict, is_idle: bool, board: &Board) {
    match verdict {
        Verdict::Taken if is_idle => board.heard(),
        Verdict::Later { why, .. } if is_idle => board.cannot_send("unreachable", why),
        Verdict::Refused { why } if is_idle => board.cannot_send("refused", why),
        verdict => tracing::debug!(?verdict, "an answer to how the agent is"),
    }
}

/// The machine's name, where it tells it.
pub(super) fn host() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    named.map(|name| name.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_of_sending_where_nothing_is_sent() {
        let board = Board::new("http://x", "K1");
        let kind = || board.snapshot().sending.map(|trouble| trouble.kind);
        let refused = || Verdict::Refused { why: "401: revoked".to_owned() };
        note(refused(), false, &board);
        assert_eq!(kind(), None);
        note(refused(), true, &board);
        assert_eq!(kind().as_deref(), Some("refused"));
        note(Verdict::Later { why: "no route".to_owned(), wait: None }, true, &board);
        assert_eq!(kind().as_deref(), Some("unreachable"));
        // A batch waits: it will say whether it is taken.
        note(Verdict::Taken, false, &board);
        note(Verdict::Unwanted { why: "404".to_owned() }, true, &board);
        assert_eq!(kind().as_deref(), Some("unreachable"));
        note(Verdict::Taken, true, &board);
        assert_eq!(kind(), None);
    }

    #[test]
    fn a_name_is_kept_and_a_damaged_one_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let first = name(folder.path()).unwrap();
        assert_eq!((first.len(), name(folder.path()).unwrap()), (16, first.clone()));
        fs::write(folder.path().join(NAME), "\0\0").unwrap();
        let second = name(folder.path()).unwrap();
        assert!(second != first && second == name(folder.path()).unwrap());
    }
}
