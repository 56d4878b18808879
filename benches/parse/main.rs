//! Parsing, pairing and encoding of 100 MB of request/response records on one thread, beside the two other ways to do it:
//! the naive one (lines, `serde_json::Value`, `bson::Document`) and lognormalizer, if it is installed.
//!
//! `cargo bench --bench parse -- [FILE] [--only=NAME]`; without a file the input is generated. All systems run in turn,
//! each in a process of its own, several rounds, and medians are compared: other work on the machine changes absolute figures, hardly the
//! ratios. What is printed for a round are seconds, Logs, and bytes of BSON.
//! `-- --reversed=BYTES` measures the peak memory on a file with all requests before all responses instead.

mod generate;
mod lognormalizer;
mod memory;
mod naive;

use std::{process::Command, time::Instant};

use loghelper::{
    domain::LogFileId,
    parse::{Error, Options, Piece, parse},
};

/// As in the program itself; the naive peer profits as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const INPUT_BYTES: usize = 100_000_000;

/// What a system made of the input.
struct Outcome {
    n_logs: usize,
    bson_bytes: usize,
}

fn ours(text: &[u8]) -> Outcome {
    let options = Options::new("K01".parse().expect("a branch code"), LogFileId::from_content(&[b"bench"]));
    let mut outcome = Outcome { n_logs: 0, bson_bytes: 0 };
    parse::<Error>(
        text,
        &options,
        &mut |piece| {
            if let Piece::Log(log) = piece
                && let Ok(encoded) = log.encode(&options.branch, &options.log_file_id, None, None)
            {
                outcome.n_logs += 1;
                outcome.bson_bytes += encoded.bytes().len();
            }
            Ok(())
        },
        &|_| {},
    )
    .expect("memory can be read");
    outcome
}

/// A way to do it.
type System = fn(&[u8]) -> Outcome;

/// The systems that run in this program, each in a process of its own: the heap that one leaves behind slows those after it.
const OWN: [(&str, System); 2] = [("loghelper", ours), ("serde_json to bson::Document", naive::run)];
const LOGNORMALIZER: &str = "lognormalizer";

fn main() {
    let option = |name: &str| std::env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned));
    if let Some(n_bytes) = option("--reversed=").and_then(|n| n.parse().ok()) {
        return memory::measure(n_bytes);
    }
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if let Some(name) = option("--once=") {
        return once(&name, &file.expect("the input is named"));
    }
    let text = file.map_or_else(|| generate::records(INPUT_BYTES), |path| std::fs::read(path).expect("the file can be read"));
    let size = text.len();
    let prepared = lognormalizer::Prepared::new(&text).expect("the input can be written");
    drop(text);
    let only = option("--only=");
    let names = OWN.map(|(name, _)| name).into_iter().chain([LOGNORMALIZER]).filter(|name| only.as_ref().is_none_or(|only| only == name));
    let mut systems: Vec<(&str, Vec<f64>)> = names.map(|name| (name, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (name, times) in &mut systems {
            times.extend(if *name == LOGNORMALIZER { prepared.run() } else { in_a_process(name, &prepared) });
        }
    }
    println!("{size} bytes, median of {ROUNDS} rounds");
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    };
    let mut base = None;
    for (name, times) in &mut systems {
        let Some(median) = median(times) else {
            println!("{name:30} did not run");
            continue;
        };
        let base = *base.get_or_insert(median);
        println!("{name:30} {:8.1} MB/s  loghelper is {:5.2} x", size as f64 / median / 1e6, median / base);
    }
}

/// Runs a system twice on a file that is in memory already, and says how long the second time took.
fn once(name: &str, path: &str) {
    let text = std::fs::read(path).expect("the input can be read");
    let (_, run) = OWN.into_iter().find(|(own, _)| *own == name).expect("a system of this program");
    // The first time warms memory and caches, as the beginning of a long file does.
    run(&text);
    let start = Instant::now();
    let outcome = run(&text);
    println!("{} {} {}", start.elapsed().as_secs_f64(), outcome.n_logs, outcome.bson_bytes);
}

/// Seconds that a system took in a process of its own.
fn in_a_process(name: &str, prepared: &lognormalizer::Prepared) -> Option<f64> {
    let program = std::env::current_exe().expect("this program has a name");
    let output = Command::new(program).arg(format!("--once={name}")).arg(prepared.input()).output().expect("this program runs again");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{name}: {}", said.trim());
    said.split(' ').next()?.parse().ok()
}
