//! Known errors of real projects, and messages of a real compiler with the entry that each belongs to: only the ranking is judged.
//!
//! The entries are prose (message, cause, solution), the queries are messages: few share their words, so that the order of the
//! nearest is what an analyst profits from.

use std::{collections::HashSet, fs, path::Path, time::Instant};

use serde_json::Value;

use crate::engine::{Build, Engine};

/// Places of a ranking that count.
const N_RANKED: usize = 10;

/// Ranks by every engine.
pub fn run(data: &Path, engines: &[Build]) {
    let (mut entries, queries) = (lines(&data.join("known_errors/kb.jsonl")), lines(&data.join("known_errors/rust_queries.jsonl")));
    if entries.is_empty() {
        println!("known_errors not found: skipped");
        return;
    }
    // Entries of one identifier are the editions of one error; the first stays.
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(text(entry, "id").to_owned()));
    println!("\n# known_errors: {} entries, {} queries, the first {N_RANKED} places count", entries.len(), queries.len());
    for (indexed, fields) in [("message", &["message"][..]), ("message, cause, solution", &["message", "cause", "solution"])] {
        let texts: Vec<String> =
            entries.iter().map(|entry| fields.iter().map(|field| text(entry, field)).collect::<Vec<_>>().join("\n")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for build in engines {
            let engine = build(&texts);
            for asked in ["message", "text"] {
                print(engine.as_ref(), &entries, &queries, indexed, asked);
            }
        }
    }
}

fn print(engine: &dyn Engine, entries: &[Value], queries: &[Value], indexed: &str, asked: &str) {
    let (mut top1, mut reciprocal) = (0.0, 0.0);
    let started = Instant::now();
    for query in queries {
        let ranking = engine.ranking(text(query, asked), N_RANKED);
        if let Some(place) = ranking.iter().position(|(known, _)| text(&entries[*known], "id") == text(query, "gold")) {
            top1 += f64::from(u8::from(place == 0));
            reciprocal += 1.0 / (place + 1) as f64;
        }
    }
    let n = queries.len().max(1) as f64;
    println!(
        "{:<38} indexed: {indexed:<24} asked: {asked:<8} top-1 {:.3}  MRR {:.3}  {:.0} us/query",
        engine.name(),
        top1 / n,
        reciprocal / n,
        started.elapsed().as_secs_f64() * 1e6 / n
    );
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
