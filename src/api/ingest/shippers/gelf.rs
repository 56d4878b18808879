//! `POST /gelf`: messages in Graylog's format.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Gate, carry::Carrier, plain::refused};
use crate::{parse::shipped, usecase::Services};

/// `POST /gelf`; a branch with its ingestion key.
pub(in crate::api) async fn message(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    mut payload: web::Payload,
) -> HttpResponse {
    let carrier = Carrier { request, services, gate };
    match carrier.store(&mut payload, None, shipped::gelf_http).await {
        Ok(()) => HttpResponse::Accepted().finish(),
        Err(error) => refused(&error),
    }
}
