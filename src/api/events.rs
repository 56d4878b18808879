//! Events that are followed while something is written (`text/event-stream` of the HTML standard).

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, Accept, Header, Quality},
    web,
};
use futures_util::{Stream, StreamExt};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "text/event-stream";
/// A comment: without one nobody would see that the reader is gone.
pub(crate) const STILL_HERE: &str = ": still here\n\n";

/// Whether whoever asks would rather follow events than wait for a document.
pub(super) fn are_wanted(request: &HttpRequest) -> bool {
    let accepted = Accept::parse(request).map(|accepted| accepted.0).unwrap_or_default();
    let accepted = Accept(accepted.into_iter().filter(|kind| kind.quality > Quality::ZERO).collect()).ranked();
    accepted.first().is_some_and(|kind| kind.essence_str() == MEDIA_TYPE)
}

/// The answer that tells events, each of them as it comes.
pub(crate) fn answer(events: impl Stream<Item = String> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compressed, events would wait for others to fill a block.
        .insert_header(header::ContentEncoding::Identity)
        .streaming(Box::pin(events.map(|event| Ok::<_, actix_web::Error>(web::Bytes::from(event)))))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn events_are_told_to_those_who_like_them_best() {
        let cases = [
            (None, false),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (Some("text/event-stream"), true),
            (Some("text/event-stream, application/json;q=0.5"), true),
            (Some("application/json, text/event-stream;q=0.9"), false),
            (Some("text/event-stream;q=0"), false),
            (Some("no media type"), false),
        ];
        for (accept, wanted) in cases {
            let request = TestRequest::default();
            let request = accept.into_iter().fold(request, |request, accept| request.insert_header((header::ACCEPT, accept)));
            assert_eq!(are_wanted(&request.to_http_request()), wanted, "{accept:?}");
        }
    }
}
