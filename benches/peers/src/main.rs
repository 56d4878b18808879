//! Matching beside the tools that one would otherwise take: tantivy, rapidfuzz, strsim and Drain, all in one run.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`, with `-- --accuracy` or `-- --scale` for a part. Real data is looked
//! for in the unpacked logs folder that `LOGHELPER_DATA` names. The sets and the figures are those of `benches/matching`.

#[path = "../../matching/csv.rs"]
mod csv;
#[path = "../../matching/engine.rs"]
mod engine;
#[path = "../../matching/known_errors.rs"]
mod known_errors;
#[path = "../../matching/levenshtein.rs"]
mod levenshtein;
#[path = "../../matching/loghub.rs"]
mod loghub;
#[path = "../../matching/report.rs"]
mod report;
#[path = "../../matching/scale.rs"]
mod scale;
#[path = "../../matching/stream.rs"]
mod stream;

mod drain;
mod linear;
mod search;

use std::path::PathBuf;

use engine::{Build, LogHelper};
use peak_alloc::PeakAlloc;

/// Counts what each engine holds.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Every engine, the product first, and how many queries of a kind it is asked among 100,000 known errors (0: none).
const ENGINES: [(Build, usize); 7] = [
    (LogHelper::boxed, scale::N_QUERIES),
    (search::Tantivy::boxed, scale::N_QUERIES),
    (linear::Ratio::boxed, 25),
    (linear::TokenSetRatio::boxed, 10),
    (levenshtein::Levenshtein::boxed, 3),
    // Learning 100,000 templates takes it minutes.
    (drain::Drain::strict, 0),
    (drain::Drain::lenient, 0),
];

/// Those that answer 32,000 lines in a moment.
const QUICK: [Build; 3] = [search::Tantivy::boxed, drain::Drain::strict, drain::Drain::lenient];

fn main() {
    let wants = |name: &str| std::env::args().any(|argument| argument == name);
    match std::env::var_os("LOGHELPER_DATA").map(PathBuf::from) {
        _ if wants("--scale") => {}
        None => println!("LOGHELPER_DATA is not set: accuracy on real logs skipped"),
        Some(data) => {
            let engines = ENGINES.map(|(build, _)| build);
            loghub::run(&data, &engines, false);
            stream::run(&data, &QUICK);
            known_errors::run(&data, &engines);
        }
    }
    if !wants("--accuracy") {
        scale::run(&ENGINES, || Some(HEAP.current_usage()));
    }
}
