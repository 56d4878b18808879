//! `POST /v1/logs`: logs of OpenTelemetry over HTTP.
//!
//! Its clients send again what 429, 502, 503 and 504 answer, and throw away what anything else does: whatever may go well another time
//! is 503 here.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde_json::json;

use super::{Gate, carry::Carrier};
use crate::{
    api::error::{ApiError, Code},
    parse::shipped,
    usecase::Services,
};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// `POST /v1/logs`; a branch with its ingestion key.
pub(in crate::api) async fn logs(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    mut payload: web::Payload,
) -> HttpResponse {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let carrier = Carrier { request, services, gate };
    let (stored, is_json) = match kind.as_str() {
        PROTOBUF => (carrier.store(&mut payload, None, shipped::otlp_protobuf).await, false),
        JSON => (carrier.store(&mut payload, None, shipped::otlp_json).await, true),
        kind => {
            let message = format!("`{kind}` is not taken: {PROTOBUF} and {JSON} are");
            (carrier.refuse(None, ApiError::new(Code::UnsupportedMediaType, message)).await, false)
        }
    };
    match (stored, is_json) {
        (Ok(()), true) => HttpResponse::Ok().json(json!({})),
        (Ok(()), false) => HttpResponse::Ok().content_type(PROTOBUF).body(shipped::OTLP_TAKEN),
        (Err(error), is_json) => refused(&error, is_json),
    }
}

/// A failure as a `google.rpc.Status`.
fn refused(error: &ApiError, is_json: bool) -> HttpResponse {
    let (status, code) = match error.code() {
        Code::Unauthenticated => (StatusCode::UNAUTHORIZED, 16),
        Code::Forbidden => (StatusCode::FORBIDDEN, 7),
        Code::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 8),
        Code::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, 8),
        Code::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3),
        Code::Malformed | Code::Invalid => (StatusCode::BAD_REQUEST, 3),
        _ => (StatusCode::SERVICE_UNAVAILABLE, 14),
    };
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = error.wait() {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if error.code() == Code::Unauthenticated {
        answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"LogHelper\""));
    }
    if is_json {
        return answer.json(json!({ "code": code, "message": error.to_string() }));
    }
    answer.content_type(PROTOBUF).body(shipped::otlp_status(code, &error.to_string()))
}
