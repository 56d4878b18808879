//! Every address of the server, in one list: the router is made of it, and a test asks each of them in every role.

use actix_web::{HttpResponse, Route, http::Method, web};

use super::{
    assets, branch_keys, branches, error, errors, files, home, known, log, logs, preferences, quarantine, regroup, saved, sign_in,
    statuses, upload,
};
use crate::usecase::Services;

/// One address and what answers there.
pub(super) struct Address {
    pub(super) method: Method,
    pub(super) path: &'static str,
    handler: fn() -> Route,
}

const fn get(path: &'static str, handler: fn() -> Route) -> Address {
    Address { method: Method::GET, path, handler }
}

const fn post(path: &'static str, handler: fn() -> Route) -> Address {
    Address { method: Method::POST, path, handler }
}

/// The addresses; who may use one stands above its handler. Of two that fit, the first answers.
pub(super) const ALL: &[Address] = &[
    get("/healthz", || web::to(|| async { HttpResponse::Ok().body("ok") })),
    get("/readyz", || web::to(ready)),
    get("/static/{name}", || web::to(assets::file)),
    get("/sign-in", || web::to(sign_in::show)),
    post("/sign-in", || web::to(sign_in::submit)),
    post("/sign-out", || web::to(sign_in::out)),
    post("/preferences", || web::to(preferences::submit)),
    get("/", || web::to(home::show)),
    get("/upload", || web::to(upload::show)),
    post("/upload", || web::to(upload::submit)),
    get("/uploads/{token}", || web::to(upload::follow)),
    get("/uploads/{token}/progress", || web::to(upload::progress)),
    get("/files", || web::to(files::list)),
    get("/files/{id}", || web::to(files::show)),
    get("/branches", || web::to(branches::list)),
    get("/branches/{code}", || web::to(branches::show)),
    post("/branches/{code}/keys", || web::to(branch_keys::add)),
    post("/branches/{code}/keys/{id}/rotate", || web::to(branch_keys::rotate)),
    post("/branches/{code}/keys/{id}/revoke", || web::to(branch_keys::revoke)),
    get("/quarantine", || web::to(quarantine::list)),
    get("/quarantine/{id}", || web::to(quarantine::show)),
    post("/quarantine/{id}/replay", || web::to(quarantine::replay)),
    get("/errors", || web::to(errors::list)),
    get("/errors/{id}", || web::to(errors::show)),
    post("/errors/{id}/approve", || web::to(errors::approve)),
    post("/errors/{id}/preview", || web::to(errors::preview)),
    post("/errors/{id}/merge", || web::to(regroup::merge)),
    post("/errors/{id}/split", || web::to(regroup::split)),
    post("/errors/{id}/ignore", || web::to(errors::ignore)),
    get("/known", || web::to(known::list)),
    get("/known/{id:.*}", || web::to(known::show)),
    get("/statuses", || web::to(statuses::list)),
    get("/logs", || web::to(logs::list)),
    post("/logs/save", || web::to(saved::save)),
    post("/logs/saved/{id}/delete", || web::to(saved::delete)),
    get("/logs/{id}", || web::to(log::show)),
    get("/logs/{id}/json", || web::to(log::json)),
];

/// Tells the server what answers where.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    for address in ALL {
        config.route(address.path, (address.handler)().method(address.method.clone()));
    }
    config.default_service(web::to(error::not_found));
}

/// `GET /readyz`; anybody.
async fn ready(services: web::Data<Services>) -> HttpResponse {
    match services.store.ping().await {
        Ok(()) => HttpResponse::Ok().body("ready"),
        Err(_) => HttpResponse::ServiceUnavailable().body("the store does not answer"),
    }
}
