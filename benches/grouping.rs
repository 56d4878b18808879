//! Grouping: how well groups agree with templates that people wrote, and lines a second, beside the `drain3` crate.
//!
//! Accuracy needs the unpacked logs folder that `LOGHELPER_DATA` names; without it that part says that it was skipped. Grouping accuracy
//! (GA) is the share of lines whose group has exactly the lines of their template; FGA is the F1 of groups that are exactly a template
//! (Khan et al., ICSE 2022). One setting for all systems on either side; the crate runs as it comes and with the masks of its own
//! documentation. `cargo bench --bench grouping`

#[path = "matching/csv.rs"]
mod csv;

use std::{
    collections::BTreeMap,
    fs,
    hash::Hash,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use drain3::{Config, MaskingInstruction, Matcher};
use loghelper::inference::group::Grouper;

/// Runs of which the fastest counts; both sides take turns.
const N_RUNS: usize = 5;

fn main() {
    let data = std::env::var_os("LOGHELPER_DATA").map(PathBuf::from);
    match &data {
        None => println!("LOGHELPER_DATA is not set: accuracy and speed on real logs skipped"),
        Some(data) => accuracy(data),
    }
    println!(
        "\n| lines | loghelper lines/s (groups) | drain3 lines/s | ratio | drain3 masked lines/s | ratio |\n|---|---|---|---|---|---|"
    );
    speed("generated errors of a bank", &generated(500_000));
    if let Some(data) = &data {
        let all: Vec<String> = systems(data).into_iter().flat_map(|system| system.lines).map(|line| line.text).collect();
        speed("loghub 2k, all systems", &all);
        speed("BGL", &messages(&data.join("bgl/BGL_100k.log"), 9));
        speed("HDFS", &messages(&data.join("hdfs_raw/hdfs_raw.log.gz"), 5));
    }
}

/// A line of a log and the template that people gave it.
struct Line {
    text: String,
    template: String,
}

struct System {
    name: String,
    lines: Vec<Line>,
}

fn accuracy(data: &Path) {
    println!("| system | loghelper GA / FGA | drain3 GA / FGA | drain3 masked GA / FGA |\n|---|---|---|---|");
    let systems = systems(data);
    let mut sums = [(0.0, 0.0); 3];
    let mut worst = (f64::MAX, "");
    for system in &systems {
        let templates: Vec<&str> = system.lines.iter().map(|line| line.template.as_str()).collect();
        let lines: Vec<&str> = system.lines.iter().map(|line| line.text.as_str()).collect();
        let mut grouper = Grouper::new();
        let own: Vec<_> = lines.iter().map(|line| grouper.assign(line).id).collect();
        let figures = [score(&own, &templates), score(&drain(plain(), &lines), &templates), score(&drain(masked(), &lines), &templates)];
        let cells: Vec<String> = figures.iter().map(|(ga, fga)| format!("{ga:.3} / {fga:.3}")).collect();
        println!("| {} | {} |", system.name, cells.join(" | "));
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum = (sum.0 + figure.0, sum.1 + figure.1);
        }
        if figures[0].0 < worst.0 {
            worst = (figures[0].0, &system.name);
        }
    }
    let n = systems.len() as f64;
    let cells: Vec<String> = sums.iter().map(|(ga, fga)| format!("{:.3} / {:.3}", ga / n, fga / n)).collect();
    println!("| mean | {} |\n\nworst system: {} {:.3}", cells.join(" | "), worst.1, worst.0);
}

/// GA and FGA.
fn score<G: Hash + Eq + Ord>(groups: &[G], templates: &[&str]) -> (f64, f64) {
    let found = members(groups);
    let right = members(templates);
    let exact: Vec<usize> = right
        .values()
        .filter(|lines| lines.first().and_then(|line| groups.get(*line)).is_some_and(|group| found[group] == **lines))
        .map(Vec::len)
        .collect();
    let ga = exact.iter().sum::<usize>() as f64 / templates.len() as f64;
    (ga, 2.0 * exact.len() as f64 / (found.len() + right.len()) as f64)
}

fn members<K: Ord>(keys: &[K]) -> BTreeMap<&K, Vec<usize>> {
    let mut members: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    for (line, key) in keys.iter().enumerate() {
        members.entry(key).or_default().push(line);
    }
    members
}

/// The cluster that each line is put in.
fn drain(config: Config, lines: &[&str]) -> Vec<usize> {
    let mut matcher = Matcher::new(config);
    lines.iter().map(|line| matcher.add_log_message(line).map_or(usize::MAX, |template| template.id())).collect()
}

/// The crate as it comes, but for lines of any length.
fn plain() -> Config {
    Config::builder().max_tokens(4096).max_bytes(1 << 20).build()
}

/// The masks of the crate's documentation, hexadecimal numbers beside them.
fn masked() -> Config {
    let mask = |pattern: &str, mask: &str| MaskingInstruction { pattern: pattern.into(), mask: mask.into() };
    Config::builder()
        .masking(vec![mask(r"\b\d{1,3}(\.\d{1,3}){3}\b", "<IP>"), mask(r"\b0x[0-9a-fA-F]+\b", "<HEX>"), mask(r"\d+", "<NUM>")])
        .build()
}

fn speed(name: &str, lines: &[String]) {
    let (mut own, mut peers, mut groups) = (Duration::MAX, [Duration::MAX; 2], 0);
    for _ in 0..N_RUNS {
        let mut grouper = Grouper::new();
        let started = Instant::now();
        for line in lines {
            std::hint::black_box(grouper.assign(line));
        }
        own = own.min(started.elapsed());
        groups = grouper.len();
        for (best, config) in peers.iter_mut().zip([plain(), masked()]) {
            let mut matcher = Matcher::new(config);
            let started = Instant::now();
            for line in lines {
                let _ = std::hint::black_box(matcher.add_log_message(line));
            }
            *best = (*best).min(started.elapsed());
        }
    }
    let rate = |time: Duration| lines.len() as f64 / time.as_secs_f64();
    let ratio = |time: Duration| time.as_secs_f64() / own.as_secs_f64();
    println!(
        "| {name} ({}) | {:.0} ({groups}) | {:.0} | {:.2} | {:.0} | {:.2} |",
        lines.len(),
        rate(own),
        rate(peers[0]),
        ratio(peers[0]),
        rate(peers[1]),
        ratio(peers[1])
    );
}

/// Errors of 200 templates, some far more frequent than others.
fn generated(count: usize) -> Vec<String> {
    const SUBJECTS: [&str; 10] =
        ["Account", "Payment", "Document", "Client", "Contract", "Card", "Session", "Branch", "Рахунок", "Документ"];
    const FAILURES: [&str; 20] = [
        "not found",
        "is blocked",
        "is closed",
        "already exists",
        "has expired",
        "cannot be changed",
        "was rejected by the server",
        "does not belong to the branch",
        "is not confirmed",
        "exceeds the limit",
        "has a wrong checksum",
        "is locked by another user",
        "timed out",
        "is read-only",
        "has no signature",
        "failed validation",
        "не знайдено",
        "заблоковано",
        "вже існує",
        "прострочено",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let line = |_| {
        // The product of two uniform numbers prefers the first templates.
        let template = (random() % 200 * (random() % 200) / 200) as usize;
        let (subject, failure) = (SUBJECTS[template % 10], FAILURES[template / 10]);
        let (number, branch, session) = (random() % 100_000_000, random() % 400, random());
        let (host, coins) = (random() % 254, random() % 100);
        format!(
            "{subject} {number} {failure}: branch {branch}, amount {}.{coins:02} UAH, session {session:016x}, from 10.7.73.{host}",
            number % 5000
        )
    };
    (0..count).map(line).collect()
}

/// Messages of a log whose lines begin with so many words about the message.
fn messages(path: &Path, words: usize) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut text = Vec::new();
    let gzipped = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text).is_ok();
    let text = if gzipped { text } else { bytes };
    String::from_utf8_lossy(&text).lines().filter_map(|line| line.splitn(words + 1, ' ').last().map(str::to_owned)).collect()
}

/// The systems of loghub 2k with the corrected templates.
fn systems(data: &Path) -> Vec<System> {
    let mut folders: Vec<_> =
        fs::read_dir(data.join("loghub_2k/corrected")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    let system = |folder: PathBuf| {
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let labels = fs::read(folder.join(format!("{name}_2k.log_structured_corrected.csv"))).ok()?;
        let mut rows = csv::rows(&String::from_utf8_lossy(&labels)).into_iter();
        let header = rows.next()?;
        let text = header.iter().position(|title| title == "Content")?;
        let template = header.iter().position(|title| title == "EventTemplate")?;
        let line = |row: Vec<String>| Some(Line { text: row.get(text)?.clone(), template: row.get(template)?.clone() });
        Some(System { name, lines: rows.filter_map(line).collect() })
    };
    folders.into_iter().filter_map(system).collect()
}
