//! The way of a shipper's body: received, unpacked and decoded, then written as posts of branches are. It goes on when the client
//! leaves: what it sends again will be known by its content.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read, Write},
};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
    web,
};
use flate2::read::ZlibDecoder;
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use super::{
    Gate, SMALL_UNWRAPPED,
    admit::unavailable,
    body::{self, Body},
    sender, store,
};
use crate::{
    api::error::{ApiError, Code},
    domain::IngestKey,
    parse::{
        FormatChoice,
        envelope::{self, Coding, EnvelopeError},
        shipped::{Parcel, Shipment, Undecodable},
    },
    usecase::{
        Services,
        ingest::{poison, posts::Post},
    },
};

/// Largest body, as it comes and unpacked: it is decoded in memory.
pub(super) const LIMIT: usize = 32 << 20;
/// Bodies decoded at a time, which bounds the memory that they take; the others wait for their turn, the large ones on disk.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// How a body is compressed beside what its protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Coding(Coding),
    /// zlib, as HTTP's `deflate`.
    Zlib,
}

/// What a request is served with.
pub(super) struct Carrier {
    pub(super) request: HttpRequest,
    pub(super) services: web::Data<Services>,
    pub(super) gate: web::Data<Gate>,
}

impl Carrier {
    /// Refuses a request for this reason, unless nobody may send it at all.
    pub(super) async fn refuse<T>(self, tenant: Option<&str>, reason: ApiError) -> Result<T, ApiError> {
        sender::key(&self.request, &self.services, tenant).await?;
        Err(reason)
    }

    /// Has the body of a request stored, which is on disk when this returns; what `decode` says of it beside, which is nothing where the
    /// program fails on it.
    pub(super) async fn store<T: Default + Send + 'static>(
        self,
        payload: &mut web::Payload,
        tenant: Option<&str>,
        decode: impl FnOnce(&[u8], &mut Shipment) -> Result<T, Undecodable> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Self { request, services, gate } = self;
        let key = sender::key(&request, &services, tenant).await?;
        let packing = packing(request.headers())?;
        let pass = gate.admit(&key.branch)?;
        let limit = services.config.server.max_upload_bytes.min(LIMIT as u64);
        let received = body::receive(&request, payload, &services, &pass, limit).await?;
        let size = received.size();
        let (services, gate) = (services.into_inner(), gate.into_inner());
        let running = tokio::spawn(async move {
            let turn = DECODERS.acquire().await.map_err(|error| unavailable(&error))?;
            let folder = services.clone();
            let opening = tokio::task::spawn_blocking(move || open(&received, packing, decode, &folder));
            let (unpacked, opened) = opening.await.map_err(|error| unavailable(&error))?;
            drop(turn);
            pass.spend_unwrapped(size, unpacked);
            let Opened { texts, made } = opened?;
            for text in texts {
                write(&services, &gate, &key, text).await?;
            }
            drop(pass);
            Ok(made)
        });
        running.await.map_err(|error| unavailable(&error))?
    }
}

fn packing(headers: &HeaderMap) -> Result<Option<Packing>, ApiError> {
    let coding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match coding.trim().to_ascii_lowercase().as_str() {
        // Snappy is a part of Loki's protocol, whether it is named here or not; a list of two says that the first bytes say.
        "" | "snappy" | "gzip,deflate" => Ok(None),
        "identity" => Ok(Some(Packing::Coding(Coding::Identity))),
        "gzip" | "x-gzip" => Ok(Some(Packing::Coding(Coding::Gzip))),
        "zstd" => Ok(Some(Packing::Coding(Coding::Zstd))),
        "deflate" => Ok(Some(Packing::Zlib)),
        other => Err(ApiError::new(Code::UnsupportedMediaType, format!("the encoding `{other}` is not taken"))),
    }
}

/// A text to be written.
enum Text {
    /// With others.
    Small(Parcel),
    /// As a file in the spool folder.
    Large(FormatChoice, NamedTempFile),
    /// What the program fails on, by a fault of its own: as it was unpacked, into quarantine.
    Unread(Vec<u8>),
}

/// A body that was decoded.
struct Opened<T> {
    texts: Vec<Text>,
    made: T,
}

/// Unpacks and decodes a body; the bytes that it was unpacked to, which it costs though it be refused.
fn open<T: Default>(
    received: &Body,
    packing: Option<Packing>,
    decode: impl FnOnce(&[u8], &mut Shipment) -> Result<T, Undecodable>,
    services: &Services,
) -> (u64, Result<Opened<T>, ApiError>) {
    match unpack(received, packing, LIMIT as u64) {
        Ok(bytes) => {
            let opened = poison::caught(|| opened(&bytes, decode, services));
            let n_bytes = bytes.len() as u64;
            (n_bytes, opened.unwrap_or_else(|| Ok(Opened { texts: vec![Text::Unread(bytes)], made: T::default() })))
        }
        Err(error) => {
            let unpacked = error.unwrapped();
            let refused = match error {
                EnvelopeError::Damaged(reason) => ApiError::new(Code::Malformed, reason),
                EnvelopeError::TooLarge(_) | EnvelopeError::Bomb => ApiError::new(Code::TooLarge, error.to_string()),
                EnvelopeError::Io(error) => unavailable(&error),
            };
            (unpacked, Err(refused))
        }
    }
}

/// Decodes what was unpacked; what it becomes is in memory while it is small.
fn opened<T>(
    bytes: &[u8],
    decode: impl FnOnce(&[u8], &mut Shipment) -> Result<T, Undecodable>,
    services: &Services,
) -> Result<Opened<T>, ApiError> {
    #[cfg(test)]
    poison::sabotage_decoder(bytes);
    let mut shipment = Shipment::new(2 * LIMIT);
    let made = decode(bytes, &mut shipment).map_err(|error| match error {
        Undecodable::Damaged(_) => ApiError::new(Code::Malformed, error.to_string()),
        Undecodable::TooLarge(_) => ApiError::new(Code::TooLarge, error.to_string()),
    })?;
    let spooled = |Parcel { format, body }: Parcel| {
        if body.len() as u64 <= SMALL_UNWRAPPED {
            return Ok(Text::Small(Parcel { format, body }));
        }
        let mut file = body::spool(services)?;
        file.write_all(&body)?;
        Ok(Text::Large(format, file))
    };
    let texts = shipment.into_parcels().into_iter().map(spooled).collect::<io::Result<Vec<_>>>();
    let mut texts = texts.map_err(|error| unavailable(&error))?;
    // What is in memory does not wait there for the turn of what is on disk.
    texts.sort_by_key(|text| matches!(text, Text::Large(..)));
    Ok(Opened { texts, made })
}

fn unpack(body: &Body, packing: Option<Packing>, limit: u64) -> Result<Vec<u8>, EnvelopeError> {
    let received: Cow<'_, [u8]> = match body {
        Body::Small(bytes) => bytes.into(),
        Body::Large(file, _) => fs::read(file.path())?.into(),
    };
    let mut out = Vec::new();
    match packing.unwrap_or_else(|| Packing::Coding(Coding::of(&received))) {
        Packing::Coding(Coding::Identity) => return Ok(received.into_owned()),
        Packing::Coding(coding) => drop(envelope::unwrap(received.as_ref(), coding, false, limit, &mut out)?),
        Packing::Zlib => {
            let mut decoder = ZlibDecoder::new(received.as_ref()).take(limit + 1);
            decoder.read_to_end(&mut out).map_err(|error| EnvelopeError::Damaged(error.to_string()))?;
            if out.len() as u64 > limit {
                return Err(EnvelopeError::TooLarge(limit));
            }
        }
    }
    Ok(out)
}

/// Has a text written; it is on disk when this returns.
async fn write(services: &Services, gate: &Gate, key: &IngestKey, text: Text) -> Result<(), ApiError> {
    let post = |format, body| Post { branch: key.branch.clone(), sender: key.id.clone(), body, format, stretch: None };
    match text {
        Text::Small(Parcel { format, body }) => store::post(gate, post(format, body)).await.map(drop),
        Text::Unread(body) => store::quarantine(gate, post(FormatChoice::Auto, body)).await.map(drop),
        Text::Large(format, file) => {
            let _turn = gate.large.acquire().await.map_err(|error| unavailable(&error))?;
            store::as_file(services, gate, key, (format, None), &file).await.map(drop)
        }
    }
}
