//! The web pages: server-rendered, readable without script, one file a page.
//!
//! Every route needs a signed-in person with a stated role, but for sign-in, health and static files. Log text is hostile: templates
//! escape it, and the content policy allows no inline script.

mod account;
mod activity;
mod around;
mod ask;
mod ask_stream;
pub(crate) mod asking;
mod assets;
mod audit;
mod branch_keys;
mod branches;
mod builder;
mod bulk;
mod catalogue;
mod chart;
mod client;
mod columns;
mod delivery_fault;
mod docs;
mod duplicates;
mod efficiency;
mod error;
mod errors;
mod escape;
mod examples;
mod explain;
mod export;
mod facets;
mod fault;
mod field;
mod files;
mod form;
mod group_parts;
mod group_rules;
mod histogram;
mod home;
mod i18n;
mod join;
mod json;
mod keys;
mod known;
mod known_edit;
mod known_error;
mod known_export;
mod known_form;
mod known_import;
mod known_life;
mod known_trend;
mod known_versions;
mod log;
mod logs;
mod marked;
mod moment;
mod origin;
mod people;
mod pinned;
mod preferences;
mod quarantine;
mod queue;
mod queue_parts;
mod queue_saved;
mod queue_view;
mod receive;
mod regroup;
mod regroup_plan;
mod remove;
mod reprocess;
mod routes;
mod saved;
mod saved_views;
mod session;
mod sign_in;
mod site;
mod status_edit;
mod status_merge;
mod statuses;
mod subscription_edit;
mod subscriptions;
mod suggestion;
mod suggestion_panel;
mod suggestion_stream;
mod tail;
#[cfg(test)]
mod tests;
mod times;
mod told;
mod trend;
mod triage;
mod unread;
mod upload;
mod upload_found;
mod upload_parts;
mod values;
mod view;
mod ways_fields;
mod zone;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev, middleware, web};

use crate::{
    api::{self, request_id},
    usecase::{Services, spool, suggest, tell},
};
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
    gate: web::Data<api::ingest::Gate>,
    listeners: api::ingest::listeners::Listeners,
}

impl Server {
    /// Binds the configured address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(services: Arc<Services>) -> anyhow::Result<Self> {
        let listen = services.config.server.listen;
        let data = web::Data::from(services.clone());
        spool::sweep(&services.spool_dir());
        let uploads = web::Data::new(upload::Uploads::default());
        let gate = web::Data::new(api::ingest::Gate::open(services.clone())?);
        let own_gate = gate.clone();
        let listeners = api::ingest::listeners::Listeners::open(&services, &own_gate.clone().into_inner())?;
        let attempts = web::Data::new(sign_in::Attempts::default());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(uploads.clone())
                .app_data(attempts.clone())
                .app_data(gate.clone())
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
                .wrap(middleware::from_fn(origin::with_origin))
                .wrap(middleware::from_fn(request_id::with_id))
                .wrap(middleware::from_fn(unread::close))
                .configure(api::configure)
                .configure(routes::configure)
        });
        // A head may take as long as the rest: a server that was held up for some seconds must not answer 408 to who is in time, as
        // OpenTelemetry's clients throw away what that answers.
        let patience = Duration::from_secs(services.config.server.patience_seconds);
        let server = server.client_request_timeout(patience);
        // A page goes out in parts: without this each waits for the browser's late acknowledgement of the one before, some 40 ms.
        let server = server.tcp_nodelay(true);
        let server =
            server.workers(2).shutdown_timeout(10).bind(listen).map_err(|error| anyhow::anyhow!("cannot listen at {listen}: {error}"))?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        Ok(Self { server: server.run(), address, services, gate: own_gate, listeners })
    }

    /// Where it is to be found.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where syslog and GELF are taken, in the order of the configuration.
    pub fn listeners(&self) -> &[SocketAddr] {
        &self.listeners.addresses
    }

    /// Serves until the process is told to stop; requests under way are finished.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn run(self) -> anyhow::Result<()> {
        let services = self.services;
        let drafter = tokio::spawn(suggest::run(services.clone()));
        let teller = tokio::spawn(tell::run(services.clone()));
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
        drafter.abort();
        teller.abort();
        refresher.abort();
        self.listeners.close().await;
        if let Err(error) = self.gate.close().await {
            tracing::warn!(%error, "counts are left to the next server");
        }
        Ok(done?)
    }
}
