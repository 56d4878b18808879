//! `POST /api/v1/branches/{code}/logs`: what a branch sends, of any size, and the answer when it is on disk.
//!
//! `shippers` are further doors for programs that speak other protocols, `listeners` those without HTTP. `sender` says by which key somebody sends, `admit` how much, `body` receives, `store` has it read and written, `advice` tells a branch what is known. A body
//! that cannot be unwrapped is refused; whatever is in it is not: what cannot be read goes to quarantine.

mod admit;
mod advice;
mod agent;
mod body;
mod came_from;
pub(crate) mod listeners;
mod sender;
pub(super) mod shippers;
mod store;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web,
};
use serde::Serialize;
use serde_json::Value;

pub(crate) use admit::Gate;
pub(super) use advice::advice;
pub(super) use agent::report;

use super::error::{ApiError, Code};
use crate::{
    parse::envelope::Coding,
    usecase::{Services, ingest::posts::Posted},
};

/// What is said of a body that was taken.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    posted: &'a Posted,
    advice: Vec<Value>,
}

/// `POST /api/v1/branches/{code}/logs`; a branch with its ingestion key.
pub(super) async fn post_logs(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    code: web::Path<String>,
    mut payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let given = came_from::idempotency_key(request.headers())?;
    let stretch = came_from::stretch(request.headers(), given)?;
    let key = sender::key(&request, &services, Some(&code)).await?;
    let envelope = Envelope::of(request.headers())?;
    let pass = gate.admit(&key.branch)?;
    let received = body::receive(&request, &mut payload, &services, &pass, services.config.server.max_upload_bytes).await?;
    let work = store::Work { services: services.clone().into_inner(), gate: gate.clone().into_inner(), key, envelope, stretch, pass };
    let posted = work.run(received).await?;
    // It is stored: what is known of its errors is told where it can be read.
    let advice = gate.adviser.told(&services, posted.known.iter()).await.unwrap_or_default();
    let mut answer = HttpResponse::Ok();
    if let Some(given) = given {
        answer.insert_header(("Idempotency-Key", given));
    }
    Ok(answer.json(Answer { posted: &posted, advice: advice.iter().map(advice::shown).collect() }))
}

/// What the headers say of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Envelope {
    /// Objects, one a line.
    lines: bool,
    /// Objects over several lines, or arrays of them.
    json: bool,
    /// Compression, where it is named; else its first bytes say.
    coding: Option<Coding>,
}

impl Envelope {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok()).unwrap_or_default();
        let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (lines, json) = match kind.as_str() {
            "application/json" => (false, true),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => (true, false),
            // What curl says of `--data-binary` where nobody told it better is not meant: no shipper of logs sends a form.
            "" | "application/x-www-form-urlencoded" | "application/octet-stream" => (false, false),
            "application/gzip" | "application/x-gzip" | "application/zstd" => (false, false),
            kind if kind.starts_with("text/") => (false, false),
            kind => {
                let message = format!("`{kind}` is not taken: text/plain, application/x-ndjson and application/json are");
                return Err(ApiError::new(Code::UnsupportedMediaType, message));
            }
        };
        let coding = match text(header::CONTENT_ENCODING).trim().to_ascii_lowercase().as_str() {
            // Not to be compressed is what many a shipper says of a file that is.
            "" | "identity" => None,
            "gzip" | "x-gzip" => Some(Coding::Gzip),
            "zstd" => Some(Coding::Zstd),
            other => {
                let message = format!("the encoding `{other}` is not taken: gzip, zstd and identity are");
                return Err(ApiError::new(Code::UnsupportedMediaType, message));
            }
        };
        Ok(Self { lines, json, coding })
    }

    /// How the body is compressed, by what its first bytes say where no header does.
    fn coding(self, begin: &[u8]) -> Coding {
        self.coding.unwrap_or_else(|| Coding::of(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(kind: &'static str) -> Option<(bool, bool)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        Envelope::of(&headers).ok().map(|envelope| (envelope.lines, envelope.json))
    }

    #[test]
    fn what_curl_says_of_itself_is_taken_for_text() {
        for kind in ["", "text/plain; charset=utf-8", "application/octet-stream", "application/x-www-form-urlencoded"] {
            assert_eq!(envelope(kind), Some((false, false)), "{kind}");
        }
        assert_eq!((envelope("application/x-ndjson"), envelope("application/json")), (Some((true, false)), Some((false, true))));
        assert_eq!([envelope("image/png"), envelope("multipart/form-data")], [None, None]);
    }
}
