//! `POST /loki/api/v1/push`, for Promtail, Alloy, Fluent Bit, Vector and the libraries that speak Loki's protocol.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    Gate,
    carry::{Carrier, LIMIT},
    plain::refused,
};
use crate::{
    api::error::{ApiError, Code},
    parse::shipped,
    usecase::Services,
};

/// The branch that a client names beside its key.
const TENANT: &str = "X-Scope-OrgID";

/// `POST /loki/api/v1/push`; a branch with its ingestion key.
pub(in crate::api) async fn push(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    mut payload: web::Payload,
) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let kind = header(header::CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let tenant = header(TENANT);
    let carrier = Carrier { request, services, gate };
    let stored = match kind.as_str() {
        "application/json" => carrier.store(&mut payload, Some(&tenant), shipped::loki_json).await,
        "application/x-protobuf" | "" => {
            let decode =
                |body: &[u8], shipment: &mut shipped::Shipment| shipped::loki_protobuf(&shipped::unpack_snappy(body, LIMIT)?, shipment);
            carrier.store(&mut payload, Some(&tenant), decode).await
        }
        kind => {
            let message = format!("`{kind}` is not taken: application/x-protobuf and application/json are");
            carrier.refuse(Some(&tenant), ApiError::new(Code::UnsupportedMediaType, message)).await
        }
    };
    match stored {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => refused(&error),
    }
}

/// `GET /ready`; anybody.
pub(in crate::api) async fn ready(services: web::Data<Services>) -> HttpResponse {
    match services.store.ping().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body("the store does not answer\n"),
    }
}
