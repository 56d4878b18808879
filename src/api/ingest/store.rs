//! What was received is unwrapped, read and written: small bodies with others, large ones as files. Nothing of it runs on the thread
//! that serves connections, and it goes on when the client leaves: what it sent again will be known by its content.

use std::{
    io::{BufReader, Read, Seek, Write},
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
    domain::{IngestKey, ProblemKind, Stretch},
    parse::{
        Format, FormatChoice,
        envelope::{self, Coding, EnvelopeError},
    },
    usecase::{
        IngestError, IngestRequest, Services,
        ingest::{
            poison,
            posts::{Post, PostError, Posted},
        },
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
                Body::Large(file, size) => Box::pin(self.large(file, size)).await,
            }
        });
        running.await.map_err(|error| unavailable(&error))?
    }

    /// A small body that has to be unwrapped first.
    async fn small(self, bytes: Vec<u8>) -> Result<Posted, ApiError> {
        let (coding, json, size) = (self.envelope.coding(&bytes), self.envelope.json, bytes.len() as u64);
        let services = self.services.clone();
        let turn = self.gate.unwrapping.acquire().await.map_err(|error| unavailable(&error))?;
        let unwrapping = tokio::task::spawn_blocking(move || {
            let mut out = Vec::new();
            let unwrapped = poison::caught(|| {
                #[cfg(test)]
                poison::sabotage_decoder(&bytes);
                envelope::unwrap(bytes.as_slice(), coding, json, SMALL_UNWRAPPED, &mut out)
            });
            match unwrapped {
                Some(Ok(_)) => Ok(Ok(out)),
                None => Ok(Ok(as_it_came(bytes))),
                Some(Err(EnvelopeError::TooLarge(_))) => {
                    let mut file = spool(&services)?;
                    file.write_all(&bytes)?;
                    Ok(Err(file))
                }
                Some(Err(error)) => Err(error),
            }
        });
        let unwrapped = unwrapping.await;
        drop(turn);
        match unwrapped.map_err(|error| unavailable(&error))?.map_err(|error| refused(&error))? {
            Ok(body) => {
                self.pass.spend_unwrapped(size, body.len() as u64);
                self.plain(body).await
            }
            // It is large when it is unwrapped.
            Err(file) => Box::pin(self.large(file, size)).await,
        }
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

    async fn large(self, received: NamedTempFile, size: u64) -> Result<Posted, ApiError> {
        let turn = self.gate.large.acquire().await.map_err(|error| unavailable(&error))?;
        let (envelope, limit, services) = (self.envelope, self.services.config.server.max_upload_bytes, self.services.clone());
        let unwrapping = tokio::task::spawn_blocking(move || {
            let mut from = received.reopen()?;
            let mut begin = [0; 4];
            let n = from.read(&mut begin)?;
            from.rewind()?;
            let coding = envelope.coding(begin.get(..n).unwrap_or_default());
            if coding == Coding::Identity && !envelope.json {
                return Ok((received, size));
            }
            let mut out = spool(&services)?;
            let from = BufReader::with_capacity(128 << 10, from);
            match poison::caught(|| envelope::unwrap(from, coding, envelope.json, limit, &mut out)) {
                Some(unwrapped) => Ok((out, unwrapped?)),
                None => Ok((as_it_came(received), size)),
            }
        });
        let unwrapped = unwrapping.await.map_err(|error| unavailable(&error))?;
        let (file, unwrapped) = unwrapped.map_err(|error: EnvelopeError| {
            self.pass.spend_unwrapped(size, error.unwrapped());
            refused(&error)
        })?;
        self.pass.spend_unwrapped(size, unwrapped);
        let posted = as_file(&self.services, &self.gate, &self.key, (self.format(), self.stretch.clone()), &file).await;
        drop((turn, file));
        posted
    }

    fn format(&self) -> FormatChoice {
        if self.envelope.json || self.envelope.lines { FormatChoice::Lines(Format::Jsonl) } else { FormatChoice::Auto }
    }
}

/// A body that the program fails to unwrap, by a fault of its own, is read as it is: it would come again and again.
fn as_it_came<B>(body: B) -> B {
    tracing::error!("unwrapping a body panicked, it is read as it came: this is a bug");
    body
}

fn refused(error: &EnvelopeError) -> ApiError {
    match error {
        EnvelopeError::Damaged(_) => ApiError::new(Code::Malformed, error.to_string()),
        EnvelopeError::TooLarge(_) | EnvelopeError::Bomb => ApiError::new(Code::TooLarge, error.to_string()),
        EnvelopeError::Io(error) => unavailable(error),
    }
}

/// Has a small body written with others.
pub(super) async fn post(gate: &Gate, post: Post) -> Result<Posted, ApiError> {
    gate.posts.take(post).await.map_err(|error| refused_post(&error))
}

/// Has a body that the program cannot unpack, by a fault of its own, put into quarantine as it came.
pub(super) async fn quarantine(gate: &Gate, post: Post) -> Result<Posted, ApiError> {
    gate.posts.quarantine(post, ProblemKind::Undecoded).await.map_err(|error| refused_post(&error))
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
