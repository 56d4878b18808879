//! Reading a file again by the rules of today: what that would change, and doing it.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};

use super::{
    error::{ApiError, Code},
    files::FileShape,
    input::{self, missing},
    schema::shape,
};
use crate::{
    domain::LogFileId,
    parse::FormatChoice,
    usecase::{
        Services, audit,
        reprocess::{self, Preview, Reading, Refused},
    },
};

shape! {
    /// What reading a file again would change.
    ReprocessPreview {
        /// As it was read.
        before: ReadingShape,
        /// As it would be read.
        after: ReadingShape,
        /// Logs that arise anew.
        new: i64,
        /// Logs that say something else.
        changed: i64,
        /// Logs that stay as they are.
        same: i64,
        /// Logs of this file that no longer arise; they go, unless another file gave them too.
        gone: i64,
    }
    /// What a file is read as.
    ReadingShape {
        /// Its format.
        format: String,
        /// Its encoding.
        encoding: String,
        /// Records.
        records: i64,
        /// Logs that they make.
        logs: i64,
        /// Logs with both halves.
        complete: i64,
        /// Damaged records.
        malformed: i64,
        /// Pieces in quarantine.
        quarantined: i64,
        /// Errors that the knowledge base knows.
        errors_known: i64,
        /// Errors that it does not know.
        errors_unknown: i64,
        /// Groups that these are in.
        groups: i64,
    }
}

impl From<Reading> for ReadingShape {
    fn from(reading: Reading) -> Self {
        let Reading { format, encoding, records, logs, complete, malformed, quarantined, errors_known, errors_unknown, groups } = reading;
        Self { format, encoding, records, logs, complete, malformed, quarantined, errors_known, errors_unknown, groups }
    }
}

impl From<Preview> for ReprocessPreview {
    fn from(preview: Preview) -> Self {
        let Preview { before, after, n_new: new, n_changed: changed, n_same: same, n_gone: gone } = preview;
        Self { before: before.into(), after: after.into(), new, changed, same, gone }
    }
}

fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::Missing => missing(),
        Refused::Stream | Refused::Busy | Refused::NotKept => ApiError::new(Code::Conflict, refused.to_string()),
    }
}

/// `GET /api/v1/files/{id}/reprocess`.
pub(super) async fn preview(services: Data<Services>, id: Path<String>) -> Result<Json<ReprocessPreview>, ApiError> {
    let id: LogFileId = input::id(&id)?;
    let preview = reprocess::preview(&services, &id, FormatChoice::Auto).await.map_err(ApiError::failed)?;
    preview.map(|preview| Json(preview.into())).map_err(refused)
}

/// `POST /api/v1/files/{id}/reprocess`.
pub(super) async fn run(services: Data<Services>, id: Path<String>) -> Result<Json<FileShape>, ApiError> {
    let (services, id) = (services.into_inner(), input::id(&id)?);
    // On a task of its own: a program that goes away does not leave it half done.
    let running = audit::spawn(async move { reprocess::reprocess(&services, &id, FormatChoice::Auto, Arc::new(|_| ())).await });
    let done = running.await.map_err(ApiError::failed)?.map_err(ApiError::failed)?;
    done.map(|done| Json(done.file.into())).map_err(refused)
}
