//! Servers to compare with: one reads bodies to their end and does nothing else. The other does what comes before the store, put together
//! of the program's own pieces: the same address, the check of the key, the body read, paired, its errors found, encoded, counted in the
//! answer; no middleware, no group commit, no ledger.

use std::{cell::RefCell, path::Path, sync::Arc};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, http::header, rt, web};
use bson::DateTime;
use futures_util::TryStreamExt;
use loghelper::{app, config::Config, parse::Memory, usecase::Services};
use serde_json::json;

use crate::{
    exchanges::parsed,
    process::{Process, free_address},
};

/// How this program is told to be one of them.
pub const WORDS: [&str; 2] = ["does-nothing", "parses"];

/// Bytes that memory is taken for before they came.
const MOST_TAKEN: usize = 4 << 20;

thread_local! {
    /// As the program itself keeps it from one batch of posts to the next.
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Serves until it is killed; the keys are those of the store in this folder.
pub fn serve(word: &str, address: &str, folder: &Path) -> anyhow::Result<()> {
    let parses = word == WORDS[1];
    rt::System::new().block_on(async {
        let services: Option<Arc<Services>> = if parses { Some(app::open(Config::in_dir(folder)).await?) } else { None };
        let configure = move |config: &mut web::ServiceConfig| match services.clone() {
            Some(services) => {
                config.app_data(web::Data::from(services)).route("/api/v1/branches/{code}/logs", web::post().to(parse));
            }
            None => {
                config.default_service(web::to(read));
            }
        };
        let server = HttpServer::new(move || App::new().configure(configure.clone())).workers(2).bind(address)?;
        eprintln!("serves at {address}");
        server.run().await?;
        Ok(())
    })
}

/// The process, and where it is.
pub fn start(word: &str, folder: &Path) -> anyhow::Result<(Process, String)> {
    let address = free_address()?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    Ok((Process::start(command.args([word, &address]).arg(folder), "serves at")?, address))
}

async fn read(mut payload: web::Payload) -> actix_web::Result<HttpResponse> {
    let mut received = 0;
    while let Some(chunk) = payload.try_next().await? {
        received += chunk.len();
    }
    Ok(answer(received, 0))
}

async fn parse(
    request: HttpRequest,
    services: web::Data<Services>,
    code: web::Path<String>,
    mut payload: web::Payload,
) -> actix_web::Result<HttpResponse> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let key = services.keys.open(&services, given.unwrap_or_default(), DateTime::now()).await;
    let key = key.map_err(error::ErrorInternalServerError)?.filter(|key| key.branch.as_str() == *code);
    let key = key.ok_or_else(|| error::ErrorUnauthorized("no key of this branch"))?;
    // As in the program, memory is taken for what the request says that it sends.
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut body = Vec::with_capacity(announced.unwrap_or_default().min(MOST_TAKEN));
    while let Some(chunk) = payload.try_next().await? {
        body.extend_from_slice(&chunk);
    }
    let logs = MEMORY.with_borrow_mut(|memory| parsed(memory, &key.branch, &services.rules, &body));
    Ok(answer(body.len(), logs.map_err(error::ErrorInternalServerError)?.len()))
}

fn answer(received: usize, new: usize) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "received": received, "new": new, "already_known": 0, "paired": 0, "quarantined": 0 }))
}
