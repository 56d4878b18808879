//! Posts of 1 KB of many branches, each answered when it is on disk; then as many Logs as were answered are looked for.

use crate::{
    process::{Process, key, run as loghelper},
    wrk::{self, Load},
};

const SECONDS: u32 = 15;
const BRANCHES: usize = 50;

pub fn run() -> anyhow::Result<()> {
    measure("SQLite, synchronous FULL", None)?;
    match std::env::var("LOGHELPER_TEST_MONGODB") {
        Ok(server) => measure("MongoDB, w: majority, j: true", Some(&format!("{server}/door_{}", std::process::id()))),
        Err(_) => {
            println!("LOGHELPER_TEST_MONGODB names no server: MongoDB was not measured");
            Ok(())
        }
    }
}

fn measure(name: &str, store: Option<&str>) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    loghelper(data.path(), store, &["migrate"])?;
    loghelper(data.path(), store, &["kb", "import", concat!(env!("CARGO_MANIFEST_DIR"), "/seed/knowledge_base.json")])?;
    let keys = (0..BRANCHES).map(|n| Ok((format!("K{n:02}"), key(data.path(), store, &format!("K{n:02}"))?)));
    let keys: Vec<(String, String)> = keys.collect::<anyhow::Result<_>>()?;
    let (process, address) = Process::server(data.path(), store)?;
    let (mut answered, mut run) = (0.0, 0);
    for connections in [64, 256, 512] {
        run += 1;
        let before = process.cpu();
        let counted = wrk::post(&Load { address: &address, connections, seconds: SECONDS, keys: &keys, run })?;
        println!(
            "{name}, {connections} connections: {:.0} posts/s, answers {:.1} ms (median), {:.1} ms (99 %), {:.0} µs of CPU a post, {:.0} failed",
            counted.per_second,
            counted.median_ms,
            counted.p99_ms,
            (process.cpu() - before) / counted.answered * 1e6,
            counted.failed
        );
        answered += counted.answered - counted.failed;
    }
    drop(process);
    let stored = loghelper(data.path(), store, &["query", ""])?.lines().count();
    anyhow::ensure!(stored as f64 >= answered, "{answered} were answered, {stored} are there");
    println!("  {answered:.0} answered, {stored} stored, server killed in between");
    Ok(())
}
