//! How far an upload is, for the program that sends it.

use actix_web::web::{Data, Json, Path};

use super::{
    error::{ApiError, Code},
    guard::Caller,
    input::missing,
    schema::shape,
    words::Id,
};
use crate::usecase::Services;

/// Longest name of an upload.
const MAX_NAME: usize = 64;

shape! {
    /// How far an upload is.
    UploadShape {
        /// The file that is being read, once it is.
        file: Option<Id>,
        /// Bytes read, as they came.
        bytes_read: i64,
        /// Bytes that there are.
        bytes_total: i64,
        /// Logs stored.
        logs: i64,
        /// Errors among them.
        errors: i64,
        /// It ended, well or not.
        done: bool,
    }
}

/// The name that a program chose for its upload.
pub(super) fn named(name: &str) -> Result<&str, ApiError> {
    let is_name =
        (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_name { Ok(name) } else { Err(ApiError::new(Code::Invalid, "upload: 1 to 64 letters, digits, `-` and `_`")) }
}

/// `GET /api/v1/uploads/{name}`.
pub(super) async fn show(caller: Caller, services: Data<Services>, name: Path<String>) -> Result<Json<UploadShape>, ApiError> {
    let upload = services.uploads.find(&caller.user.name, &name).ok_or_else(missing)?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Json(UploadShape {
        file: upload.progress.file.map(Id::of),
        bytes_read: number(upload.progress.bytes_read),
        bytes_total: number(upload.progress.bytes_total),
        logs: number(upload.progress.logs),
        errors: number(upload.progress.errors),
        done: upload.done,
    }))
}
