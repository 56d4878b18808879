//! Speed and memory of the local language model, beside llama.cpp where its engine can be had.
//!
//! `cargo bench --bench llm` writes a file of chance in the form of Qwen3-0.6B (Q4_K_M mix) into the cache folder, where it stays, reads
//! 256 tokens and writes 64. `LOGHELPER_LLAMA=FOLDER` names a folder with `node_modules/node-llama-cpp`: then the same file goes through
//! that, in turn with ours, each in a process of its own, with as many threads. `-- --streams` writes 1, 2, 4 and 8 replies side by side
//! instead, each with a prompt of its own, and says how many tokens a second they come to together. `-- --rounds N` is for those in a
//! hurry; three are the rule.

use std::process::Command;

use loghelper::ml::{
    measure::{self, Speed},
    random::{Mix, Recipe},
};
use serde_json::Value;

/// Rounds where nothing else is said; the middle one counts.
const ROUNDS: usize = 3;

fn main() {
    let folder = std::env::var_os("LOGHELPER_CACHE").map_or_else(std::env::temp_dir, Into::into);
    let file = folder.join("loghelper-bench-qwen3-0.6b-q4.gguf");
    let argument = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1).and_then(|value| value.parse().ok());
    if let Some(n_streams) = argument("--side-by-side") {
        let speed = measure::streams(&file, n_streams).expect("the model runs");
        println!("{}", serde_json::json!({ "tokens_per_s": speed }));
        return;
    }
    if std::env::args().any(|argument| argument == "--once") {
        let speed = measure::speed(&file).expect("the model runs");
        println!("{}", serde_json::to_string(&speed).expect("figures are JSON"));
        return;
    }
    if !file.is_file() {
        println!("writing {}", file.display());
        let part = file.with_extension("part");
        Recipe::qwen3_0_6b(Mix::Q4).write(&part).expect("the cache folder can be written");
        std::fs::rename(&part, &file).expect("the cache folder can be written");
    }
    let n_rounds = argument("--rounds").unwrap_or(ROUNDS);
    if std::env::args().any(|argument| argument == "--streams") {
        return streams(n_rounds);
    }
    let llama = std::env::var_os("LOGHELPER_LLAMA");
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..n_rounds {
        let speed: Speed = serde_json::from_value(json(&mut own())).expect("figures");
        if let Some(folder) = &llama {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/llm.mjs");
            let run = json(Command::new("node").arg(script).arg(&file).arg(speed.threads.to_string()).env("LOGHELPER_LLAMA", folder));
            theirs.push(figures(&run));
        }
        ours.push([speed.prefill_tokens_per_s, speed.decode_tokens_per_s, speed.resident_bytes.unwrap_or_default() as f64 / 1e6]);
    }
    print(&ours, &theirs);
}

/// Several replies side by side, each number of them in a process of its own, in turn.
fn streams(n_rounds: usize) {
    const NUMBERS: [usize; 4] = [1, 2, 4, 8];
    let mut rounds: Vec<[f64; 4]> = Vec::new();
    for _ in 0..n_rounds {
        rounds.push(NUMBERS.map(|n_streams| {
            let mut command = Command::new(std::env::current_exe().expect("a program has a path"));
            command.args(["--side-by-side", &n_streams.to_string()]);
            json(&mut command)["tokens_per_s"].as_f64().unwrap_or_default()
        }));
    }
    let middle = |column: usize| {
        let mut figures: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    for (column, n_streams) in NUMBERS.into_iter().enumerate() {
        let speed = middle(column);
        println!("{n_streams} side by side {speed:>9.1} tokens/s   {:>5.2} ×   {:>6.1} each", speed / middle(0), speed / n_streams as f64);
    }
}

/// This program again, for one round.
fn own() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a program has a path"));
    command.arg("--once");
    command
}

fn json(command: &mut Command) -> Value {
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.starts_with('{'));
    line.and_then(|line| serde_json::from_str(line).ok()).unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn figures(run: &Value) -> [f64; 3] {
    ["prefill_tokens_per_s", "decode_tokens_per_s", "resident_mb"].map(|key| run[key].as_f64().unwrap_or_default())
}

fn middle(rounds: &[[f64; 3]], column: usize) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn print(ours: &[[f64; 3]], theirs: &[[f64; 3]]) {
    let names = ["prompt, tokens/s", "reply, tokens/s", "resident, MB"];
    for (column, name) in names.iter().enumerate() {
        let own = middle(ours, column);
        match theirs {
            [] => println!("{name:<18} {own:>9.1}"),
            _ => {
                let other = middle(theirs, column);
                println!("{name:<18} {own:>9.1}   llama.cpp {other:>9.1}   {:>5.2} ×", own / other);
            }
        }
    }
}
