//! `demo`: everything at once, for whoever sees the program for the first time.

use std::{
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
    parse::FormatChoice,
    sample::{self, Plan},
    usecase::{IngestRequest, Services, knowledge_base, sign_in},
    web,
};

/// The knowledge base that comes with the program.
const SEED: &str = include_str!("../../seed/knowledge_base.json");
/// Who signs in to the demonstration.
const NAME: &str = "demo";
/// Branches of the demonstration: code, name.
const BRANCHES: [(&str, &str); 3] = [("K01", "Kyiv, Khreshchatyk 1"), ("L02", "Lviv, Svobody 15"), ("O03", "Odesa, Derybasivska 9")];

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
    /// Write this many exchanges as log files and do nothing else
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
        let known = known_texts()?;
        if let Some(n) = self.generate {
            for path in write_files(sample::plans(n, self.seed), &known, &self.out)? {
                println!("{}", path.1.display());
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mut config = global.config()?;
        config.server.listen = self.listen.unwrap_or(config.server.listen);
        let sign_in_file = config.data.dir.join("demo-sign-in.txt");
        let services = app::open(config).await?;
        if services.store.list_known_errors().await?.is_empty() {
            let document: knowledge_base::Document = serde_json::from_str(SEED).context("the seed is no knowledge base")?;
            knowledge_base::import(services.store.as_ref(), &document, "seed", DateTime::now()).await?;
            eprintln!("knowledge base: {} statuses, {} known errors", document.statuses.len(), document.known_errors.len());
        }
        if services.store.list_log_files(None, 1).await?.is_empty() {
            fill(&services, &known).await?;
        } else {
            eprintln!("found the data of an earlier run in {}: nothing was added", services.store.describe());
        }
        let password = sign_in_secret(&services, &sign_in_file).await?;
        eprintln!("sign in as `{NAME}` with the password `{password}` (kept in {})", sign_in_file.display());
        if self.no_serve {
            return Ok(ExitCode::SUCCESS);
        }
        let server = web::Server::bind(services)?;
        eprintln!("open {}", server.url());
        server.run().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Texts of the seed's known errors, for the generator.
fn known_texts() -> Result<Vec<String>> {
    let document: knowledge_base::Document = serde_json::from_str(SEED).context("the seed is no knowledge base")?;
    Ok(document.known_errors.into_iter().map(|entry| entry.text).filter(|text| !text.is_empty()).collect())
}

/// Writes the files of plans; the branch and path of each.
fn write_files(plans: Vec<[Plan; 2]>, known: &[String], folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut written = Vec::new();
    for days in plans {
        let mut late = Vec::new();
        for plan in days {
            let path = folder.join(&plan.file);
            let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut out = BufWriter::with_capacity(1 << 20, file);
            (_, late) = sample::generate(&plan, known, late, &mut out).with_context(|| format!("cannot write {}", path.display()))?;
            out.flush()?;
            written.push((plan.branch, path));
        }
    }
    Ok(written)
}

/// Ingests the sample logs of the three branches.
async fn fill(services: &Services, known: &[String]) -> Result<()> {
    for (code, name) in BRANCHES {
        let branch = domain::Branch {
            code: code.parse()?,
            name: name.to_owned(),
            timezone: "Europe/Kyiv".to_owned(),
            encoding: None,
            date_order: DateOrder::Detect,
            created_at: DateTime::now(),
        };
        services.store.save_branch(&branch).await?;
    }
    let folder = tempfile::tempdir().context("cannot make a folder for the sample logs")?;
    for (branch, path) in write_files(sample::demo_plans(), known, folder.path())? {
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
