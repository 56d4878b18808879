//! What was received is unwrapped, read and written: small bodies with others, large ones as files. Nothing of it runs on the thread
//! that serves connections, and it goes on when the client leaves: what it sent again will be known by its content.

use std::{
    io::{BufReader, Seek, Write},
    sync::Arc,
};

use tempfile::NamedTempFile;

use super::{
    Envelope,
    admit::{Gate, Pass, unavailable},
    body::{Body, spool},
};
use crate::{
    api::error::{ApiError, Code},
    domain::{IngestKey, Stretch},
    parse::{
        Format, FormatChoice,
        envelope::{self, Coding, EnvelopeError},
    },
    usecase::{
        IngestError, IngestRequest, Services,
        ingest::posts::{Post, PostError, Posted},
    },
};

/// A small body that becomes larger than this is written as a file.
pub(super) const SMALL_UNWRAPPED: u64 = 1 << 20;

/// One body to be stored.
pub(super) struct Work {
    pub(super) services: Arc<Services>,
    pub(super) gate: Arc<Gate>,
    pub(super) key: Arc<IngestKey>,
    pub(super) envelope: Envelope,
    /// Where it stood before, if its sender said so.
    pub(super) stretch: Option<Stretch>,
    /// Its place, which it has until it is done, whether anybody waits for the answer or not.
    pub(super) pass: Pass,
}

impl Work {
    /// Stores it; what became of it.
    pub(super) async fn run(self, body: Body) -> Result<Posted, ApiError> {
        let body = match body {
            // Nothing is to be done but to write it, which those do who hold its place from here on.
            Body::Small(bytes) if !self.envelope.json && self.envelope.coding(&bytes) == Coding::Identity => {
                return self.plain(bytes).await;
            }
            body => body,
        };
        let running = tokio::spawn(async move {
            match body {
                Body::Small(bytes) => self.small(bytes).await,
                // In a box: what a large body needs on its way would be moved about with every small one.
                Body::Large(file, _) => Box::pin(self.large(file.reopen().map_err(|error| unavailable(&error))?, Some(file))).await,
            }
        });
        running.await.map_err(|error| unavailable(&error))?
    }

    /// A small body that has to be unwrapped first.
    async fn small(self, bytes: Vec<u8>) -> Result<Posted, ApiError> {
        let (coding, json) = (self.envelope.coding(&bytes), self.envelope.json);
        let unwrapping = tokio::task::spawn_blocking(move || {
            let mut out = Vec::new();
            let unwrapped = envelope::unwrap(bytes.as_slice(), coding, json, SMALL_UNWRAPPED, &mut out);
            (bytes, unwrapped.map(|_| out))
        });
        let body = match unwrapping.await.map_err(|error| unavailable(&error))? {
            (_, Ok(out)) => out,
            (bytes, Err(EnvelopeError::TooLarge(_))) => return Box::pin(self.spooled(bytes)).await,
            (_, Err(error)) => return Err(self.refused(&error)),
        };
        self.plain(body).await
    }

    /// Has a small body written with others; it is, though the client leaves.
    async fn plain(self, body: Vec<u8>) -> Result<Posted, ApiError> {
        let post = Post {
            branch: self.key.branch.clone(),
            sender: self.key.id.clone(),
            body,
            format: self.format(),
            stretch: self.stretch.clone(),
        };
        self.gate.posts.take_holding(post, self.pass).await.map_err(|error| refused_post(&error))
    }

    /// A small body that is large when it is unwrapped.
    async fn spooled(self, bytes: Vec<u8>) -> Result<Posted, ApiError> {
        let written = spool(&self.services).and_then(|mut file| {
            file.write_all(&bytes)?;
            Ok((file.reopen()?, file))
        });
        let (open, file) = written.map_err(|error| unavailable(&error))?;
        self.large(open, Some(file)).await
    }

    async fn large(self, mut received: std::fs::File, kept: Option<NamedTempFile>) -> Result<Posted, ApiError> {
        let turn = self.gate.large.acquire().await.map_err(|error| unavailable(&error))?;
        let (envelope, limit, services) = (self.envelope, self.services.config.server.max_upload_bytes, self.services.clone());
        let unwrapping = tokio::task::spawn_blocking(move || {
            let mut begin = [0; 4];
            let n = std::io::Read::read(&mut received, &mut begin)?;
            received.rewind()?;
            let coding = envelope.coding(begin.get(..n).unwrap_or_default());
            if coding == Coding::Identity && !envelope.json {
                return Ok(kept);
            }
            let mut out = spool(&services)?;
            envelope::unwrap(BufReader::with_capacity(128 << 10, received), coding, envelope.json, limit, &mut out)?;
            Ok(Some(out))
        });
        let file = unwrapping.await.map_err(|error| unavailable(&error))?.map_err(|error: EnvelopeError| self.refused(&error))?;
        let Some(file) = file else { return Err(ApiError::new(Code::Internal, "nothing was received")) };
        let posted = as_file(&self.services, &self.gate, &self.key, (self.format(), self.stretch.clone()), &file).await;
        drop((turn, file));
        posted
    }

    fn format(&self) -> FormatChoice {
        if self.envelope.json { FormatChoice::Lines(Format::Jsonl) } else { FormatChoice::Auto }
    }

    fn refused(&self, error: &EnvelopeError) -> ApiError {
        match error {
            EnvelopeError::Damaged(_) => ApiError::new(Code::Malformed, error.to_string()),
            EnvelopeError::TooLarge(_) | EnvelopeError::Bomb => ApiError::new(Code::TooLarge, error.to_string()),
            EnvelopeError::Io(error) => unavailable(error),
        }
    }
}

/// Has a small body written with others.
pub(super) async fn post(gate: &Gate, post: Post) -> Result<Posted, ApiError> {
    gate.posts.take(post).await.map_err(|error| refused_post(&error))
}

fn refused_post(error: &PostError) -> ApiError {
    match error {
        PostError::Full => ApiError::new(Code::Unavailable, "too many posts wait to be written: send it again").retry_after(1),
        error => unavailable(error),
    }
}

/// Has a large body written as a file: of this format, and from this place, if its sender said so.
pub(super) async fn as_file(
    services: &Services,
    gate: &Gate,
    key: &IngestKey,
    (format, stretch): (FormatChoice, Option<Stretch>),
    file: &NamedTempFile,
) -> Result<Posted, ApiError> {
    let request = IngestRequest {
        branch: key.branch.clone(),
        name: "posted".to_owned(),
        path: file.path().to_owned(),
        format,
        uploaded_by: key.id.clone(),
    };
    let done = services.ingest_posted(request, stretch, &gate.posts).await.map_err(|error| match &error {
        IngestError::Store { source, .. } => unavailable(source),
        _ => unavailable(&error),
    })?;
    let posted = Posted::of_file(&done);
    if done.again {
        gate.posts.note_repeat(key, done.file.size_bytes, &posted).await.map_err(|error| unavailable(&error))?;
    }
    Ok(posted)
}
