//! The pages under a bank's load: 1,000,000 Logs, 20,000 groups of unknown errors, 20,000 known errors, 100 analysts.
//!
//! `cargo bench --bench pages -- write DIR [LOGS] [GROUPS] [KNOWN]` writes a knowledge base and log files of 40 branches, the same each time; they go into
//! a store by `loghelper kb import` and `loghelper ingest`. `-- click ADDRESS [ANALYSTS] [SECONDS] [THINK]` has analysts (`analyst1` …, all with the password
//! in `LOGHELPER_BENCH_PASSWORD`) walk over the pages of a server, resting up to twice `THINK` seconds between two, and prints how long each page took.

mod client;
mod random;
mod report;
mod texts;
mod walk;
mod write;

use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |place: usize, otherwise: u64| words.get(place).and_then(|word| word.parse().ok()).unwrap_or(otherwise);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", folder, ..] => {
            let size = write::Size { n_logs: number(2, 1_000_000), n_groups: number(3, 20_000), n_known: number(4, 20_000) };
            write::write(Path::new(folder), &size)
        }
        ["click", address, ..] => {
            let think = words.get(4).and_then(|word| word.parse().ok()).unwrap_or(0.0);
            let load = walk::Load { n_analysts: number(2, 100), seconds: number(3, 60), think };
            let password = std::env::var("LOGHELPER_BENCH_PASSWORD").unwrap_or_default();
            let visits = walk::walk(address, &password, &load).await?;
            report::print(&visits, &load);
            Ok(())
        }
        _ => anyhow::bail!("say `write DIR` or `click ADDRESS`"),
    }
}
