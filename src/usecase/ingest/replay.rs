//! Quarantined bytes are read again, after the format or the branch's settings were mended.

use bson::DateTime;

use super::{
    posts::{Post, PostError, Posted, Posts},
    reader,
};
use crate::{
    domain::{LogFileId, Quarantined},
    parse::{self, FormatChoice, Piece, envelope::Coding},
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// Who sends what is read again.
const SENDER: &str = "quarantine";

/// What became of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// Nothing of it can be read still; it stays as it is.
    Unreadable,
    /// Only its beginning was kept; it stays as it is.
    Cut,
    /// It was read and is no longer in quarantine; what could not be read of it is there as pieces of its own.
    Done(Posted),
}

/// Reads a piece again. Where it is interrupted the piece stays, and reading it once more changes nothing.
///
/// # Errors
/// When the store does not answer or the branch's settings cannot be used.
pub async fn replay(services: &Services, posts: &Posts, piece: Quarantined) -> Result<Replayed, PostError> {
    let in_store = |error| PostError::Store(std::sync::Arc::new(error));
    if piece.is_cut() {
        return Ok(Replayed::Cut);
    }
    // What could be unpacked was when it arrived; a piece that looks as if it could be is not let unfold without bounds.
    if Coding::of(&piece.raw.bytes) != Coding::Identity {
        return Ok(Replayed::Unreadable);
    }
    let branch = services.branch(&piece.branch).await.map_err(in_store)?;
    let options = reader::options(services, &branch, LogFileId::from_content(&[]), FormatChoice::Auto, DateTime::now())
        .map_err(|reason| PostError::Branch(piece.branch.clone(), reason))?;
    let bytes = piece.raw.bytes.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let mut n_logs = 0;
        let mut count = |piece| {
            n_logs += u64::from(matches!(piece, Piece::Log(_)));
            Ok::<(), parse::Error>(())
        };
        parse::parse(bytes.as_slice(), &options, &mut count, &|_| {}).map(|_| n_logs)
    });
    let n_logs = reading.await.map_err(|error| PostError::Interrupted(error.to_string()))?;
    if n_logs.map_err(|error| PostError::Interrupted(error.to_string()))? == 0 {
        return Ok(Replayed::Unreadable);
    }
    let post =
        Post { branch: piece.branch, sender: SENDER.to_owned(), body: piece.raw.bytes, format: FormatChoice::Auto, stretch: piece.stretch };
    let posted = posts.take(post).await?;
    services.store.delete_quarantined(&piece.id).await.map_err(in_store)?;
    audit::record(services, Deed::new(AuditAction::QuarantineReplay, piece.id)).await.map_err(in_store)?;
    Ok(Replayed::Done(posted))
}
