//! Posts of 1 KB up to the store, which keeps no Logs; the file of the database is in memory. What is left of the store's work (the ledger,
//! groups, properties) counts against us. Beside it, what comes before group commit and store, in a handler of its own.

use std::path::Path;

use crate::{
    median, noop,
    process::{key, run as loghelper},
    sink,
    wrk::{self, Load},
};

const ROUNDS: usize = 3;
const SECONDS: u32 = 6;
const CONNECTIONS: usize = 128;

pub fn run() -> anyhow::Result<()> {
    let memory = Path::new("/dev/shm");
    let data = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    loghelper(data.path(), None, &["migrate"])?;
    let keys = (0..20).map(|n| Ok((format!("K{n:02}"), key(data.path(), None, &format!("K{n:02}"))?)));
    let keys: Vec<(String, String)> = keys.collect::<anyhow::Result<_>>()?;
    let servers = [noop::WORDS[0], noop::WORDS[1], sink::WORDS[0]].map(|word| noop::start(word, data.path()));
    let servers = servers.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let mut figures = [(); 3].map(|()| (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        for ((process, address), (rates, costs)) in servers.iter().zip(&mut figures) {
            let before = process.cpu();
            let load = Load { address, connections: CONNECTIONS, seconds: SECONDS, keys: &keys, run: round + 1 };
            let counted = wrk::post(&load)?;
            anyhow::ensure!(counted.failed == 0.0, "posts failed: {counted:?}");
            // The first round warms up.
            if round > 0 {
                rates.push(counted.per_second);
                costs.push((process.cpu() - before) / counted.answered * 1e6);
            }
        }
    }
    println!("1 KB posts, {CONNECTIONS} connections, median of {ROUNDS} rounds of {SECONDS} s");
    let figures = figures.map(|(rates, costs)| (median(rates), median(costs)));
    let nothing = figures[0].0;
    for (name, (rate, cost)) in
        ["a handler that does nothing", "parse only: key, body, read, pair, answer", "loghelper up to the store"].iter().zip(figures)
    {
        println!("  {name}: {rate:.0}/s ({:.2} x), {cost:.1} µs of CPU a post", rate / nothing);
    }
    Ok(())
}
