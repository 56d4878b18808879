//! `GET /api/v1/branches/{code}/advice`: what is known of the errors that a branch had, each known error once.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::sender;
use crate::{
    api::error::{ApiError, Code},
    usecase::{Services, advise::Told},
};

/// What is told at a time.
const PAGE: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Asked {
    since: Option<String>,
}

/// `GET /api/v1/branches/{code}/advice?since=CURSOR`; a branch with its ingestion key.
pub(crate) async fn advice(
    request: HttpRequest,
    services: web::Data<Services>,
    gate: web::Data<super::Gate>,
    code: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, ApiError> {
    let key = sender::key(&request, &services, Some(&code)).await?;
    let since = asked.since.as_deref().unwrap_or("0").parse::<i64>().ok().filter(|since| *since >= 0);
    let since = since.ok_or_else(|| ApiError::new(Code::Malformed, "`since` is no cursor: take `next` of an earlier answer"))?;
    let page = gate.adviser.tell_branch(&services, &key.branch, since, PAGE).await?;
    let list: Vec<Value> = page.told.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "advice": list, "next": page.next.to_string(), "more": page.more })))
}

/// Advice as it is sent.
pub(super) fn shown(told: &Told) -> Value {
    let answers: Vec<Value> = told.answers.iter().map(|answer| json!({ "text": answer.text, "text_uk": answer.text_uk })).collect();
    json!({
        "known_error_id": told.known_error_id, "title": told.title, "title_uk": told.title_uk,
        "status": told.status, "status_title": told.status_title, "answers": answers,
    })
}
