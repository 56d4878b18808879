//! The JSON API: every address under `/api/v1/` in one list, from which the router is made; a third door to the use cases.
//!
//! A handler reads its input, calls one use case and writes one shape. Whatever goes wrong has one shape too ([`error`]) and bears the
//! request's id ([`request_id`]). Who may use an address is said in the list and checked before its handler runs.

pub(crate) mod error;
pub(crate) mod ingest;
pub(crate) mod pace;
pub(crate) mod request_id;

use actix_web::{HttpRequest, HttpResponse, Route, http::Method, http::header, web};
use serde_json::json;

use error::{ApiError, Code};

/// Who may use an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Public,
    /// A branch with its ingestion key, which the handler checks.
    IngestionKey,
}

/// One address and what answers there.
pub(crate) struct Address {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    handler: fn() -> Route,
}

const fn get(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address { method: Method::GET, path, access, handler }
}

const fn post(path: &'static str, access: Access, handler: fn() -> Route) -> Address {
    Address { method: Method::POST, path, access, handler }
}

/// The addresses. Those of one path stand together.
pub(crate) const ALL: &[Address] = &[
    get("/api/v1", Access::Public, || web::to(about)),
    post("/api/v1/branches/{code}/logs", Access::IngestionKey, || web::to(ingest::post_logs)),
    get("/api/v1/branches/{code}/advice", Access::IngestionKey, || web::to(ingest::advice)),
];

/// Tells the server what answers where.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for same_path in ALL.chunk_by(|one, next| one.path == next.path) {
        let Some(first) = same_path.first() else { continue };
        let mut resource = web::resource(first.path).default_service(web::to(method_not_allowed));
        for address in same_path {
            resource = resource.route((address.handler)().method(address.method.clone()));
        }
        config.service(resource);
    }
    config.service(web::resource("/api/{rest:.*}").to(not_found));
}

/// `GET /api/v1`: what this is.
async fn about() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "name": "LogHelper", "version": env!("CARGO_PKG_VERSION") }))
}

/// An address that there is not.
async fn not_found() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such address")
}

/// A method that the address does not have; the answer names those it has.
async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let pattern = request.match_pattern().unwrap_or_default();
    let allowed: Vec<&str> = ALL.iter().filter(|address| address.path == pattern).map(|address| address.method.as_str()).collect();
    let mut answer = ApiError::new(Code::MethodNotAllowed, "this address has other methods").answer();
    if let Ok(allowed) = header::HeaderValue::from_str(&allowed.join(", ")) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}
