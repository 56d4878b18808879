//! `serve`: the web pages.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::Result;

use super::Global;
use crate::{
    app, ml,
    usecase::{raw, rejudge},
    web,
};

/// Serve the web pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  loghelper serve --listen 0.0.0.0:8080 --data-dir /var/lib/loghelper")]
pub(super) struct Serve {
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let mut config = global.config()?;
        ml::threads::settle_if_possible(config.llm.threads);
        config.server.listen = self.listen.unwrap_or(config.server.listen);
        let services = app::open(config).await?;
        app::start_model(&services);
        let server = web::Server::bind(services.clone())?;
        app::start_embedder(&services);
        let keeper = services.clone();
        tokio::spawn(async move { raw::follow(&keeper).await });
        tokio::spawn(async move { rejudge::follow(&services).await });
        eprintln!("LogHelper serves at {}", server.url());
        server.run().await?;
        Ok(ExitCode::SUCCESS)
    }
}
