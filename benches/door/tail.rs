//! The agent follows a file that grows as fast as it reads: bytes a second and memory, against a server that takes everything.

use std::{
    fs::File,
    io::Write,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    exchanges::bodies,
    noop,
    process::{Process, loghelper},
};

const MEGABYTES: usize = 2000;
/// Bytes that the file grows by in a second.
const GROWTH: usize = 60_000_000;

pub fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (log, key) = (folder.path().join("gate.log"), folder.path().join("key"));
    std::fs::write(&key, "lhk_bench")?;
    let mut file = File::create(&log)?;
    let (_server, address) = noop::start(noop::WORDS[0], folder.path())?;
    let url = format!("http://{address}");
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let words = ["agent", "--server", &url, "--branch", "K1", "--key-file", &path(&key), "--idle", "1", "--watch", &path(&log)];
    let agent = Process::start(&mut loghelper(folder.path(), None, &words), "agent sends")?;
    // The same megabytes again and again: the agent does not look into them.
    let pieces = bodies(50, 1_000_000);
    let begun = Instant::now();
    let mut written = 0;
    while written < MEGABYTES * 1_000_000 {
        for piece in &pieces {
            file.write_all(piece.as_bytes())?;
            written += piece.len();
            let due = Duration::from_secs_f64(written as f64 / GROWTH as f64);
            sleep(due.saturating_sub(begun.elapsed()));
        }
    }
    let grown = begun.elapsed().as_secs_f64();
    while !is_sent(folder.path(), written)? {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(300), "the agent is not done");
        sleep(Duration::from_millis(100));
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{written} bytes written in {grown:.1} s ({:.0} MB/s), read, spooled and sent after {seconds:.1} s ({:.0} MB/s); agent: {:.1} s of CPU, peak resident {:.0} MiB",
        written as f64 / grown / 1e6,
        written as f64 / seconds / 1e6,
        agent.cpu(),
        agent.memory().1 as f64 / f64::from(1 << 20)
    );
    Ok(())
}

/// Whether the agent says that the whole file is read and nothing waits.
fn is_sent(folder: &std::path::Path, size: usize) -> anyhow::Result<bool> {
    let output = loghelper(folder, None, &["agent", "status", "--json"]).output()?;
    let state: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let read: u64 = state["files"].as_array().into_iter().flatten().filter_map(|file| file["offset"].as_u64()).sum();
    Ok(read == size as u64 && state["spool"]["batches"] == 0)
}
