//! Parse + pair + detect + encode of the branch format, one thread, against the naive path and lognormalizer over the same bytes.
//!
//! `cargo bench --bench parse [-- MEGABYTES]` prints medians of five rounds and ratios. The peers live here, not in the product.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    process::{Command, Stdio},
    time::Instant,
};

use loghelper::{
    detect,
    domain::LogFileId,
    parse::{Options, Piece, parse},
    sample::{self, Dialect, Plan},
};

const ROUNDS: usize = 5;

fn main() {
    let megabytes: usize = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(100);
    let bytes = input(megabytes);
    println!("input: {} bytes of branch records, interleaved, 6 % over several lines, 15 % errors", bytes.len());
    let (ours, logs) = median(|| ours(&bytes));
    report("loghelper: parse, pair, detect, encode to BSON bytes", ours, bytes.len(), logs);
    let (naive, pairs) = median(|| naive(&bytes));
    report("naive: serde_json to bson::Document to bytes", naive, bytes.len(), pairs);
    println!("ratio to the naive path: {:.2}", naive / ours);
    match lognormalizer(&bytes) {
        Some(seconds) => {
            report("lognormalizer (headers and JSON bodies, one process)", seconds, bytes.len(), 0);
            println!("ratio to lognormalizer: {:.2}", seconds / ours);
        }
        None => println!("lognormalizer is not on PATH: not compared"),
    }
}

fn input(megabytes: usize) -> Vec<u8> {
    let known = ["Рахунок 26001234567890 не знайдено".to_owned(), "Connection refused: srv-app.bank.local:8443".to_owned()];
    let n_exchanges = megabytes as u64 * 1_000_000 / 665;
    let plan =
        Plan { branch: "K01", file: String::new(), seed: 7, n_exchanges, start: 1_462_691_865, dialect: Dialect::paper(), irregular: true };
    let mut bytes = Vec::with_capacity(megabytes << 20);
    sample::generate(&plan, &known, Vec::new(), &mut bytes).expect("memory takes all of it");
    bytes
}

/// Median seconds and what the last round returned.
fn median(mut round: impl FnMut() -> usize) -> (f64, usize) {
    let (mut seconds, mut result) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        result = round();
        seconds.push(begun.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    (seconds[ROUNDS / 2], result)
}

fn report(what: &str, seconds: f64, bytes: usize, logs: usize) {
    println!("{what}: {seconds:.3} s, {:.1} MB/s, {logs} Logs", bytes as f64 / 1e6 / seconds);
}

fn ours(bytes: &[u8]) -> usize {
    let options = Options::new("K01".parse().expect("a code"), LogFileId::from_content(&[]));
    let rules = detect::Rules::default();
    let (mut n, mut size) = (0, 0);
    let mut sink = |piece| {
        if let Piece::Log(log) = piece {
            let fault = detect::find(&rules, log.response.as_deref());
            size += log.encode(fault.as_ref(), None).bytes().len();
            n += 1;
        }
        Ok::<(), io::Error>(())
    };
    parse(bytes, &options, &mut sink, &mut |_| {}).expect("memory is readable");
    assert!(size > 0);
    n
}

/// What one writes first: lines, regular expressions, a tree for each body, a map by message id, a document for each pair.
fn naive(bytes: &[u8]) -> usize {
    let header = regex::Regex::new(r"^(=>|<=) (\S+) at ([^:]+:\d+:\d+(?: [AP]M)?): (?:from|to) ([^;\s]+)").expect("a regex");
    let text = String::from_utf8_lossy(bytes);
    let mut open: HashMap<String, (bson::Document, String)> = HashMap::new();
    let (mut n, mut size) = (0, 0);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(found) = header.captures(line) else { continue };
        let is_request = &found[1] == "=>";
        let mut body = String::new();
        while let Some(next) = lines.next_if(|next| !header.is_match(next)) {
            body.push_str(next);
            body.push('\n');
        }
        let json = body.split_once('=').map_or("", |(_, json)| json);
        let mut stream = serde_json::Deserializer::from_str(json).into_iter::<serde_json::Value>();
        let Some(Ok(value)) = stream.next() else { continue };
        let Ok(document) = bson::serialize_to_document(&value) else { continue };
        let date = jiff::fmt::strtime::parse("%m/%d/%Y %I:%M:%S %p", &found[3]).ok().and_then(|time| time.to_datetime().ok());
        let millis =
            date.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok()).map_or(0, |moment| moment.timestamp().as_millisecond());
        let Ok(id) = document.get_str("message_id").map(str::to_owned) else { continue };
        let half = bson::doc! { "date": bson::DateTime::from_millis(millis), "body": document };
        match open.remove(&id) {
            Some((request, server)) if !is_request => {
                let error = half.get_document("body").ok().and_then(|body| body.get("error").cloned()).unwrap_or(bson::Bson::Null);
                let log = bson::doc! { "branch": "K01", "server": server, "message_id": id, "request": request, "response": half, "error": error };
                size += bson::serialize_to_vec(&log).map_or(0, |bytes| bytes.len());
                n += 1;
            }
            _ => {
                open.insert(id, (half, found[2].to_owned()));
            }
        }
    }
    assert!(size > 0);
    n
}

/// Seconds that lognormalizer takes for the same bytes, median of three rounds.
fn lognormalizer(bytes: &[u8]) -> Option<f64> {
    let folder = tempfile::tempdir().ok()?;
    let (rules, log) = (folder.path().join("rules"), folder.path().join("log"));
    let rulebase = "version=2\nrule=:=> %server:word% at %date:char-to:;%%rest:rest%\nrule=:<= %server:word% at %rest:rest%\nrule=:Input = %body:json%\nrule=:Output = %body:json%\n";
    fs::write(&rules, rulebase).ok()?;
    fs::File::create(&log).and_then(|mut file| file.write_all(bytes)).ok()?;
    let mut seconds = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let mut command = Command::new("lognormalizer");
        let status =
            command.arg("-r").arg(&rules).stdin(fs::File::open(&log).ok()?).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        if !status.success() {
            return None;
        }
        seconds.push(begun.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds.get(1).copied()
}
