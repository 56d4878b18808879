//! `demo`: everything at once, for whoever sees the program for the first time.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use bson::DateTime;

use super::{Global, ingest};
use crate::{
    app,
    domain::{self, DateOrder, Role},
    ml,
    parse::FormatChoice,
    sample::{self, Plan, Truth},
    usecase::{IngestRequest, Services, knowledge_base, rejudge, sign_in},
    web,
};

/// The knowledge base that comes with the program.
const SEED: &str = include_str!("../../seed/knowledge_base.json");
/// Who signs in to the demonstration.
const NAME: &str = "demo";
/// Branches of the demonstration: code, name, and the zone in which their servers write dates.
const BRANCHES: [(&str, &str, &str); 3] =
    [("K01", "Kyiv, Khreshchatyk 1", "Europe/Kyiv"), ("L02", "Lviv, Svobody 15", "Europe/Warsaw"), ("O03", "Odesa, Derybasivska 9", "UTC")];

/// Seed a fresh store with a knowledge base and the logs of three branches, then serve.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  loghelper demo\n  loghelper demo --generate 100000 --out logs")]
pub(super) struct Demo {
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Only prepare the store; do not serve
    #[arg(long)]
    no_serve: bool,
    /// Write this many exchanges as log files, with the truth about them in truth.json, and do nothing else
    #[arg(long, value_name = "N")]
    generate: Option<u64>,
    /// Folder for generated files
    #[arg(long, value_name = "DIR", default_value = "generated", requires = "generate")]
    out: PathBuf,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 20_160_508)]
    seed: u64,
}

impl Demo {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        if let Some(n) = self.generate {
            let written = write_files(sample::plans(n, self.seed), &self.out)?;
            write_truth(&written, &self.out)?;
            for file in &written {
                println!("{}", file.path.display());
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mut config = global.config()?;
        ml::threads::settle_if_possible(config.llm.threads);
        config.server.listen = self.listen.unwrap_or(config.server.listen);
        let sign_in_file = config.data.dir.join("demo-sign-in.txt");
        let services = app::open(config).await?;
        if services.store.list_known_errors().await?.is_empty() {
            let document: knowledge_base::Document = serde_json::from_str(SEED).context("the seed is no knowledge base")?;
            knowledge_base::import(&services, &document, "seed", DateTime::now()).await?;
            eprintln!("knowledge base: {} statuses, {} known errors", document.statuses.len(), document.known_errors.len());
        }
        if services.store.list_log_files(None, 1).await?.is_empty() {
            fill(&services).await?;
        } else {
            eprintln!("found the data of an earlier run in {}: nothing was added", services.store.describe());
        }
        let password = sign_in_secret(&services, &sign_in_file).await?;
        eprintln!("sign in as `{NAME}` with the password `{password}` (kept in {})", sign_in_file.display());
        if self.no_serve {
            return Ok(ExitCode::SUCCESS);
        }
        app::start_model(&services);
        let server = web::Server::bind(services.clone())?;
        app::start_embedder(&services);
        tokio::spawn(async move { rejudge::follow(&services).await });
        eprintln!("open {}", server.url());
        server.run().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A sample log on disk.
struct Written {
    branch: &'static str,
    path: PathBuf,
    truth: Truth,
}

/// Writes the files of plans.
fn write_files(plans: Vec<Vec<Plan>>, folder: &Path) -> Result<Vec<Written>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut written = Vec::new();
    for days in plans {
        let mut late = Vec::new();
        for plan in days {
            let path = folder.join(&plan.file);
            let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            let generated = sample::generate(&plan, late, &mut out).with_context(|| format!("cannot write {}", path.display()))?;
            late = generated.1;
            written.push(Written { branch: plan.branch, path, truth: generated.0 });
        }
    }
    Ok(written)
}

/// Writes what the files hold into `truth.json`, so that what a program finds in them can be checked.
fn write_truth(written: &[Written], folder: &Path) -> Result<()> {
    let name = |file: &Written| file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let truths: BTreeMap<String, &Truth> = written.iter().map(|file| (name(file), &file.truth)).collect();
    let path = folder.join("truth.json");
    fs::write(&path, serde_json::to_vec_pretty(&truths)?).with_context(|| format!("cannot write {}", path.display()))
}

/// Ingests the sample logs of the three branches.
async fn fill(services: &Services) -> Result<()> {
    for (code, name, timezone) in BRANCHES {
        let branch = domain::Branch {
            code: code.parse()?,
            name: name.to_owned(),
            timezone: timezone.to_owned(),
            encoding: None,
            date_order: DateOrder::Detect,
            created_at: DateTime::now(),
        };
        services.store.save_branch(&branch).await?;
    }
    let folder = tempfile::tempdir().context("cannot make a folder for the sample logs")?;
    for Written { branch, path, .. } in write_files(sample::demo_plans(), folder.path())? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let request =
            IngestRequest { branch: branch.parse()?, name, path, format: FormatChoice::Auto, uploaded_by: "demonstration".to_owned() };
        let done = ingest::ingest_with_bar(services, request).await?;
        eprintln!("{branch} {}", ingest::sentence(&done));
    }
    Ok(())
}

/// The password of the demonstration: made at random once and kept where only its owner reads.
async fn sign_in_secret(services: &Services, file: &Path) -> Result<String> {
    if let Ok(kept) = fs::read_to_string(file)
        && services.store.find_user(NAME).await?.is_some()
    {
        return Ok(kept.trim().to_owned());
    }
    let password: String = sign_in::new_secret()?.chars().take(16).collect();
    let user = sign_in::new_user(NAME, password.clone().into(), Role::SystemAdministrator, Vec::new(), DateTime::now()).await?;
    if !services.store.update_user(&user).await? {
        services.store.insert_user(&user).await?;
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).and_then(|mut file| writeln!(file, "{password}")).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(password)
}
