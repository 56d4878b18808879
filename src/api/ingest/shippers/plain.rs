//! A failure as a line of text, which clients write to their own logs.

use actix_web::{HttpResponse, http::header};

use crate::api::error::{ApiError, Code};

/// The answer that says it.
pub(super) fn refused(error: &ApiError) -> HttpResponse {
    let mut answer = HttpResponse::build(error.code().status());
    if let Some(seconds) = error.wait() {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if error.code() == Code::Unauthenticated {
        answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"LogHelper\""));
    }
    answer.content_type("text/plain; charset=utf-8").body(format!("{error}\n"))
}
