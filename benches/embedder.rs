//! The embedding model: sentences a second, and the search through the vectors of 100,000 known errors.
//!
//! `LOGHELPER_EMBEDDER=FOLDER cargo bench --bench embedder`; the first part says that it was skipped where no folder is named.

use std::{path::Path, time::Instant};

use loghelper::{
    domain::KnownErrorId,
    inference::{Index, Query, Rule, semantic::Vector},
    ml::embedder::SentenceModel,
};

/// Sentences that go through the model together.
const BATCH: usize = 32;
const N_ROUNDS: usize = 5;
const N_KNOWN: usize = 100_000;
const N_QUERIES: usize = 20;

fn main() {
    match std::env::var_os("LOGHELPER_EMBEDDER") {
        Some(folder) => sentences(&SentenceModel::load(Path::new(&folder)).expect("a model")),
        None => println!("LOGHELPER_EMBEDDER is not set: sentences a second skipped"),
    }
    search();
}

/// Sentences of 12 words, as messages of errors are.
fn sentences(model: &SentenceModel) {
    let words = ["connection", "to", "the", "database", "server", "was", "refused", "by", "host", "after", "timeout", "error"];
    let texts: Vec<String> = (0..4 * BATCH)
        .map(|n| (0..words.len()).map(|place| words[(place * (n % 5 + 1) + n) % words.len()]).collect::<Vec<_>>().join(" "))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let round = || {
        let started = Instant::now();
        texts.chunks(BATCH).for_each(|batch| drop(model.embed(batch).expect("vectors")));
        texts.len() as f64 / started.elapsed().as_secs_f64()
    };
    let mut rates: Vec<f64> = (0..N_ROUNDS).map(|_| round()).collect();
    rates.sort_by(f64::total_cmp);
    println!("embedder, batches of {BATCH}, 12 words each: {:.0} sentences/s (median of {N_ROUNDS})", rates[N_ROUNDS / 2]);
}

fn search() {
    let mut state = 1_u64;
    let mut vector = || {
        let mut part = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        Vector::new(&(0..384).map(|_| part()).collect::<Vec<_>>()).expect("a direction")
    };
    let mut index = Index::new();
    for n in 0..N_KNOWN {
        let id = KnownErrorId(format!("{n:06}"));
        let text = format!("alpha{} beta{} gamma{n}", n % 977, n % 1009);
        index.upsert(Rule::from_text(id.clone(), text)).expect("a rule");
        index.set_meaning(&id, &[vector()]);
    }
    let memory = index.memory_bytes() >> 20;
    let mut micros = |with: bool| {
        let mut times: Vec<f64> = (0..N_QUERIES)
            .map(|n| {
                let (text, meaning) = (format!("nothing like it {n}"), vector());
                let started = Instant::now();
                drop(index.classify(&Query { text: &text, code: None, meaning: with.then_some(&meaning) }));
                started.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[N_QUERIES / 2]
    };
    let (without, with) = (micros(false), micros(true));
    println!("{N_KNOWN} known errors with a vector of 384 each, {memory} MB: {without:.0} us without, {with:.0} us with meaning (median)");
}
