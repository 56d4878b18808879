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
    // As a knowledge base has it: recognised by the message, with cause and solution as its answer.
    let messages: Vec<&str> = entries.iter().map(|entry| text(entry, "message")).collect();
    for build in engines {
        let mut engine = build(&messages);
        let written = |entry: &Value| ["message", "cause", "solution"].map(|field| text(entry, field)).join("\n");
        let described = entries.iter().enumerate().filter(|(place, entry)| engine.describe(*place, &written(entry))).count();
        for asked in ["message", "text"].into_iter().filter(|_| described > 0) {
            print(engine.as_ref(), &entries, &queries, "message; answer: the rest", asked);
        }
    }
}

fn print(engine: &dyn Engine, entries: &[Value], queries: &[Value], indexed: &str, asked: &str) {
    // Even places are the half by which the product's weights were chosen, odd ones the other.
    let mut halves = [(0.0_f64, 0.0, 0.0); 2];
    let started = Instant::now();
    for (number, query) in queries.iter().enumerate() {
        let half = &mut halves[number % 2];
        half.0 += 1.0;
        let ranking = engine.ranking(text(query, asked), N_RANKED);
        if let Some(place) = ranking.iter().position(|(known, _)| text(&entries[*known], "id") == text(query, "gold")) {
            half.1 += f64::from(u8::from(place == 0));
            half.2 += 1.0 / (place + 1) as f64;
        }
    }
    let [(n_even, top1_even, even), (n_odd, top1_odd, odd)] = halves;
    let n = (n_even + n_odd).max(1.0);
    println!(
        "{:<38} indexed: {indexed:<24} asked: {asked:<8} top-1 {:.3}  MRR {:.3}  (chosen half {:.3} {:.3}, other {:.3} {:.3})  {:.0} us/query",
        engine.name(),
        (top1_even + top1_odd) / n,
        (even + odd) / n,
        top1_even / n_even.max(1.0),
        even / n_even.max(1.0),
        top1_odd / n_odd.max(1.0),
        odd / n_odd.max(1.0),
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
