//! Quarantined bytes are read again, after the format or the branch's settings were mended.

use bson::DateTime;

use super::{
    posts::{Post, PostError, Posted, Posts},
    reader::{self, Bounds, Judge, Terms},
};
use crate::{
    domain::{LogFileId, ProblemKind, Quarantined},
    parse::{FormatChoice, Memory, Whole, envelope::Coding},
    usecase::{
        Services,
        audit::{self, AuditAction, Deed},
    },
};

/// Who sends what is read again.
pub(super) const SENDER: &str = "quarantine";
/// Logs that are looked at and thrown away together.
const AT_ONCE: usize = 1000;

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
    // How a shipper had packed it is not known here.
    if piece.kind == ProblemKind::Undecoded {
        return Ok(Replayed::Unreadable);
    }
    // What could be unpacked was when it arrived; a piece that looks as if it could be is not let unfold without bounds.
    if Coding::of(&piece.raw.bytes) != Coding::Identity {
        return Ok(Replayed::Unreadable);
    }
    let branch = services.branch(&piece.branch).await.map_err(in_store)?;
    let options = reader::options(services, &branch, LogFileId::from_content(&[]), FormatChoice::Auto, DateTime::now())
        .map_err(|reason| PostError::Branch(piece.branch.clone(), reason))?;
    // Nobody hears of what is learnt here. Where the program still fails on it, it stays as well.
    let judge = Judge::new(services, options.log_file_id, options.log_file_id, DateTime::now()).apart();
    let (bytes, rules) = (piece.raw.bytes.clone(), services.rules.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let terms = Terms { options: &options, rules: &rules, bounds: Bounds { items: AT_ONCE, bytes: usize::MAX } };
        reader::read(&mut Memory::default(), bytes.as_slice(), &terms, judge, &mut |_| (), &mut |_| Ok(()))
    });
    let finding = reading.await.map_err(|error| PostError::Interrupted(error.to_string()))?;
    let report = finding.map_err(|error| PostError::Interrupted(error.to_string()))?.report;
    if report.counts.logs == 0 || report.whole == Whole::ProgramFault {
        return Ok(Replayed::Unreadable);
    }
    let post =
        Post { branch: piece.branch, sender: SENDER.to_owned(), body: piece.raw.bytes, format: FormatChoice::Auto, stretch: piece.stretch };
    let posted = posts.take(post).await?;
    services.store.delete_quarantined(&piece.id).await.map_err(in_store)?;
    audit::record(services, Deed::new(AuditAction::QuarantineReplay, piece.id)).await.map_err(in_store)?;
    Ok(Replayed::Done(posted))
}
