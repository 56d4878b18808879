//! As much of Elasticsearch as its log shippers ask for: bulk requests, and what they want to know before they send one.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    guard::GuardContext,
    http::{StatusCode, header},
    web,
};
use serde_json::{Value, json};

use super::{Gate, carry::Carrier, sender};
use crate::{
    api::error::{ApiError, Code},
    parse::shipped::{self, Item},
    usecase::Services,
};

/// The version that clients are told: they refuse what is older than they are, or speak to it as to a stranger.
const VERSION: &str = "8.19.0";

/// Whether whoever asks for `/` is a client of Elasticsearch: browsers show no key.
pub(in crate::api) fn is_client(context: &GuardContext<'_>) -> bool {
    context.head().headers().contains_key(header::AUTHORIZATION)
}

/// `GET /` and `HEAD /`; a branch with its ingestion key.
pub(in crate::api) async fn root(request: HttpRequest, services: web::Data<Services>) -> HttpResponse {
    let body = json!({
        "name": "loghelper", "cluster_name": "loghelper", "cluster_uuid": "loghelper",
        "version": {
            "number": VERSION, "build_flavor": "default", "build_type": "docker", "build_hash": "loghelper", "build_snapshot": false,
            "minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    });
    told(&request, &services, body).await
}

/// `GET /_license`; a branch with its ingestion key.
pub(in crate::api) async fn license(request: HttpRequest, services: web::Data<Services>) -> HttpResponse {
    told(&request, &services, json!({ "license": { "status": "active", "uid": "loghelper", "type": "basic", "mode": "basic" } })).await
}

/// `GET /_cluster/health`; a branch with its ingestion key.
pub(in crate::api) async fn health(request: HttpRequest, services: web::Data<Services>) -> HttpResponse {
    // Who it is comes before what is asked of the store.
    let answer =
        told(&request, &services, json!({ "cluster_name": "loghelper", "status": "green", "timed_out": false, "number_of_nodes": 1 }));
    let answer = answer.await;
    if answer.status() == StatusCode::OK && services.store.ping().await.is_err() {
        return refused(&ApiError::new(Code::Unavailable, "the store does not answer"));
    }
    answer
}

/// `POST /_bulk` and `POST /{index}/_bulk`; a branch with its ingestion key.
pub(in crate::api) async fn bulk(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<Gate>,
    mut payload: web::Payload,
) -> HttpResponse {
    let begun = Instant::now();
    let index = request.match_info().get("index").unwrap_or_default().to_owned();
    let carrier = Carrier { request, services, gate };
    match carrier.store(&mut payload, None, move |body, shipment| shipped::bulk(body, &index, shipment)).await {
        Ok(items) => {
            let errors = items.iter().any(|item| !item.action.is_taken());
            let items: Vec<Value> = items.iter().map(answer_to).collect();
            let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            product(StatusCode::OK).json(json!({ "took": took, "errors": errors, "items": items }))
        }
        Err(error) => refused(&error),
    }
}

/// What a client is told of one document. One that was there already is answered as a new one: a replay is no conflict.
fn answer_to(item: &Item) -> Value {
    let about = if item.action.is_taken() {
        json!({
            "_index": item.index, "_id": item.id, "_version": 1, "result": "created", "_seq_no": 0, "_primary_term": 1, "status": 201,
            "_shards": { "total": 1, "successful": 1, "failed": 0 },
        })
    } else {
        let error = json!({ "type": "illegal_argument_exception", "reason": "what was logged stays as it is: index and create are taken" });
        json!({ "_index": item.index, "_id": item.id, "status": 400, "error": error })
    };
    json!({ item.action.as_str(): about })
}

async fn told(request: &HttpRequest, services: &Services, body: Value) -> HttpResponse {
    match sender::key(request, services, None).await {
        Ok(_) => product(StatusCode::OK).json(body),
        Err(error) => refused(&error),
    }
}

/// Clients look for the product's name before they believe an answer.
fn product(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header(("X-Elastic-Product", "Elasticsearch"));
    answer
}

fn refused(error: &ApiError) -> HttpResponse {
    let status = error.code().status();
    let kind = match error.code() {
        Code::Unauthenticated | Code::Forbidden => "security_exception",
        Code::TooManyRequests | Code::Unavailable => "es_rejected_execution_exception",
        _ => "illegal_argument_exception",
    };
    let mut answer = product(status);
    if let Some(seconds) = error.wait() {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if error.code() == Code::Unauthenticated {
        answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"LogHelper\""));
    }
    let cause = json!({ "type": kind, "reason": error.to_string() });
    let body = json!({ "error": { "root_cause": [cause], "type": kind, "reason": error.to_string() }, "status": status.as_u16() });
    answer.json(body)
}
