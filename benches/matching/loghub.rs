//! Loghub 2k (corrected): one line of each template is the knowledge base, other lines are queries, and a third of the templates is
//! left out of the knowledge base, so that "unknown" is the right answer to their lines.
//!
//! The weights were fitted on the systems of [`tuned`]; the others are the held-out half.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    engine::{Build, Engine},
    report::{Judged, Report},
};

/// Queries of one template; more would let the few frequent templates decide.
const MAX_QUERIES: usize = 4;

/// Ways of choosing the templates that are left out; the figures are over all of them.
const N_SPLITS: u64 = 3;

/// A line and the template that it is of.
pub struct Case {
    pub text: String,
    pub template: usize,
    pub system: usize,
}

/// Knowledge base and queries.
#[derive(Default)]
pub struct Set {
    pub systems: Vec<String>,
    /// The system and the text of each.
    pub templates: Vec<(usize, String)>,
    pub known: Vec<Case>,
    pub queries: Vec<Case>,
}

/// Whether a system belongs to the half on which the weights were fitted.
pub fn is_tuned(system: &str) -> bool {
    hash(system, 0).is_multiple_of(2)
}

/// FNV-1a: the same split on every machine.
fn hash(text: &str, salt: u64) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ salt, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 7
}

impl Set {
    /// The systems that `takes` takes; `salt` varies which templates are left out.
    pub fn load(data: &Path, salt: u64, takes: impl Fn(&str) -> bool) -> Self {
        let mut set = Self::default();
        let mut folders: Vec<_> =
            fs::read_dir(data.join("loghub_2k/corrected")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        folders.sort();
        for folder in folders {
            let system = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(rows) = takes(&system).then(|| fs::read(file(data, &system))).and_then(Result::ok) else { continue };
            let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (content, template) in contents(&String::from_utf8_lossy(&rows)) {
                let seen = lines.entry(template).or_default();
                if seen.len() <= MAX_QUERIES && !seen.contains(&content) {
                    seen.push(content);
                }
            }
            for (template, lines) in lines {
                let case = |text| Case { text, template: set.templates.len(), system: set.systems.len() };
                let mut lines = lines.into_iter();
                if !hash(&format!("{system} {template}"), salt).is_multiple_of(3) {
                    set.known.extend(lines.next().map(case));
                }
                set.queries.extend(lines.take(MAX_QUERIES).map(case));
                set.templates.push((set.systems.len(), template));
            }
            set.systems.push(system);
        }
        set
    }

    /// The knowledge base of all systems, and every line of them in the order of the files.
    pub fn stream(data: &Path) -> Self {
        let mut set = Self::load(data, 0, |_| true);
        let places: BTreeMap<(usize, &str), usize> =
            set.templates.iter().enumerate().map(|(place, (system, template))| ((*system, template.as_str()), place)).collect();
        let lines = set.systems.iter().enumerate().flat_map(|(system, name)| {
            let lines = fs::read(file(data, name)).map(|rows| contents(&String::from_utf8_lossy(&rows))).unwrap_or_default();
            lines.into_iter().map(move |(text, template)| (system, text, template))
        });
        let queries =
            lines.filter_map(|(system, text, template)| Some(Case { text, template: *places.get(&(system, template.as_str()))?, system }));
        set.queries = queries.collect();
        set
    }

    /// Whether the knowledge base has a template.
    pub fn knows(&self, template: usize) -> bool {
        self.known.iter().any(|case| case.template == template)
    }
}

/// The labelled lines of a system.
fn file(data: &Path, system: &str) -> PathBuf {
    data.join(format!("loghub_2k/corrected/{system}/{system}_2k.log_structured_corrected.csv"))
}

/// (Content, template) of each row of a CSV file.
fn contents(csv: &str) -> Vec<(String, String)> {
    let mut rows = crate::csv::rows(csv).into_iter();
    let header = rows.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|title| title == name);
    let (Some(content), Some(template)) = (column("Content"), column("EventTemplate")) else { return Vec::new() };
    rows.filter_map(|row| Some((row.get(content)?.clone(), row.get(template)?.clone()))).collect()
}

/// Which systems a part of the evaluation takes.
type Takes = fn(&str) -> bool;

/// Judges every engine on every query; of the first one, its systems and, if wanted, its misses are shown.
pub fn run(data: &Path, engines: &[Build], shows_misses: bool) {
    let halves: [(&str, Takes); 3] = [("held-out half", |system| !is_tuned(system)), ("tuned half", is_tuned), ("all systems", |_| true)];
    for (name, takes) in halves {
        let sets: Vec<Set> = (0..N_SPLITS).map(|salt| Set::load(data, salt, takes)).collect();
        if sets.iter().any(|set| set.known.is_empty()) {
            println!("loghub_2k/corrected not found: skipped");
            return;
        }
        let (mut n_known, mut n_unknown) = (0, 0);
        let mut reports: Vec<Report> = Vec::new();
        for set in &sets {
            n_known += set.known.len();
            n_unknown += set.queries.iter().filter(|case| !set.knows(case.template)).count();
            let texts: Vec<&str> = set.known.iter().map(|case| case.text.as_str()).collect();
            let n_engines = if shows_misses { 1 } else { engines.len() };
            for (position, build) in engines.iter().take(n_engines).enumerate() {
                let report = judge(set, build(&texts).as_ref());
                if shows_misses && name == "tuned half" {
                    misses(set, &report);
                }
                match reports.get_mut(position) {
                    Some(total) => total.add(report),
                    None => reports.push(report),
                }
            }
        }
        let n_queries: usize = sets.iter().map(|set| set.queries.len()).sum();
        println!("\n# loghub 2k, {name}, {N_SPLITS} splits: {n_known} known errors, {n_queries} queries, {n_unknown} of them unknown");
        reports.iter().for_each(Report::print_total);
        if let (Some(set), Some(report)) = (sets.first(), reports.first()) {
            report.print_systems(&set.systems);
        }
    }
}

/// Judges an engine on every query, each asked once, in their order.
pub fn judge(set: &Set, engine: &dyn Engine) -> Report {
    let known: HashSet<usize> = set.known.iter().map(|case| case.template).collect();
    let mut report = Report { engine: engine.name(), threshold: engine.threshold(), ..Report::default() };
    for (position, query) in set.queries.iter().enumerate() {
        let started = std::time::Instant::now();
        let best = engine.best(&query.text);
        let seconds = started.elapsed().as_secs_f64();
        report.judged.push(Judged {
            query: position,
            best: best.map(|(known, _)| known),
            score: best.map_or(0.0, |(_, score)| score),
            is_right: best.is_some_and(|(known, _)| set.known[known].template == query.template),
            is_known: known.contains(&query.template),
            group: query.system,
            seconds,
        });
    }
    report
}

fn misses(set: &Set, report: &Report) {
    for judged in &report.judged {
        let says_known = judged.score >= loghelper::inference::THRESHOLD;
        if says_known != judged.is_known || (says_known && !judged.is_right) {
            let kind = if judged.is_known { "known" } else { "unknown" };
            println!("{kind} {:.2} right {}\n   Q {}", judged.score, judged.is_right, set.queries[judged.query].text);
            println!("   K {}", judged.best.map_or("-", |known| &set.known[known].text));
        }
    }
}
