//! Every request carries where it comes from, and refusals of known people are noted in the audit log.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};

use super::client;
use crate::{
    api::request_id,
    usecase::{
        Services,
        audit::{self, Origin},
    },
};

/// Wraps a request in its origin.
pub(super) async fn with_origin<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else { return next.call(request).await };
    let address = client::address(request.request(), &services.config.server.trusted_proxies).map(|address| address.to_string());
    audit::during(Origin::new(address, Some(request_id::current())), async {
        let answer = next.call(request).await?;
        if answer.status() == StatusCode::FORBIDDEN {
            let asked = format!("{} {}", answer.request().method(), answer.request().path());
            audit::record_refusal(&services, &asked).await;
        }
        Ok(answer)
    })
    .await
}
