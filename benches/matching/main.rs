//! Matching: how often it is right, how sure it is when it is right, how fast it is at the size of a bank.
//!
//! Real data is looked for in the unpacked logs folder that `LOGHELPER_DATA` names; without it those parts say that they were skipped.
//! `LOGHELPER_EMBEDDER` names the folder of an embedding model, with which the product is then asked as well.
//! `cargo bench --bench matching` prints every table; with `-- --fit` it prints the weights of the calibration, fitted on the half of
//! the systems that is not reported. See `docs/benchmarks.md` for what the figures mean.

mod csv;
mod engine;
mod fit;
mod known_errors;
mod levenshtein;
mod loghub;
mod meaning;
mod peers;
mod report;
mod scale;
mod stream;

use std::path::PathBuf;

/// The product's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let data = std::env::var_os("LOGHELPER_DATA").map(PathBuf::from);
    let arguments: Vec<String> = std::env::args().collect();
    let wants = |name: &str| arguments.iter().any(|argument| argument == name);
    let only = ["--fit", "--accuracy", "--scale"].into_iter().find(|name| wants(name));
    match &data {
        None => println!("LOGHELPER_DATA is not set: accuracy on real logs skipped"),
        Some(data) if only == Some("--fit") => fit::run(data),
        Some(data) if only != Some("--scale") => {
            loghub::run(data, &peers::ENGINES, wants("--misses"));
            stream::run(data, &[]);
            let with_meaning = meaning::Meaning::is_there().then_some(meaning::Meaning::boxed as engine::Build);
            known_errors::run(data, &peers::ENGINES.into_iter().chain(with_meaning).collect::<Vec<_>>());
        }
        Some(_) => {}
    }
    if matches!(only, None | Some("--scale")) {
        // The linear peers would take hours.
        scale::run(&[(engine::LogHelper::boxed, scale::N_QUERIES)], || None);
    }
}
