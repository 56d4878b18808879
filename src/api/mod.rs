//! The JSON API: every address under `/api/v1/` in one list, from which the router, the checks of who may do what and the OpenAPI
//! document are made; a third door to the use cases.
//!
//! A handler reads its input, calls one use case and writes one shape. Whatever goes wrong has one shape too ([`error`]) and bears the
//! request's id ([`request_id`]). Who may use an address is said in the list ([`routes`]) and checked before its handler runs ([`guard`]).

mod about;
mod account;
mod address;
mod agents;
pub(crate) mod answering;
mod audit;
mod branches;
mod bulk;
mod duplicates;
pub(crate) mod error;
mod errors;
pub(crate) mod events;
mod facets;
mod feedback;
mod figures;
mod files;
mod group_rules;
mod guard;
pub(crate) mod ingest;
mod input;
mod keys;
mod knowledge;
mod knowledge_table;
mod known_error_preview;
mod known_errors;
mod ledger;
mod log_views;
mod logs;
mod matching;
mod metrics;
mod metrics_model;
pub(crate) mod openapi;
pub(crate) mod pace;
mod people;
mod quarantine;
mod queries;
mod questions;
mod reprocess;
pub(crate) mod request_id;
mod routes;
mod schema;
pub(crate) mod spooling;
mod statuses;
mod subscriptions;
mod suggestions;
mod triage;
mod uploads;
mod values;
mod versions;
mod words;

use actix_web::{HttpRequest, HttpResponse, guard::fn_guard, http::header, middleware, web};

pub(crate) use address::{Access, Address};
use error::{ApiError, Code};
pub(crate) use routes::ALL;

/// Name of the session's cookie.
pub(crate) const COOKIE: &str = "loghelper_session";

/// Tells the server what answers where.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // The router tries one address after the other: those that are asked a thousand times a second come first.
    let paths = || ALL.chunk_by(|one, next| one.path == next.path);
    let is_often = |same_path: &&[Address]| same_path.iter().any(|address| address.access == Access::IngestionKey);
    for same_path in paths().filter(is_often).chain(paths().filter(|same_path| !is_often(same_path))) {
        let Some(first) = same_path.first() else { continue };
        let mut resource = web::resource(first.path).default_service(web::to(method_not_allowed));
        if let Some(asks) = first.only {
            resource = resource.guard(fn_guard(asks));
        }
        for address in same_path {
            resource = resource.route((address.handler)().method(address.method.clone()));
        }
        config.service(resource.wrap(middleware::from_fn(|request, next| guard::guard(same_path, request, next))));
    }
    config.service(web::resource("/api/{rest:.*}").to(not_found));
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
