//! The web pages: server-rendered, readable without script, one file a page.
//!
//! Every route needs a signed-in person with a stated role, but for sign-in, health and static files. Log text is hostile: templates
//! escape it, and the content policy allows no inline script.

mod assets;
mod error;
mod errors;
mod files;
mod form;
mod home;
mod i18n;
mod json;
mod known;
mod log;
mod logs;
mod preferences;
mod saved;
mod session;
mod sign_in;
mod statuses;
mod upload;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, dev, middleware, web};

use crate::usecase::Services;
use error::PageError;

/// How often other processes' changes are taken over.
const REFRESH: Duration = Duration::from_secs(2);
/// Largest form but for uploads, in bytes.
const MAX_FORM: usize = 1 << 20;

/// What browsers may do with our pages.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A server that is bound and not running yet.
pub struct Server {
    server: dev::Server,
    address: SocketAddr,
    services: Arc<Services>,
}

impl Server {
    /// Binds the configured address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(services: Arc<Services>) -> anyhow::Result<Self> {
        let listen = services.config.server.listen;
        let data = web::Data::from(services.clone());
        upload::sweep(&services.spool_dir());
        let uploads = web::Data::new(upload::Uploads::default());
        let attempts = web::Data::new(sign_in::Attempts::default());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(uploads.clone())
                .app_data(attempts.clone())
                .app_data(web::FormConfig::default().limit(MAX_FORM).error_handler(|error, request| PageError::unreadable(&error, request)))
                .app_data(web::QueryConfig::default().error_handler(|error, request| PageError::unreadable(&error, request)))
                .app_data(web::PathConfig::default().error_handler(|error, request| PageError::unreadable(&error, request)))
                .wrap(middleware::from_fn(error::with_menu))
                .wrap(middleware::Compress::default())
                .wrap(
                    middleware::DefaultHeaders::new()
                        .add(("Content-Security-Policy", POLICY))
                        .add(("X-Content-Type-Options", "nosniff"))
                        .add(("X-Frame-Options", "DENY"))
                        .add(("Cross-Origin-Opener-Policy", "same-origin"))
                        .add(("Referrer-Policy", "same-origin")),
                )
                .configure(routes)
        });
        let server =
            server.workers(2).shutdown_timeout(10).bind(listen).map_err(|error| anyhow::anyhow!("cannot listen at {listen}: {error}"))?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        Ok(Self { server: server.run(), address, services })
    }

    /// Where it is to be found.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process is told to stop; requests under way are finished.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn run(self) -> anyhow::Result<()> {
        let services = self.services;
        let refresher = tokio::spawn(async move {
            let mut tick = tokio::time::interval(REFRESH);
            loop {
                tick.tick().await;
                if let Err(error) = services.refresh().await {
                    tracing::warn!(%error, "cannot take over changes of the knowledge base");
                }
            }
        });
        let done = self.server.await;
        refresher.abort();
        Ok(done?)
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/healthz", web::get().to(|| async { HttpResponse::Ok().body("ok") }))
        .route("/readyz", web::get().to(ready))
        .route("/static/{name}", web::get().to(assets::file))
        .route("/sign-in", web::get().to(sign_in::show))
        .route("/sign-in", web::post().to(sign_in::submit))
        .route("/sign-out", web::post().to(sign_in::out))
        .route("/preferences", web::post().to(preferences::submit))
        .route("/", web::get().to(home::show))
        .route("/upload", web::get().to(upload::show))
        .route("/upload", web::post().to(upload::submit))
        .route("/uploads/{token}", web::get().to(upload::follow))
        .route("/uploads/{token}/progress", web::get().to(upload::progress))
        .route("/files", web::get().to(files::list))
        .route("/files/{id}", web::get().to(files::show))
        .route("/errors", web::get().to(errors::list))
        .route("/errors/{id}", web::get().to(errors::show))
        .route("/errors/{id}/approve", web::post().to(errors::approve))
        .route("/errors/{id}/ignore", web::post().to(errors::ignore))
        .route("/known", web::get().to(known::list))
        .route("/known/{id:.*}", web::get().to(known::show))
        .route("/statuses", web::get().to(statuses::list))
        .route("/logs", web::get().to(logs::list))
        .route("/logs/save", web::post().to(saved::save))
        .route("/logs/saved/{id}/delete", web::post().to(saved::delete))
        .route("/logs/{id}", web::get().to(log::show))
        .route("/logs/{id}/json", web::get().to(log::json))
        .default_service(web::to(error::not_found));
}

async fn ready(services: web::Data<Services>) -> HttpResponse {
    match services.store.ping().await {
        Ok(()) => HttpResponse::Ok().body("ready"),
        Err(_) => HttpResponse::ServiceUnavailable().body("the store does not answer"),
    }
}
