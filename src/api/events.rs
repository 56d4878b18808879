//! Events that a page follows while something is written.

use actix_web::{HttpResponse, http::header, web};
use futures_util::{Stream, StreamExt};

/// The answer that tells events, each of them as it comes.
pub(super) fn answer(events: impl Stream<Item = String> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compressed, events would wait for others to fill a block.
        .insert_header(header::ContentEncoding::Identity)
        .streaming(Box::pin(events.map(|event| Ok::<_, actix_web::Error>(web::Bytes::from(event)))))
}
