//! What the program fails on: bytes whose reading panics, which is a fault of the program and would be met again each time they came.
//!
//! They go to quarantine as they came, under a kind of their own, and are acknowledged: their sender goes on, nobody who was read beside them
//! hears of it, and they are read again when the program is mended. What was read of them before stays.

use std::{
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Duration,
};

use bson::{Binary, DateTime, spec::BinarySubtype};

use crate::{
    domain::{BranchCode, LogFile, LogFileId, Problem, ProblemKind, Quarantined, Stretch},
    parse::{Report, Whole},
    store,
    usecase::{Services, retry},
};

/// What is said of it.
const REASON: &str = "the program failed on this, which is a fault of its own: it can be read again when that is mended";
/// The same of what a log shipper had packed.
const UNDECODED: &str =
    "the program failed while it unpacked this, which is a fault of its own: it is kept as it came, and whoever sent it goes on";
/// Bytes of a piece.
const PIECE: usize = 1 << 20;

/// Does this; `None` where it panicked. What it was changing is to be thrown away then.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What is said of an input in which reading stopped so.
pub(super) fn report() -> Report {
    let note = Problem { offset: 0, kind: ProblemKind::ProgramFault, text: REASON.to_owned() };
    Report { notes: vec![note], whole: Whole::ProgramFault, ..Report::default() }
}

/// Where a body stands: what its pieces in quarantine are of.
pub(super) struct Place<'p> {
    pub(super) branch: &'p BranchCode,
    pub(super) log_file_id: LogFileId,
    /// By what pieces are told apart, with their offset: the content that they stand in.
    pub(super) content_id: LogFileId,
    pub(super) now: DateTime,
    /// What the program failed in: reading or decoding.
    pub(super) kind: ProblemKind,
    /// Where it stands at its sender, if that was said.
    pub(super) stretch: Option<&'p Stretch>,
}

impl Place<'_> {
    /// A piece at this offset, of so many bytes.
    fn piece(&self, offset: usize, raw: Vec<u8>, size_bytes: i64) -> Quarantined {
        let stretch = self.stretch.map(|stretch| stretch.behind(offset as u64));
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        Quarantined {
            id: Quarantined::id_of_unread(&self.content_id, offset),
            branch: self.branch.clone(),
            log_file_id: self.log_file_id,
            offset,
            kind: self.kind,
            reason: if self.kind == ProblemKind::Undecoded { UNDECODED } else { REASON }.to_owned(),
            raw: Binary { subtype: BinarySubtype::Generic, bytes: raw },
            size_bytes,
            created_at: self.now,
            stretch,
        }
    }

    /// A body, all of it: one piece, unless it is large.
    pub(super) fn pieces(&self, mut body: &[u8]) -> Vec<Quarantined> {
        let mut pieces = Vec::new();
        let mut offset = 0;
        while !body.is_empty() {
            let (piece, rest) = body.split_at_checked(end_of_piece(body)).unwrap_or((body, &[]));
            pieces.push(self.piece(offset, piece.to_vec(), i64::try_from(piece.len()).unwrap_or(i64::MAX)));
            (offset, body) = (offset + piece.len(), rest);
        }
        pieces
    }
}

/// Where the first piece ends: after a line, if that is not far.
fn end_of_piece(body: &[u8]) -> usize {
    match body.get(..PIECE) {
        Some(first) if body.len() > PIECE => first.iter().rposition(|byte| *byte == b'\n').map_or(PIECE, |place| place + 1),
        _ => body.len(),
    }
}

impl Services {
    /// Puts the beginning of a file into quarantine, which as a whole is kept as it came; false where it is longer and is not kept.
    pub(super) async fn quarantine_file(&self, file: &LogFile, path: &Path, patience: Duration) -> store::Result<io::Result<bool>> {
        let path: PathBuf = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || beginning(&path)).await.map_err(io::Error::other);
        let raw = match reading.and_then(|raw| raw) {
            Ok(raw) => raw,
            Err(error) => return Ok(Err(error)),
        };
        let is_cut = file.size_bytes > i64::try_from(raw.len()).unwrap_or(i64::MAX);
        if is_cut && retry(patience, "look for the file as it came", || self.store.find_raw(&file.id)).await?.is_none() {
            return Ok(Ok(false));
        }
        let place = Place {
            branch: &file.branch,
            log_file_id: file.id,
            content_id: file.id,
            now: file.created_at,
            kind: ProblemKind::ProgramFault,
            stretch: file.stretch.as_ref(),
        };
        let piece = place.piece(0, raw, file.size_bytes);
        tracing::error!(file.id = %file.id, branch = %file.branch, quarantine.id = %piece.id, "reading a file panicked, it goes to quarantine: this is a bug");
        let pieces = [piece];
        retry(patience, "store quarantined bytes", || self.store.insert_quarantined(&pieces)).await?;
        Ok(Ok(true))
    }
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    File::open(path)?.take(PIECE as u64).read_to_end(&mut raw)?;
    Ok(raw)
}

/// Texts of the tests on which reading, and decoding, fails; only tests' programs know them.
#[cfg(test)]
pub(crate) const SABOTAGE: [&str; 2] = ["saw-through-the-branch", "sand-in-the-gears"];

/// Fails where the text stands in a body that is being read.
#[cfg(test)]
pub(crate) fn sabotage(bytes: &[u8]) {
    assert!(!contains(bytes, SABOTAGE[0]), "sabotage");
}

/// Fails where the text stands in what is being decoded.
#[cfg(test)]
pub(crate) fn sabotage_decoder(bytes: &[u8]) {
    assert!(!contains(bytes, SABOTAGE[1]), "sabotage");
}

#[cfg(test)]
fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_whole_in_pieces_that_end_with_lines() {
        let (branch, id) = ("K1".parse().unwrap(), LogFileId::from_content(&[b"x"]));
        let place =
            Place { branch: &branch, log_file_id: id, content_id: id, now: DateTime::MIN, kind: ProblemKind::ProgramFault, stretch: None };
        let lines = "0123456789\n".repeat(PIECE / 5).into_bytes();
        for (body, n_pieces) in [(Vec::new(), 0), (b"a\nb".to_vec(), 1), (vec![b'x'; PIECE], 1), (vec![b'x'; PIECE + 1], 2), (lines, 3)] {
            let pieces = place.pieces(&body);
            assert_eq!(pieces.len(), n_pieces);
            assert_eq!(pieces.iter().flat_map(|piece| piece.raw.bytes.clone()).collect::<Vec<_>>(), body);
            assert!(pieces.iter().all(|piece| !piece.is_cut() && piece.raw.bytes.len() <= PIECE));
            let ids: std::collections::BTreeSet<_> = pieces.iter().map(|piece| piece.id).collect();
            assert_eq!(ids.len(), n_pieces);
        }
        let pieces = place.pieces("0123456789\n".repeat(PIECE / 5).as_bytes());
        assert!(pieces.iter().all(|piece| piece.raw.bytes.ends_with(b"\n")));
        // A piece that could not be read for another reason at the same place is another.
        assert_ne!(pieces[0].id, Quarantined::id_for(&id, 0));
    }
}
