//! Known errors of real projects, and messages of a real compiler with the entry that each belongs to: only the ranking is judged.
//!
//! The entries are prose (message, cause, solution), the queries are messages: few share their words, so that the order of the
//! nearest is what an analyst profits from.

use std::{fs, path::Path};

use loghelper::{
    domain::KnownErrorId,
    inference::{Index, Query, Rule},
};
use serde_json::Value;

use crate::peers::Bm25;

/// Ranks by both engines.
pub fn run(data: &Path) {
    let (entries, queries) = (lines(&data.join("known_errors/kb.jsonl")), lines(&data.join("known_errors/rust_queries.jsonl")));
    if entries.is_empty() {
        println!("known_errors not found: skipped");
        return;
    }
    println!("\n# known_errors: {} entries, {} queries", entries.len(), queries.len());
    for (name, fields) in [("message", &["message"][..]), ("message, cause, solution", &["message", "cause", "solution"])] {
        let texts: Vec<String> =
            entries.iter().map(|entry| fields.iter().map(|field| text(entry, field)).collect::<Vec<_>>().join("\n")).collect();
        let bm25 = Bm25::new(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut index = Index::new();
        for (entry, text) in entries.iter().zip(&texts) {
            // Entries of one identifier are the editions of one error; the first stays.
            let id = self::text(entry, "id");
            let _ = index.upsert(Rule::from_text(KnownErrorId(id.to_owned()), text.as_str()));
        }
        for field in ["message", "text"] {
            let ours = |query: &str| index.classify(&Query::new(query)).ranking().map(|found| found.id.to_string()).collect::<Vec<_>>();
            let theirs = |query: &str| {
                let mut ids: Vec<_> =
                    bm25.ranking(query).into_iter().map(|(position, _)| text(&entries[position], "id").to_owned()).collect();
                ids.dedup();
                ids
            };
            print("loghelper", name, field, &queries, ours);
            print("BM25, own", name, field, &queries, theirs);
        }
    }
}

fn print(engine: &str, indexed: &str, asked: &str, queries: &[Value], ranking: impl Fn(&str) -> Vec<String>) {
    let (mut top1, mut reciprocal) = (0.0, 0.0);
    for query in queries {
        let ranking = ranking(text(query, asked));
        if let Some(place) = ranking.iter().position(|id| id == text(query, "gold")) {
            top1 += f64::from(u8::from(place == 0));
            reciprocal += 1.0 / (place + 1) as f64;
        }
    }
    let n = queries.len().max(1) as f64;
    println!("{engine:<12} indexed: {indexed:<26} asked: {asked:<8} top-1 {:.3}  MRR {:.3}", top1 / n, reciprocal / n);
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
