//! `POST /api/v1/branches/{code}/agent`: what a branch's agent says of itself. Fields that this server does not know are passed over, so
//! that agents may be newer; texts and lists are cut to what a page can show.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use bson::DateTime;
use serde::Deserialize;

use super::{admit, sender};
use crate::{
    api::{
        error::{ApiError, Code},
        input::Body,
    },
    domain::{AgentFile, AgentReport, AgentTrouble},
    usecase::Services,
};

/// Agents of a branch that are kept.
const AGENTS: usize = 64;
/// Longest name of an agent.
const MAX_NAME: usize = 64;
/// Longest text and path, in characters.
const MAX_TEXT: usize = 300;

/// What it says; moments are in seconds since 1970.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    agent: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    started_at: i64,
    #[serde(default)]
    lag_bytes: i64,
    #[serde(default)]
    lag_seconds: i64,
    #[serde(default)]
    n_files: i64,
    #[serde(default)]
    files: Vec<SaidFile>,
    #[serde(default)]
    spool: SaidSpool,
    #[serde(default)]
    sending: Option<SaidTrouble>,
    #[serde(default)]
    reading: Option<SaidTrouble>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SaidSpool {
    batches: i64,
    bytes: i64,
    max_bytes: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SaidFile {
    path: String,
    size_bytes: i64,
    lag_bytes: i64,
    trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SaidTrouble {
    kind: String,
    text: String,
    since: i64,
}

/// `POST /api/v1/branches/{code}/agent`; a branch with its ingestion key.
pub(crate) async fn report(
    request: HttpRequest,
    services: web::Data<Services>,
    code: web::Path<String>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    // Who it is comes before what they say.
    let key = sender::key(&request, &services, Some(&code)).await?;
    let Body(said) = Body::<Said>::from_request(&request, &mut body.into_inner()).await?;
    let is_name =
        |name: &str| !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !is_name(&said.agent) {
        return Err(ApiError::new(Code::Invalid, "agent: 1 to 64 letters, digits, `-`, `_` or `.`"));
    }
    let seconds = |seconds: i64| DateTime::from_millis(seconds.clamp(0, 253_402_300_799) * 1000);
    let trouble = |said: SaidTrouble| AgentTrouble { kind: short(&said.kind), text: short(&said.text), since: seconds(said.since) };
    let file = |said: SaidFile| AgentFile {
        path: short(&said.path),
        size_bytes: said.size_bytes.max(0),
        lag_bytes: said.lag_bytes.max(0),
        trouble: said.trouble.as_deref().map(short),
    };
    let report = AgentReport {
        id: AgentReport::id_for(&key.branch, &said.agent),
        branch: key.branch.clone(),
        agent: said.agent,
        host: short(&said.host),
        version: short(&said.version),
        started_at: seconds(said.started_at),
        seen_at: DateTime::now(),
        lag_bytes: said.lag_bytes.max(0),
        lag_seconds: said.lag_seconds.max(0),
        spool_batches: said.spool.batches.max(0),
        spool_bytes: said.spool.bytes.max(0),
        spool_max_bytes: said.spool.max_bytes.max(0),
        n_files: said.n_files.max(0),
        files: said.files.into_iter().take(AgentReport::MAX_FILES).map(file).collect(),
        sending: said.sending.map(trouble),
        reading: said.reading.map(trouble),
    };
    services.store.save_agent_report(&report, AGENTS).await.map_err(|error| admit::unavailable(&error))?;
    Ok(HttpResponse::NoContent().finish())
}

/// A text as a page shows it.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}
