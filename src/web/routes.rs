//! Every address of the server, in one list: the router is made of it, and a test asks each of them in every role.

use actix_web::{HttpResponse, Route, http::Method, web};

use super::{
    account, around, ask, ask_stream, asking, assets, audit, branch_keys, branches, bulk, docs, duplicates, efficiency, error, errors,
    explain, export, files, group_rules, home, join, known, known_edit, known_error, known_export, known_import, known_life,
    known_versions, log, logs, people, pinned, preferences, quarantine, queue, queue_saved, regroup, regroup_plan, remove, reprocess,
    saved, sign_in, status_edit, status_merge, statuses, subscription_edit, subscriptions, suggestion, suggestion_stream, tail, triage,
    upload,
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
    get("/branches/{code}/subscriptions", || web::to(subscriptions::show)),
    post("/branches/{code}/subscriptions", || web::to(subscriptions::add)),
    get("/branches/{code}/subscriptions/{id}", || web::to(subscription_edit::show)),
    post("/branches/{code}/subscriptions/{id}", || web::to(subscription_edit::save)),
    post("/branches/{code}/subscriptions/{id}/remove", || web::to(subscriptions::remove)),
    post("/branches/{code}/subscriptions/{id}/test", || web::to(subscriptions::test)),
    get("/quarantine", || web::to(quarantine::list)),
    get("/quarantine/{id}", || web::to(quarantine::show)),
    post("/quarantine/{id}/replay", || web::to(quarantine::replay)),
    get("/files/{id}/delete", || web::to(remove::ask)),
    post("/files/{id}/delete", || web::to(remove::submit)),
    get("/files/{id}/reprocess", || web::to(reprocess::ask)),
    post("/files/{id}/reprocess", || web::to(reprocess::submit)),
    get("/errors", || web::to(queue::list)),
    post("/errors/bulk", || web::to(bulk::count)),
    post("/errors/bulk/apply", || web::to(bulk::apply)),
    get("/errors/bulk/{id}/undo", || web::to(bulk::plan_undo)),
    post("/errors/bulk/{id}/undo", || web::to(bulk::undo)),
    post("/errors/views", || web::to(queue_saved::save)),
    get("/errors/views/{id}/count", || web::to(queue_saved::count)),
    post("/errors/views/{id}/rename", || web::to(queue_saved::rename)),
    post("/errors/views/{id}/delete", || web::to(queue_saved::delete)),
    get("/errors/rules", || web::to(group_rules::list)),
    get("/errors/rules/{id}/withdraw", || web::to(regroup_plan::withdraw)),
    post("/errors/rules/{id}/withdraw", || web::to(group_rules::withdraw)),
    get("/errors/{id}", || web::to(errors::show)),
    post("/errors/{id}/approve", || web::to(explain::approve)),
    post("/errors/{id}/preview", || web::to(explain::preview)),
    get("/errors/{id}/merge", || web::to(regroup_plan::merge)),
    get("/errors/{id}/split", || web::to(regroup_plan::split)),
    post("/errors/{id}/merge", || web::to(regroup::merge)),
    post("/errors/{id}/split", || web::to(regroup::split)),
    get("/errors/{id}/next", || web::to(queue::next)),
    get("/errors/{id}/around", || web::to(around::show)),
    post("/errors/{id}/assign", || web::to(triage::assign)),
    post("/errors/{id}/ignore", || web::to(triage::ignore)),
    post("/errors/{id}/reopen", || web::to(triage::reopen)),
    post("/errors/{id}/comment", || web::to(triage::comment)),
    get("/errors/{id}/suggestion", || web::to(suggestion::show)),
    post("/errors/{id}/suggestion", || web::to(suggestion::ask)),
    get("/errors/{id}/suggestion/stream", || web::to(suggestion_stream::follow)),
    get("/errors/{id}/suggestion/prompt", || web::to(suggestion::prompt)),
    post("/errors/{id}/suggestion/cancel", || web::to(suggestion::cancel)),
    post("/errors/{id}/suggestion/reject", || web::to(suggestion::reject)),
    get("/ask", || web::to(ask::show)),
    post("/ask", || web::to(ask::submit)),
    post("/ask/stream", || web::to(ask_stream::follow)),
    get("/efficiency", || web::to(efficiency::show)),
    get("/known", || web::to(known::list)),
    get("/known/{id}/edit", || web::to(known_edit::show)),
    post("/known/{id}/edit", || web::to(known_edit::save)),
    post("/known/{id}/preview", || web::to(known_edit::try_entry)),
    post("/known/{id}/life", || web::to(known_life::lead)),
    post("/known/{id}/feedback", || web::to(known_life::feedback)),
    get("/known/{id}/versions", || web::to(known_versions::show)),
    post("/known/{id}/restore", || web::to(known_versions::restore)),
    get("/known/{id:.*}", || web::to(known_error::show)),
    get("/knowledge/new", || web::to(known_edit::blank)),
    post("/knowledge/new", || web::to(known_edit::create)),
    post("/knowledge/preview", || web::to(known_edit::try_draft)),
    get("/knowledge/duplicates", || web::to(duplicates::list)),
    post("/knowledge/merge", || web::to(duplicates::merge)),
    get("/knowledge/import", || web::to(known_import::show)),
    post("/knowledge/import", || web::to(known_import::submit)),
    post("/knowledge/import/check", || web::to(known_import::check)),
    get("/knowledge/export/{format}", || web::to(known_export::file)),
    get("/statuses", || web::to(statuses::list)),
    get("/statuses/{code}", || web::to(status_edit::show)),
    post("/statuses/{code}", || web::to(status_edit::save)),
    get("/statuses/{code}/merge", || web::to(status_merge::show)),
    post("/statuses/{code}/merge", || web::to(status_edit::merge)),
    get("/logs", || web::to(logs::list)),
    get("/logs/asking", || web::to(asking::show)),
    get("/logs/tail", || web::to(tail::show)),
    get("/logs/tail/rows", || web::to(tail::more)),
    get("/logs/export/{format}", || web::to(export::file)),
    post("/logs/save", || web::to(saved::save)),
    get("/logs/saved/{id}/count", || web::to(saved::count)),
    post("/logs/saved/{id}/rename", || web::to(saved::rename)),
    post("/logs/saved/{id}/delete", || web::to(saved::delete)),
    get("/logs/{id}", || web::to(log::show)),
    get("/logs/{id}/json", || web::to(log::json)),
    get("/pinned", || web::to(pinned::show)),
    get("/people", || web::to(people::list)),
    post("/people/invite", || web::to(people::invite)),
    post("/people/invitations/{id}/withdraw", || web::to(people::withdraw)),
    get("/people/{person}", || web::to(people::show)),
    post("/people/{person}", || web::to(people::change)),
    get("/join/{token}", || web::to(join::show)),
    post("/join/{token}", || web::to(join::submit)),
    get("/account", || web::to(account::show)),
    post("/account/keys", || web::to(account::keys)),
    post("/account/password", || web::to(account::password)),
    post("/account/sessions/{id}/end", || web::to(account::end_session)),
    post("/account/tokens", || web::to(account::make)),
    post("/account/tokens/{id}/revoke", || web::to(account::revoke)),
    get("/audit", || web::to(audit::list)),
    get("/docs/api", || web::to(docs::show)),
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
