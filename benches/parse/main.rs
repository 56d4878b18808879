//! Parsing, pairing and encoding of 100 MB of request/response records on one thread, beside the two other ways to do it:
//! the naive one (lines, `serde_json::Value`, `bson::Document`) and lognormalizer, if it is installed.
//!
//! `cargo bench --bench parse -- [FILE] [--only=NAME]`; without a file the input is generated. All systems run in turn,
//! several rounds, and medians are compared: other work on the machine changes absolute figures, hardly the ratios.
//! `-- --reversed=BYTES` measures the peak memory on a file with all requests before all responses instead.

mod generate;
mod lognormalizer;
mod memory;
mod naive;

use std::time::Instant;

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

/// A way to do it; `None` where it is not installed.
type System<'a> = &'a dyn Fn(&[u8]) -> Option<Outcome>;

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

fn main() {
    let reversed = std::env::args().find_map(|argument| argument.strip_prefix("--reversed=").and_then(|n| n.parse().ok()));
    if let Some(n_bytes) = reversed {
        return memory::measure(n_bytes);
    }
    let only = std::env::args().find_map(|argument| argument.strip_prefix("--only=").map(str::to_owned));
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let text = file.map_or_else(|| generate::records(INPUT_BYTES), |path| std::fs::read(&path).expect("the file can be read"));
    let prepared = lognormalizer::Prepared::new(&text);
    let systems: [(&str, System<'_>); 3] = [
        ("loghelper", &|text| Some(ours(text))),
        ("serde_json to bson::Document", &|text| Some(naive::run(text))),
        ("lognormalizer", &|_| prepared.as_ref()?.run()),
    ];
    let mut seconds = systems.map(|_| Vec::new());
    for round in 0..ROUNDS {
        for ((name, run), times) in systems.iter().zip(&mut seconds) {
            if only.as_ref().is_some_and(|only| only != name) {
                continue;
            }
            let start = Instant::now();
            let Some(outcome) = run(&text) else { continue };
            times.push(start.elapsed().as_secs_f64());
            if round == 0 {
                println!("{name}: {} logs, {} bytes of BSON", outcome.n_logs, outcome.bson_bytes);
            }
        }
    }
    let medians = seconds.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    });
    let [Some(base), ..] = medians else { return };
    println!("{} bytes, median of {ROUNDS} rounds", text.len());
    for ((name, _), median) in systems.iter().zip(medians) {
        match median {
            Some(median) => println!("{name:30} {:8.1} MB/s  loghelper is {:5.2} x", text.len() as f64 / median / 1e6, median / base),
            None => println!("{name:30} did not run"),
        }
    }
}
