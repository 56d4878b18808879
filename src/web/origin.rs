//! Every request carries where it comes from, and refusals are noted in the audit log: of known people each, among them reaching for what is
//! another branch's, of strangers with a token or key one a source and minute.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web,
};

use super::client;
use crate::{
    api::request_id,
    usecase::{
        Services,
        audit::{self, AuditAction, Deed, Origin},
        refusals::Kind,
    },
};

/// Wraps a request in its origin.
pub(super) async fn with_origin<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else { return next.call(request).await };
    let address = client::address(request.request(), &services.config.server.trusted_proxies).map(|address| address.to_string());
    audit::during(Origin::new(address, Some(request_id::current())), async {
        let bears_secret = request.headers().contains_key(header::AUTHORIZATION);
        let answer = next.call(request).await?;
        let asked = || format!("{} {}", answer.request().method(), answer.request().path());
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if bears_secret && audit::actor().is_none() => {
                audit::record_stranger(&services, Kind::Secret, Deed::new(AuditAction::Request, asked())).await;
            }
            StatusCode::FORBIDDEN => audit::record_refusal(&services, &asked()).await,
            // Whoever asks is told that there is no such thing, not that it is another's.
            StatusCode::NOT_FOUND if audit::reached_beyond() => audit::record_refusal(&services, &asked()).await,
            _ => {}
        }
        Ok(answer)
    })
    .await
}
