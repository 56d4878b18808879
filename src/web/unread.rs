//! Bodies that nobody reads to their end: their connection is closed.
//!
//! The server reads the rest of a body that was let go of to its end, and of a chunked one there may be none; a body that is still
//! held when the answer is sent, it does not. So every body is held here as well, pages' and API's alike, and longer than its
//! answer takes where the handler left some of it.

use std::{cell::RefCell, rc::Rc, time::Duration};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
};
use futures_util::{FutureExt, StreamExt, stream};

/// How long a body that was left is held, longer than its answer takes.
const HELD: Duration = Duration::from_secs(5);
/// Bytes that the server may read of a body that nobody asked for.
const SMALL: usize = 64 << 10;

/// Sees to it that nothing more is read of a body than its handler did.
pub(super) async fn close(mut request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes <= SMALL) {
        // It has an end, and a near one: the server may read it to there.
        return next.call(request).await;
    }
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await;
    }
    let payload = Rc::new(RefCell::new(payload));
    let shared = payload.clone();
    let read = stream::poll_fn(move |context| shared.borrow_mut().poll_next_unpin(context));
    request.set_payload(Payload::Stream { payload: Box::pin(read.fuse()) });
    let answer = next.call(request).await;
    if !ends(&payload) {
        actix_web::rt::spawn(async move {
            tokio::time::sleep(HELD).await;
            drop(payload);
        });
    }
    answer
}

/// Whether the body is at its end, but for a little that has arrived already.
fn ends(payload: &RefCell<Payload>) -> bool {
    let mut skipped = 0;
    while let Some(next) = payload.borrow_mut().next().now_or_never() {
        match next {
            None => return true,
            Some(Ok(chunk)) if skipped + chunk.len() <= SMALL => skipped += chunk.len(),
            Some(_) => return false,
        }
    }
    false
}
