//! libFuzzer over the decoders of LogHelper. `FUZZ_TARGET` names the one; see `README.md`.
//!
//! The rooms that bytes come to first are compiled here as they are, under the same paths: they know nothing of a web server, of a store
//! or of models, and neither need this program.

#![no_main]
#![allow(unused, missing_docs)]

#[path = "../../src/detect/mod.rs"]
mod detect;
#[path = "../../src/domain/mod.rs"]
mod domain;
#[path = "../../src/inference/mod.rs"]
mod inference;
mod memory;
#[path = "../../src/parse/mod.rs"]
mod parse;
#[path = "../../src/query/mod.rs"]
mod query;

use std::{env, fs, path::Path, process::exit, sync::OnceLock};

use libfuzzer_sys::fuzz_target;

type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

static CHECK: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(
    init: {
        CHECK.get_or_init(choose);
    },
    |input: &[u8]| {
        memory::bounded(|| CHECK.get_or_init(choose)(input));
    }
);

fn targets() -> impl Iterator<Item = Target> {
    parse::fuzzing::TARGETS.into_iter().chain(query::fuzzing::TARGETS).chain(inference::fuzzing::TARGETS)
}

/// The target that is asked for. Without one their names are printed; with a folder in `FUZZ_SEEDS` the inputs to begin with are written.
fn choose() -> fn(&[u8]) {
    let Ok(wanted) = env::var("FUZZ_TARGET") else {
        targets().for_each(|(name, ..)| println!("{name}"));
        exit(0);
    };
    let Some((_, check, seeds)) = targets().find(|(name, ..)| *name == wanted) else {
        eprintln!("`{wanted}` is no target");
        exit(2);
    };
    if let Ok(folder) = env::var("FUZZ_SEEDS") {
        for (n, seed) in seeds().into_iter().enumerate() {
            fs::write(Path::new(&folder).join(format!("seed-{n:03}")), seed).expect("the folder can be written to");
        }
        exit(0);
    }
    check
}
