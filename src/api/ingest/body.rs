//! Receiving a body: in memory while it is small, in the spool folder when it is not; bounded in size and time.
//!
//! Whatever goes wrong, a file in the spool folder is removed when the value that stands for it is dropped.

use std::{
    io,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, error::PayloadError, http::header, web};
use futures_util::TryStreamExt;
use tempfile::NamedTempFile;

use super::admit::{Pass, unavailable};
use crate::{
    api::{
        error::{ApiError, Code},
        pace::Pace,
        spooling::Spooling,
    },
    usecase::{self, Services},
};

/// What was received.
pub(super) enum Body {
    /// In memory.
    Small(Vec<u8>),
    /// In the spool folder, and its size.
    Large(NamedTempFile, u64),
}

impl Body {
    /// Bytes that came.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Small(bytes) => bytes.len() as u64,
            Self::Large(_, size) => *size,
        }
    }
}

/// A file in the spool folder.
pub(super) fn spool(services: &Services) -> io::Result<NamedTempFile> {
    usecase::spool::file_in(&services.spool_dir())
}

/// Receives a body to its end. What comes is taken off the branch's credit at once: what never ends, or turns out to be too large, cost as much.
pub(super) async fn receive(
    request: &HttpRequest,
    payload: &mut web::Payload,
    services: &Services,
    pass: &Pass,
    limit: u64,
) -> Result<Body, ApiError> {
    let patience = Duration::from_secs(services.config.server.patience_seconds);
    let too_large = || ApiError::new(Code::TooLarge, format!("the body is larger than {limit} bytes"));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large());
    }
    let mut pace = Pace::new(patience);
    // What will be small takes no more memory than it says.
    let expected = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default();
    let mut body = Spooling::new(services.spool_dir(), expected);
    loop {
        let next = tokio::time::timeout_at(pace.deadline(Instant::now()).into(), payload.try_next());
        let chunk = match next.await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => return Err(ApiError::new(Code::TimedOut, "the body did not arrive in time")),
        };
        pace.received(chunk.len());
        pass.spend(chunk.len() as u64);
        if body.size() + chunk.len() as u64 > limit {
            return Err(too_large());
        }
        body.add(&chunk).await.map_err(|error| unavailable(&error))?;
    }
    let size = body.size();
    Ok(match body.end().await.map_err(|error| unavailable(&error))? {
        Ok(bytes) => Body::Small(bytes),
        Err(file) => Body::Large(file, size),
    })
}

/// A body that ended too early or is no valid transfer: nothing of it is kept.
fn broken(error: &PayloadError) -> ApiError {
    ApiError::new(Code::Malformed, format!("the body did not arrive whole: {error}"))
}
