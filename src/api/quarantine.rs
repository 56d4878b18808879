//! The quarantine: what could not be read and why, and reading it again.

use actix_web::web::{Data, Json, Path};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    error::{ApiError, Code},
    guard::Caller,
    ingest::Gate,
    input::{self, Asked, Limit, missing},
    schema::{Moment, shape},
    words::Id,
};
use crate::{
    domain::{BranchCode, ProblemKind, QuarantineId, Quarantined},
    store::QuarantineCursor,
    usecase::{Services, ingest::replay::Replayed},
};

/// Bytes shown of a piece.
const SHOWN: usize = 4096;

shape! {
    /// Which pieces.
    QuarantineAsked {
        /// Only those of this branch.
        branch: Option<BranchCode>,
        /// `next` of the page before.
        after: Option<String>,
        /// At most this many, 1 to 200; 50 where nothing is said.
        limit: Option<Limit<200>>,
    }
    /// A page of the quarantine, newest first.
    QuarantinePage {
        /// The pieces.
        pieces: Vec<PieceShape>,
        /// What to send as `after` for the next page; null where this is the last.
        next: Option<String>,
    }
    /// Bytes that could not become Logs.
    PieceShape {
        /// Its identifier.
        id: Id,
        /// The branch that sent it.
        branch: BranchCode,
        /// The file or stream it was in.
        log_file_id: Id,
        /// Byte offset in the decompressed file.
        offset: i64,
        /// What kind of problem.
        kind: ProblemKind,
        /// What and why.
        reason: String,
        /// Its beginning as text, at most 4096 bytes; what is no UTF-8 is replaced.
        text: String,
        /// Length of the whole piece.
        size_bytes: i64,
        /// When it was put here.
        created_at: Moment,
        /// Who sent it: a key, an address without HTTP, or a person. Told of one piece; null in lists, and where its file is gone.
        sent_by: Option<String>,
        /// What is kept of its bytes, as they came, in Base64; all of them unless it is very large. Told of one piece; null in lists.
        bytes: Option<String>,
    }
    /// What became of a piece that was read again.
    ReplayedShape {
        /// Logs that were not there.
        new: i64,
        /// Logs that were there and did not change.
        already_known: i64,
        /// Logs that waited for a half that it brought.
        paired: i64,
        /// Pieces of it that still cannot be read.
        quarantined: i64,
    }
}

impl From<Quarantined> for PieceShape {
    fn from(piece: Quarantined) -> Self {
        let text = String::from_utf8_lossy(piece.raw.bytes.get(..SHOWN).unwrap_or(&piece.raw.bytes)).into_owned();
        Self {
            id: Id::of(piece.id),
            branch: piece.branch,
            log_file_id: Id::of(piece.log_file_id),
            offset: piece.offset,
            kind: piece.kind,
            reason: piece.reason,
            text,
            size_bytes: piece.size_bytes,
            created_at: Moment(piece.created_at),
            sent_by: None,
            bytes: None,
        }
    }
}

async fn find(caller: &Caller, services: &Services, id: &str) -> Result<Quarantined, ApiError> {
    let id: QuarantineId = input::id(id)?;
    caller.reads(services).find_quarantined(&id).await?.ok_or_else(missing)
}

/// `GET /api/v1/quarantine`.
pub(super) async fn list(
    caller: Caller,
    services: Data<Services>,
    Asked(asked): Asked<QuarantineAsked>,
) -> Result<Json<QuarantinePage>, ApiError> {
    let after = input::after(&asked.after).map(|text| text.parse::<QuarantineCursor>().map_err(|()| input::no_cursor())).transpose()?;
    let limit = input::limit(asked.limit);
    let mut pieces = caller.reads(&services).list_quarantine_page(asked.branch.as_ref(), after, limit + 1).await?;
    let more = pieces.len() > limit;
    pieces.truncate(limit);
    let next = pieces.last().filter(|_| more).map(|last| QuarantineCursor { date: last.created_at, id: last.id }.to_string());
    Ok(Json(QuarantinePage { pieces: pieces.into_iter().map(PieceShape::from).collect(), next }))
}

/// `GET /api/v1/quarantine/{id}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, id: Path<String>) -> Result<Json<PieceShape>, ApiError> {
    let piece = find(&caller, &services, &id).await?;
    let sent_by = caller.reads(&services).find_log_file(&piece.log_file_id).await?.map(|file| file.uploaded_by);
    let bytes = Some(BASE64_STANDARD.encode(&piece.raw.bytes));
    Ok(Json(PieceShape { sent_by, bytes, ..piece.into() }))
}

/// `POST /api/v1/quarantine/{id}/replay`.
pub(super) async fn replay(
    caller: Caller,
    services: Data<Services>,
    gate: Data<Gate>,
    id: Path<String>,
) -> Result<Json<ReplayedShape>, ApiError> {
    let piece = find(&caller, &services, &id).await?;
    match gate.replay(&services, piece).await.map_err(ApiError::failed)? {
        Replayed::Unreadable => Err(ApiError::new(Code::Conflict, "nothing of it can be read still; it stays")),
        Replayed::Cut => Err(ApiError::new(Code::Conflict, "only its beginning was kept; send the file anew")),
        Replayed::Done(posted) => Ok(Json(ReplayedShape {
            new: posted.new,
            already_known: posted.already_known,
            paired: posted.paired,
            quarantined: posted.quarantined,
        })),
    }
}
