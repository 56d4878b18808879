//! The program itself up to its store: the same server and the same way of reading a file, over a store that says of every Log that it is
//! new and keeps none. All else that is stored (records of streams and files, groups, properties) is stored as ever.

use std::{net::SocketAddr, path::Path, process::Command, sync::Arc, time::Duration};

use anyhow::Context;
use loghelper::{
    config::Config,
    parse::FormatChoice,
    store::{AdminStore, SharedStore, sqlite::SqliteStore},
    usecase::{IngestRequest, Services},
    web,
};

/// How this program is told to serve so, and to read a file so.
pub const WORDS: [&str; 2] = ["forgets", "reads-and-forgets"];

/// Serves at this address until it is killed, or reads this file and ends; by what the store in this folder knows.
pub fn run(word: &str, what: &str, folder: &Path) -> anyhow::Result<()> {
    // As the program's own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { if word == WORDS[0] { serve(what.parse()?, folder).await } else { read(Path::new(what), folder).await } })
}

/// Reads a file in a process of its own, which has ended when this returns.
pub fn ingest(file: &Path, folder: &Path) -> anyhow::Result<()> {
    let status = Command::new(std::env::current_exe()?).arg(WORDS[1]).args([file, folder]).status()?;
    anyhow::ensure!(status.success(), "reading a file failed: {status}");
    Ok(())
}

async fn serve(listen: SocketAddr, folder: &Path) -> anyhow::Result<()> {
    let mut config = Config::in_dir(folder);
    config.server.listen = listen;
    let server = web::Server::bind(open(config).await?)?;
    eprintln!("serves at {listen}");
    server.run().await
}

async fn read(file: &Path, folder: &Path) -> anyhow::Result<()> {
    let request = IngestRequest {
        branch: "K1".parse()?,
        name: "k1.log".to_owned(),
        path: file.to_owned(),
        format: FormatChoice::Auto,
        uploaded_by: "bench".to_owned(),
    };
    open(Config::in_dir(folder)).await?.ingest_file(request, Arc::new(|_| ())).await?;
    Ok(())
}

async fn open(config: Config) -> anyhow::Result<Arc<Services>> {
    let url = config.store_url();
    let path = url.strip_prefix("sqlite:").context("the bench uses the embedded store")?;
    let store = SqliteStore::open(Path::new(path), Duration::from_secs(5))?.forgetting_logs();
    store.migrate().await?;
    let store: SharedStore = Arc::new(store);
    Ok(Arc::new(Services::open(store, Arc::new(config)).await?))
}
