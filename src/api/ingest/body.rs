//! Receiving a body: in memory while it is small, in the spool folder when it is not; bounded in size and time.
//!
//! Whatever goes wrong, a file in the spool folder is removed when the value that stands for it is dropped.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, error::PayloadError, http::header, web};
use futures_util::TryStreamExt;
use tempfile::NamedTempFile;

use super::admit::unavailable;
use crate::{
    api::{
        error::{ApiError, Code},
        pace::Pace,
    },
    usecase::Services,
};

/// Larger bodies go to the spool folder.
pub(super) const SMALL: usize = 64 << 10;

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
    let folder = services.spool_dir();
    std::fs::create_dir_all(&folder)?;
    NamedTempFile::new_in(&folder)
}

/// Receives a body to its end.
pub(super) async fn receive(
    request: &HttpRequest,
    payload: &mut web::Payload,
    services: &Services,
    patience: Duration,
    limit: u64,
) -> Result<Body, ApiError> {
    let too_large = || ApiError::new(Code::TooLarge, format!("the body is larger than {limit} bytes"));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large());
    }
    let mut pace = Pace::new(patience);
    let mut body = match announced.map(usize::try_from) {
        // What will be large goes to disk from its first byte on; what will be small takes no more memory than it says.
        Some(Ok(bytes)) if bytes <= SMALL => Body::Small(Vec::with_capacity(bytes)),
        Some(_) => Body::Large(spool(services).map_err(|error| unavailable(&error))?, 0),
        None => Body::Small(Vec::new()),
    };
    loop {
        let next = tokio::time::timeout_at(pace.deadline(Instant::now()).into(), payload.try_next());
        let chunk = match next.await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => return Err(ApiError::new(Code::TimedOut, "the body did not arrive in time")),
        };
        pace.received(chunk.len());
        if body.size() + chunk.len() as u64 > limit {
            return Err(too_large());
        }
        body = add(body, &chunk, services).map_err(|error| unavailable(&error))?;
    }
}

fn add(body: Body, chunk: &[u8], services: &Services) -> io::Result<Body> {
    match body {
        Body::Small(mut bytes) if bytes.len() + chunk.len() <= SMALL => {
            bytes.extend_from_slice(chunk);
            Ok(Body::Small(bytes))
        }
        Body::Small(bytes) => {
            let mut file = spool(services)?;
            file.write_all(&bytes)?;
            // Writing a block to a local file is shorter than handing it to another thread.
            file.write_all(chunk)?;
            Ok(Body::Large(file, (bytes.len() + chunk.len()) as u64))
        }
        Body::Large(mut file, size) => {
            file.write_all(chunk)?;
            Ok(Body::Large(file, size + chunk.len() as u64))
        }
    }
}

/// A body that ended too early or is no valid transfer: nothing of it is kept.
fn broken(error: &PayloadError) -> ApiError {
    ApiError::new(Code::Malformed, format!("the body did not arrive whole: {error}"))
}
