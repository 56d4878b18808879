//! The way of a shipper's body: received, unpacked and decoded, then written as posts of branches are. It goes on when the client
//! leaves: what it sends again will be known by its content.

use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
    web,
};
use flate2::read::ZlibDecoder;

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
        envelope::{self, Coding, EnvelopeError},
        shipped::{Parcel, Shipment, Undecodable},
    },
    usecase::{Services, ingest::posts::Post},
};

/// Largest body, as it comes and unpacked: it is decoded in memory.
pub(super) const LIMIT: usize = 32 << 20;

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
    /// Has the body of a request stored, which is on disk when this returns: what `decode` makes of it, with the body's size.
    pub(super) async fn store<T: Send + 'static>(
        self,
        payload: &mut web::Payload,
        tenant: Option<&str>,
        decode: impl FnOnce(&[u8], &mut Shipment) -> Result<T, Undecodable> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Self { request, services, gate } = self;
        let key = sender::key(&request, &services, tenant).await?;
        let packing = packing(request.headers())?;
        let pass = gate.admit(&key.branch)?;
        let patience = Duration::from_secs(services.config.server.patience_seconds);
        let limit = services.config.server.max_upload_bytes.min(LIMIT as u64);
        let received = body::receive(&request, payload, &services, patience, limit).await?;
        pass.spend(received.size());
        let (services, gate) = (services.into_inner(), gate.into_inner());
        let running = tokio::spawn(async move {
            let (parcels, made) = open(&gate, received, packing, decode).await?;
            for parcel in parcels {
                write(&services, &gate, &key, parcel).await?;
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
        // Snappy is a part of Loki's protocol, whether it is named here or not.
        "" | "snappy" => Ok(None),
        "identity" => Ok(Some(Packing::Coding(Coding::Identity))),
        "gzip" | "x-gzip" => Ok(Some(Packing::Coding(Coding::Gzip))),
        "zstd" => Ok(Some(Packing::Coding(Coding::Zstd))),
        "deflate" => Ok(Some(Packing::Zlib)),
        other => Err(ApiError::new(Code::UnsupportedMediaType, format!("the encoding `{other}` is not taken"))),
    }
}

/// Unpacks and decodes a body: a small one at once, one that is large or becomes so when its turn has come.
async fn open<T: Send + 'static>(
    gate: &Arc<Gate>,
    received: Body,
    packing: Option<Packing>,
    decode: impl FnOnce(&[u8], &mut Shipment) -> Result<T, Undecodable> + Send + 'static,
) -> Result<(Vec<Parcel>, T), ApiError> {
    let mut body = received;
    let mut turn = None;
    let mut limit = SMALL_UNWRAPPED;
    loop {
        if matches!(body, Body::Large(..)) || limit > SMALL_UNWRAPPED {
            turn = Some(gate.large.acquire().await.map_err(|error| unavailable(&error))?);
            limit = LIMIT as u64;
        }
        let unpacking = tokio::task::spawn_blocking(move || (unpack(&body, packing, limit), body));
        let (unpacked, back) = unpacking.await.map_err(|error| unavailable(&error))?;
        body = back;
        match unpacked {
            Ok(bytes) => {
                let decoding = tokio::task::spawn_blocking(move || {
                    let mut shipment = Shipment::new(2 * LIMIT);
                    decode(&bytes, &mut shipment).map(|made| (shipment.into_parcels(), made))
                });
                let decoded = decoding.await.map_err(|error| unavailable(&error))?;
                drop(turn);
                return decoded.map_err(|error| match error {
                    Undecodable::Damaged(_) => ApiError::new(Code::Malformed, error.to_string()),
                    Undecodable::TooLarge(_) => ApiError::new(Code::TooLarge, error.to_string()),
                });
            }
            Err(EnvelopeError::TooLarge(_)) if turn.is_none() => limit = LIMIT as u64,
            Err(EnvelopeError::Damaged(reason)) => return Err(ApiError::new(Code::Malformed, reason)),
            Err(error @ (EnvelopeError::TooLarge(_) | EnvelopeError::Bomb)) => {
                return Err(ApiError::new(Code::TooLarge, error.to_string()));
            }
            Err(EnvelopeError::Io(error)) => return Err(unavailable(&error)),
        }
    }
}

fn unpack(body: &Body, packing: Option<Packing>, limit: u64) -> Result<Vec<u8>, EnvelopeError> {
    let received = match body {
        Body::Small(bytes) => bytes.clone(),
        Body::Large(file, _) => {
            let mut bytes = Vec::new();
            file.reopen()?.read_to_end(&mut bytes)?;
            bytes
        }
    };
    let mut out = Vec::new();
    match packing.unwrap_or_else(|| Packing::Coding(Coding::of(&received))) {
        Packing::Coding(Coding::Identity) => return Ok(received),
        Packing::Coding(coding) => drop(envelope::unwrap(received.as_slice(), coding, false, limit, &mut out)?),
        Packing::Zlib => {
            let mut decoder = ZlibDecoder::new(received.as_slice()).take(limit + 1);
            decoder.read_to_end(&mut out).map_err(|error| EnvelopeError::Damaged(error.to_string()))?;
            if out.len() as u64 > limit {
                return Err(EnvelopeError::TooLarge(limit));
            }
        }
    }
    Ok(out)
}

/// Has a text written: with others, or as a file where it is large.
async fn write(services: &Arc<Services>, gate: &Gate, key: &IngestKey, Parcel { format, body }: Parcel) -> Result<(), ApiError> {
    if body.len() as u64 <= SMALL_UNWRAPPED {
        let post = Post { branch: key.branch.clone(), sender: key.id.clone(), body, format };
        return store::post(gate, post).await.map(drop);
    }
    let folder = services.clone();
    let spooling = tokio::task::spawn_blocking(move || {
        let mut file = body::spool(&folder)?;
        file.write_all(&body).map(|()| file)
    });
    let file = spooling.await.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))?;
    let _turn = gate.large.acquire().await.map_err(|error| unavailable(&error))?;
    store::as_file(services, gate, key, format, &file).await.map(drop)
}
