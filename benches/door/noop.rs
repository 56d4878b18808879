//! Servers to compare with: one reads bodies to their end and does nothing else, the other has them read by the parser at once.

use actix_web::{App, HttpResponse, HttpServer, rt, web};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::{
    exchanges::parsed,
    process::{Process, free_address},
};

/// How this program is told to be one of them.
pub const WORDS: [&str; 2] = ["does-nothing", "parses"];

/// Serves until it is killed.
pub fn serve(word: &str, address: &str) -> anyhow::Result<()> {
    let parses = word == WORDS[1];
    rt::System::new().block_on(async {
        let app = move || App::new().default_service(if parses { web::to(parse) } else { web::to(read) });
        let server = HttpServer::new(app).workers(2).bind(address)?;
        eprintln!("serves at {address}");
        server.run().await
    })?;
    Ok(())
}

/// The process, and where it is.
pub fn start(word: &str) -> anyhow::Result<(Process, String)> {
    let address = free_address()?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    Ok((Process::start(command.args([word, &address]), "serves at")?, address))
}

async fn read(mut payload: web::Payload) -> actix_web::Result<HttpResponse> {
    let mut received = 0;
    while let Some(chunk) = payload.try_next().await? {
        received += chunk.len();
    }
    Ok(answer(received, 0))
}

async fn parse(mut payload: web::Payload) -> actix_web::Result<HttpResponse> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.try_next().await? {
        body.extend_from_slice(&chunk);
    }
    let logs = parsed(&body).map_err(actix_web::error::ErrorInternalServerError)?;
    Ok(answer(body.len(), logs.len()))
}

fn answer(received: usize, new: usize) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "received": received, "new": new, "already_known": 0, "paired": 0, "quarantined": 0 }))
}
