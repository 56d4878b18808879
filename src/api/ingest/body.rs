//! Receiving a body: in memory while it is small, in the spool folder when it is not; bounded in size and time.
//!
//! The folder is written to on threads that may wait for a disk: those that serve connections go on with the others. Whatever goes
//! wrong, a file in the folder is removed when the value that stands for it is dropped.

use std::{
    io::{self, Write},
    mem,
    path::Path,
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

/// Larger bodies go to the spool folder, so much at a time.
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
    spool_in(&services.spool_dir())
}

fn spool_in(folder: &Path) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    NamedTempFile::new_in(folder)
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
    // What will be small takes no more memory than it says.
    let small = announced.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes <= SMALL);
    let mut receiving = Receiving { services, block: Vec::with_capacity(small.unwrap_or_default()), file: None, size: 0 };
    loop {
        let next = tokio::time::timeout_at(pace.deadline(Instant::now()).into(), payload.try_next());
        let chunk = match next.await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return receiving.end().await,
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => return Err(ApiError::new(Code::TimedOut, "the body did not arrive in time")),
        };
        pace.received(chunk.len());
        if receiving.size + chunk.len() as u64 > limit {
            return Err(too_large());
        }
        receiving.add(&chunk).await?;
    }
}

/// A body that has not come to its end.
struct Receiving<'s> {
    services: &'s Services,
    /// What came last and is not in the file.
    block: Vec<u8>,
    file: Option<NamedTempFile>,
    size: u64,
}

impl Receiving<'_> {
    async fn add(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        self.block.extend_from_slice(chunk);
        self.size += chunk.len() as u64;
        if self.block.len() > SMALL { self.spool().await } else { Ok(()) }
    }

    /// Has the block written to the file; a client that leaves meanwhile leaves no file behind.
    async fn spool(&mut self) -> Result<(), ApiError> {
        let (folder, file, block) = (self.services.spool_dir(), self.file.take(), mem::take(&mut self.block));
        let writing = tokio::task::spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => spool_in(&folder)?,
            };
            file.write_all(&block)?;
            Ok::<_, io::Error>(file)
        });
        let file = writing.await.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))?;
        self.file = Some(file);
        Ok(())
    }

    async fn end(mut self) -> Result<Body, ApiError> {
        if self.file.is_some() && !self.block.is_empty() {
            self.spool().await?;
        }
        Ok(match self.file {
            Some(file) => Body::Large(file, self.size),
            None => Body::Small(self.block),
        })
    }
}

/// A body that ended too early or is no valid transfer: nothing of it is kept.
fn broken(error: &PayloadError) -> ApiError {
    ApiError::new(Code::Malformed, format!("the body did not arrive whole: {error}"))
}
